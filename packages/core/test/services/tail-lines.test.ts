import { appendFile, writeFile } from 'node:fs/promises';
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

  it('reads no more than the limit of a file without line ends', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'x'.repeat(1_000_000));
      const tail = await readTail(file, 1, 100_000);
      expect(tail.lines[0]!.length).to.be.within(100_000, 100_000 + 64 * 1024);
    });
  });

  it('gives the offset at which the next line begins', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'é\nhalf');
      expect((await readTail(file, 1)).offset).to.equal(3);
      await appendFile(file, ' done\n');
      expect((await readTail(file, 1)).offset).to.equal(13);
    });
  });
});
