import { watch, type FSWatcher } from 'node:fs';
import { stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { decodeLine, openIfThere } from './tail-lines.js';

/** Where to begin: at a byte offset (of `readTail`), or with what is written from now on. */
export type FollowFrom = number | 'end';

const newline = 0x0a;
const chunkBytes = 64 * 1024;
const lineLimit = 1024 * 1024;
const fallbackMs = 250;

/**
 * The lines of a file as they are finished, until `signal` is aborted; then it just ends. A file that does
 * not exist yet is waited for, one that is replaced (another inode under the name) is read to its end and
 * the new one from its start, one that was cut is read from its start. Driven by inotify on the directory,
 * which must exist.
 */
export async function* followLines(file: string, from: FollowFrom, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const changes = watchForChanges(file, signal);
  let reader: LineReader | undefined;
  try {
    const first = await openIfThere(file);
    if (first !== undefined) reader = createReader(first, from === 'end' ? (await first.stat()).size : from);
    while (!signal.aborted) {
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
        rest = Buffer.alloc(0);
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

interface Changes {
  /** Resolves at the next change, at once when there was one since the last call, and on abort. */
  next(): Promise<void>;
  close(): void;
}

function watchForChanges(file: string, signal: AbortSignal): Changes {
  let pending = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    pending = true;
    wake?.();
  };
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const poll = (): void => {
    watcher?.close();
    timer ??= setInterval(notify, fallbackMs);
  };
  try {
    watcher = watch(path.dirname(file), (_event, name) => {
      if (name === null || name === path.basename(file)) notify();
    });
    watcher.on('error', poll);
  } catch (error) {
    // No inotify watches left on this machine; any other reason is the caller's to know.
    if (!['ENOSPC', 'EMFILE', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    poll();
  }
  signal.addEventListener('abort', notify);
  return {
    async next() {
      if (!pending && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = undefined;
      pending = false;
    },
    close() {
      watcher?.close();
      clearInterval(timer);
      signal.removeEventListener('abort', notify);
    },
  };
}
