import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { followLines, readTail } from '../../dist/services/index.js';
import { withDirectory } from './support.js';

describe('followLines', () => {
  it('gives what is written from now on, line by line', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'one\ntw');
      expect(await lines.take(1)).to.deep.equal(['one']);
      await appendFile(file, 'o\nthree\n');
      expect(await lines.take(2)).to.deep.equal(['two', 'three']);
    });
  });

  it('goes on without a gap where a tail ended', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'a\nb\nha');
      const tail = await readTail(file, 2);
      await appendFile(file, 'lf\n');
      const lines = reading(file, tail.offset);
      expect(await lines.take(1)).to.deep.equal(['half']);
      await lines.stop();
    });
  });

  it('reads a replaced file to its end, then the new one from its start', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'old\nunfinished');
      expect(await lines.take(1)).to.deep.equal(['old']);
      await rename(file, `${file}.1`);
      await appendFile(`${file}.1`, ' after all\n');
      await writeFile(file, 'new\n');
      expect(await lines.take(2)).to.deep.equal(['unfinished after all', 'new']);
      await appendFile(file, 'newer\n');
      expect(await lines.take(1)).to.deep.equal(['newer']);
    });
  });

  it('starts again when the file is cut', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'a long line before the cut\n');
      await lines.take(1);
      await truncate(file);
      await appendFile(file, 'short\n');
      expect(await lines.take(1)).to.deep.equal(['short']);
    });
  });

  it('waits for a file that does not exist yet', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      const lines = reading(file, 'end');
      const first = lines.take(1);
      await writeFile(`${file}.part`, 'hello\n');
      await rename(`${file}.part`, file);
      expect(await first).to.deep.equal(['hello']);
      await lines.stop();
    });
  });

  it('loses nothing of a writer that does not pause', async () => {
    await follow(async ({ file, lines }) => {
      const written = Array.from({ length: 2000 }, (_, index) => `line ${index} ${'é'.repeat(index % 50)}`);
      const read = lines.take(written.length);
      for (let from = 0; from < written.length; from += 7) await appendFile(file, written.slice(from, from + 7).map((line) => `${line}\n`).join(''));
      expect(await read).to.deep.equal(written);
    });
  });

  it('ends when it is told to', async () => {
    await follow(async ({ lines }) => {
      const pending = lines.take(1);
      await lines.stop();
      expect(await pending).to.deep.equal([]);
    });
  });

  it('refuses a directory that is not there', async () => {
    const lines = followLines('/nonexistent/directory/log', 'end', AbortSignal.timeout(5000));
    const error: unknown = await lines.next().then(() => undefined, (reason: unknown) => reason);
    expect(error).to.have.property('code', 'ENOENT');
  });
});

interface Reading {
  /** The next lines, fewer when it ended. */
  take(count: number): Promise<string[]>;
  stop(): Promise<void>;
}

function reading(file: string, from: number | 'end'): Reading {
  const stop = new AbortController();
  const lines = followLines(file, from, stop.signal);
  const take = async (count: number): Promise<string[]> => {
    const taken: string[] = [];
    while (taken.length < count) {
      const next = await lines.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    return taken;
  };
  return {
    take,
    stop: async () => {
      stop.abort();
      await lines.return();
    },
  };
}

async function follow(work: (context: { file: string; lines: Reading }) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const file = path.join(directory, 'log');
    await writeFile(file, 'before\n');
    const lines = reading(file, (await readTail(file, 0)).offset);
    await work({ file, lines });
    await lines.stop();
  });
}
