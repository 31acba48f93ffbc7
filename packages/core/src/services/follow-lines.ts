import { stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { decodeLine, openIfThere } from './tail-lines.js';
import { watchDirectory } from './watch-directory.js';

/** Where to begin: at a byte offset (of `readTail`), or with what is written from now on. */
export type FollowFrom = number | 'end';

const newline = 0x0a;
const chunkBytes = 64 * 1024;
const lineLimit = 1024 * 1024;

/**
 * The lines of a file as they are finished, until `signal` is aborted; then it just ends. A file that does
 * not exist yet is waited for, one that is replaced (another inode under the name) is read to its end and
 * the new one from its start, one that was cut is read from its start. Once `superseded` is aborted nobody
 * writes to it any more: what is there is read to its end, and it ends. Driven by inotify on the directory,
 * which must exist.
 */
export async function* followLines(file: string, from: FollowFrom, signal: AbortSignal, superseded?: AbortSignal): AsyncGenerator<string, void, void> {
  const changes = watchDirectory(path.dirname(file), { name: path.basename(file), wakes: superseded === undefined ? [signal] : [signal, superseded] });
  let reader: LineReader | undefined;
  try {
    const first = await openIfThere(file);
    if (first !== undefined) reader = createReader(first, from === 'end' ? (await first.stat()).size : from);
    while (!signal.aborted) {
      const isLast = superseded?.aborted === true;
      if (reader !== undefined) yield* reader.unread(signal);
      const next = signal.aborted ? undefined : await replacementOf(file, reader?.handle);
      if (next !== undefined) {
        if (reader !== undefined) {
          // Written between the last read and the change of names.
          yield* reader.unread(signal);
          yield* reader.unfinished();
          await reader.handle.close();
        }
        reader = createReader(next, 0);
        continue;
      }
      if (isLast) {
        if (reader !== undefined) yield* reader.unfinished();
        return;
      }
      await changes.next();
    }
  } finally {
    changes.close();
    await reader?.handle.close();
  }
}

interface LineReader {
  readonly handle: FileHandle;
  unread(signal: AbortSignal): AsyncGenerator<string, void, void>;
  unfinished(): Iterable<string>;
}

function createReader(handle: FileHandle, start: number): LineReader {
  let position = start;
  let rest: Buffer = Buffer.alloc(0);
  return {
    handle,
    async *unread(signal) {
      const { size } = await handle.stat();
      if (size < position) {
        position = 0;
        yield* this.unfinished();
      }
      const chunk = Buffer.alloc(chunkBytes);
      while (!signal.aborted) {
        const { bytesRead } = await handle.read(chunk, 0, chunkBytes, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
        let from = 0;
        for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
          yield decodeLine(bytes.subarray(from, at));
          from = at + 1;
        }
        rest = bytes.subarray(from);
        if (rest.length > lineLimit) {
          yield decodeLine(rest);
          rest = Buffer.alloc(0);
        }
      }
    },
    *unfinished() {
      if (rest.length > 0) yield decodeLine(rest);
      rest = Buffer.alloc(0);
    },
  };
}

/** The file that now has the name, opened, when it is another one than `current`. */
async function replacementOf(file: string, current: FileHandle | undefined): Promise<FileHandle | undefined> {
  if (current === undefined) return openIfThere(file);
  const named = await stat(file).catch(() => undefined);
  const held = await current.stat();
  return named === undefined || (named.ino === held.ino && named.dev === held.dev) ? undefined : openIfThere(file);
}
