import { appendFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { readTail, tailLines } from '../../dist/services/index.js';
import { withDirectory } from './support.js';

describe('tailLines', () => {
  const rows: readonly [string, string, number, readonly string[]][] = [
    ['the last lines', 'a\nb\nc\n', 2, ['b', 'c']],
    ['all lines when there are fewer', 'a\nb\n', 9, ['a', 'b']],
    ['a line that is not finished', 'a\nb', 1, ['b']],
    ['empty lines', 'a\n\n\n', 2, ['', '']],
    ['lines with carriage returns', 'a\r\nb\r\n', 2, ['a', 'b']],
    ['nothing of an empty file', '', 3, []],
    ['nothing when none is asked for', 'a\n', 0, []],
  ];
  for (const [title, content, count, expected] of rows) {
    it(`gives ${title}`, async () => {
      await withDirectory(async (directory) => {
        const file = path.join(directory, 'log');
        await writeFile(file, content);
        expect(await tailLines(file, count)).to.deep.equal(expected);
      });
    });
  }

  it('gives only what was written after a place, and everything once its file is another', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'old\nolder still\n');
      const { next } = await readTail(file, { count: 0 });
      expect(await tailLines(file, 9, next)).to.deep.equal([]);
      await appendFile(file, 'new\n');
      expect(await tailLines(file, 9, next)).to.deep.equal(['new']);
      await rename(file, `${file}.1`);
      await writeFile(file, 'newest\n');
      expect(await tailLines(file, 9, next)).to.deep.equal(['new', 'newest']);
      await rm(`${file}.1`);
      expect(await tailLines(file, 9, next)).to.deep.equal(['newest']);
    });
  });

  it('gives nothing of a file that is not there', async () => {
    expect(await tailLines('/nonexistent/log', 3)).to.deep.equal([]);
  });

  it('keeps characters whole where the blocks it reads meet', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      const lines = Array.from({ length: 9000 }, (_, index) => `${index} ${'é€😀'.repeat(index % 7)}`);
      await writeFile(file, `${lines.join('\n')}\n`);
      for (const count of [1, 700, 3001, 9000, 10000]) expect(await tailLines(file, count)).to.deep.equal(lines.slice(-count));
    });
  });

  it('cuts an enormous line with a mark, the same as one that is followed', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, `before\n${'x'.repeat(1_000_000)}\nafter\n`);
      const [before, cut, after] = await tailLines(file, 3);
      expect([before, after]).to.deep.equal(['before', 'after']);
      expect(cut).to.match(/^x{65536} … \[line cut at 64 KiB\]$/);
    });
  });

  it('gives back no more than the limit of bytes, and says so', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'line\n'.repeat(1000));
      expect(await readTail(file, { maxBytes: 400 })).to.include({ isCut: true }).and.to.have.property('lines').with.lengthOf(100);
      expect(await readTail(file, { count: 100, maxBytes: 400 })).to.include({ isCut: false });
    });
  });

  it('gives the position at which the next line begins', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'é\nhalf');
      expect((await readTail(file, { count: 1 })).next?.offset).to.equal(3);
      await appendFile(file, ' done\n');
      expect((await readTail(file, { count: 1 })).next?.offset).to.equal(13);
      expect(await readTail(file, { count: 0 })).to.deep.include({ lines: [] }).and.to.have.nested.property('next.offset', 13);
    });
  });

  it('leaves a line that is not finished to whoever follows', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'a\nb\nhalf');
      expect((await readTail(file, { count: 2, unfinished: false })).lines).to.deep.equal(['a', 'b']);
    });
  });

  it('goes on in the older files of a log that was rotated', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(`${file}.2`, 'a\nb\n');
      await writeFile(`${file}.1`, 'c\n');
      await writeFile(file, 'd\n');
      await writeFile(`${file}.bak`, 'not of the log\n');
      expect(await tailLines(file, 3)).to.deep.equal(['b', 'c', 'd']);
      expect(await tailLines(file, 9)).to.deep.equal(['a', 'b', 'c', 'd']);
    });
  });

  it('gives the last lines that match, however far back, tested without colours', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, `\u001b[31mERR\u001b[0mOR one\nERROR two\n${'fine\n'.repeat(50_000)}ERROR three\nfine\n`);
      const match = (lines: readonly string[]): readonly boolean[] => lines.map((line) => /^ERROR/.test(line));
      expect((await readTail(file, { count: 2, match })).lines).to.deep.equal(['ERROR two', 'ERROR three']);
      expect((await readTail(file, { count: 9, match })).lines).to.have.lengthOf(3);
    });
  });

  describe('since', () => {
    const at = (minute: number): string => `2026-11-22T17:${String(minute).padStart(2, '0')}:00.000Z`;
    const since = Date.parse(at(10));

    it('ends at the newest line that says an older time, with the lines that belong to it', async () => {
      await withDirectory(async (directory) => {
        const file = path.join(directory, 'log');
        await writeFile(file, `no time\n${at(1)} a\n${at(9)} old\n  indented\nplain\n${at(10)} new\n  more\n`);
        expect(await readTail(file, { since })).to.deep.include({ lines: ['plain', `${at(10)} new`, '  more'], sinceBasis: 'lines' });
      });
    });

    it('takes no file that was last written before, and says when lines had no time', async () => {
      await withDirectory(async (directory) => {
        const file = path.join(directory, 'log');
        await writeFile(`${file}.2`, 'older\n');
        await writeFile(`${file}.1`, 'old\n');
        await writeFile(file, 'one\ntwo\n');
        for (const older of [`${file}.1`, `${file}.2`]) await utimes(older, new Date(at(20)), new Date(at(9)));
        expect(await readTail(file, { since })).to.deep.include({ lines: ['one', 'two'], sinceBasis: 'file' });
        await utimes(`${file}.1`, new Date(at(20)), new Date(at(11)));
        expect((await readTail(file, { since })).lines).to.deep.equal(['old', 'one', 'two']);
        for (const each of [file, `${file}.1`]) await utimes(each, new Date(at(20)), new Date(at(9)));
        expect((await readTail(file, { since })).lines).to.deep.equal([]);
      });
    });
  });
});
