import { appendFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { followLog, readTail, type FollowLogOptions } from '../../dist/services/index.js';
import { withDirectory } from './support.js';

describe('followLog', () => {
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
      const tail = await readTail(file, { count: 2 });
      await appendFile(file, 'lf\n');
      const lines = reading(file, tail.next!);
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

  it('passes over no file of a log that was rotated several times at once', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'one\nhalf');
      expect(await lines.take(1)).to.deep.equal(['one']);
      for (const content of ['two\n', 'three\n', 'four\n']) await rotate(file, content);
      expect(await lines.take(4)).to.deep.equal(['half', 'two', 'three', 'four']);
    });
  });

  it('loses and doubles nothing of a writer whose log is rotated again and again', async () => {
    await follow(async ({ file, lines }) => {
      const written = Array.from({ length: 3000 }, (_, index) => `line ${index}`);
      const read = lines.take(written.length);
      for (let from = 0; from < written.length; from += 20) {
        await appendFile(file, written.slice(from, from + 20).map((line) => `${line}\n`).join(''));
        if (from % 100 === 0) await rotate(file, '');
      }
      expect(await read).to.deep.equal(written);
    });
  });

  it('goes on where a tail ended though the log was rotated meanwhile', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'a\n');
      const tail = await readTail(file, { count: 5, unfinished: false });
      await appendFile(file, 'b\n');
      await rotate(file, 'c\n');
      await rotate(file, 'd\n');
      const lines = reading(file, tail.next!);
      expect(await lines.take(3)).to.deep.equal(['b', 'c', 'd']);
      await lines.stop();
    });
  });

  it('goes on with what is left where older files were removed', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'one\n');
      expect(await lines.take(1)).to.deep.equal(['one']);
      await writeFile(`${file}.1`, 'long ago\n');
      await utimes(`${file}.1`, new Date(0), new Date(0));
      await rm(file);
      await writeFile(file, 'new\n');
      expect(await lines.take(1)).to.deep.equal(['new']);
    });
  });

  it('goes on in the present file where the clock was set back since', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'one\n');
      expect(await lines.take(1)).to.deep.equal(['one']);
      await writeFile(`${file}.new`, 'new\n');
      await utimes(`${file}.new`, new Date(0), new Date(0));
      await rename(`${file}.new`, file);
      expect(await lines.take(1)).to.deep.equal(['new']);
    });
  });

  it('starts again when the file was cut and has grown beyond its old size', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'x\n');
      await lines.take(1);
      await writeFile(file, 'other\nlines\nthat are longer than what was there\n');
      expect(await lines.take(3)).to.deep.equal(['other', 'lines', 'that are longer than what was there']);
    });
  });

  it('cuts an enormous line with a mark, and goes on after it', async () => {
    await follow(async ({ file, lines }) => {
      await appendFile(file, 'x'.repeat(300_000));
      const [cut] = await lines.take(1);
      expect(cut).to.match(/^x{65536} … \[line cut at 64 KiB\]$/);
      await appendFile(file, `${'x'.repeat(300_000)}\nnext\n`);
      expect(await lines.take(1)).to.deep.equal(['next']);
    });
  });

  it('tells what was begun when it ends', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'log');
      await writeFile(file, 'one\nno newline');
      const stop = new AbortController();
      const told: string[] = [];
      for await (const batch of followLog(file, { from: 'start', signal: stop.signal })) {
        told.push(...batch);
        stop.abort();
      }
      expect(told).to.deep.equal(['one', 'no newline']);
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
    const lines = followLog('/nonexistent/directory/log', { from: 'end', signal: AbortSignal.timeout(5000) });
    const error: unknown = await lines.next().then(() => undefined, (reason: unknown) => reason);
    expect(error).to.have.property('code', 'ENOENT');
  });
});

async function* flatten(batches: AsyncIterable<readonly string[]>): AsyncGenerator<string, void, void> {
  for await (const batch of batches) yield* batch;
}

interface Reading {
  /** The next lines, fewer when it ended. */
  take(count: number): Promise<string[]>;
  stop(): Promise<void>;
}

function reading(file: string, from: FollowLogOptions['from']): Reading {
  const stop = new AbortController();
  const lines = flatten(followLog(file, { from, signal: stop.signal }));
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
    const lines = reading(file, (await readTail(file, { count: 0 })).next!);
    await work({ file, lines });
    await lines.stop();
  });
}

/** Each file moves to the next older name, the oldest first; a new one takes the name of the log. */
async function rotate(file: string, content: string): Promise<void> {
  for (let index = 40; index > 0; index -= 1) await rename(`${file}.${index}`, `${file}.${index + 1}`).catch(() => undefined);
  await rename(file, `${file}.1`);
  await writeFile(file, content);
}
