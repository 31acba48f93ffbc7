import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openIdentified, openIfThere, openOldest, openSuccessor } from './log-generations.js';
import { createLineSplitter } from './log-lines.js';
import type { LogPosition } from './tail-lines.js';
import { watchDirectory, type Changes, type WatchOptions } from './watch-directory.js';

export interface FollowLogOptions {
  /** Where to begin: a position of `readTail`, the start of what is there, or what is written from now on. */
  readonly from: LogPosition | 'start' | 'end';
  readonly signal: AbortSignal;
  /** Once aborted nobody writes to the log any more: what is there is read to its end, and it ends. */
  readonly superseded?: AbortSignal;
  /** Default: a watch of its own on the directory of the log. */
  readonly watch?: (directory: string, options: WatchOptions) => Changes;
}

const blockBytes = 64 * 1024;
const anchorBytes = 64;
/** A log that is written to without a pause is read this often; one that was quiet at once. */
const restMs = 40;

/**
 * The lines of a log as they are finished, in batches, until `signal` is aborted; then comes what was begun, and it ends. Through any
 * number of rotations each file is read to its end before the next one, from its start; one that was cut is read from its start again.
 * A log that does not exist yet is waited for. Driven by changes of the directory, which must exist.
 */
export async function* followLog(log: string, { from, signal, superseded, watch = watchDirectory }: FollowLogOptions): AsyncGenerator<readonly string[], void, void> {
  const changes = watch(dirname(log), { name: basename(log), wakes: superseded === undefined ? [signal] : [signal, superseded] });
  let reader: LogReader | undefined;
  try {
    reader = await openFirst(log, from);
    while (!signal.aborted) {
      const isLast = superseded?.aborted === true;
      const readAt = performance.now();
      if (reader !== undefined) yield* reader.unread(signal);
      const next = signal.aborted ? undefined : await openSuccessor(log, reader?.handle);
      if (next !== undefined) {
        if (reader !== undefined) {
          // Written between the last read and the change of names.
          yield* reader.unread(signal);
          yield* reader.unfinished();
          await reader.handle.close();
        }
        reader = await createReader(next, 0);
        continue;
      }
      if (isLast) break;
      await changes.next();
      const rest = readAt + restMs - performance.now();
      if (rest > 0) await delay(rest, undefined, { signal }).catch(() => undefined);
    }
    if (reader !== undefined) yield* reader.unfinished();
  } finally {
    changes.close();
    await reader?.handle.close();
  }
}

async function openFirst(log: string, from: FollowLogOptions['from']): Promise<LogReader | undefined> {
  if (typeof from === 'object') {
    const known = await openIdentified(log, from.file);
    if (known !== undefined) return createReader(known, from.offset);
    // Rotated out of the last name meanwhile: all that is left is newer.
    const oldest = await openOldest(log);
    return oldest === undefined ? undefined : createReader(oldest, 0);
  }
  const handle = await (from === 'end' ? openIfThere(log) : openOldest(log));
  return handle === undefined ? undefined : createReader(handle, from === 'end' ? (await handle.stat()).size : 0);
}

interface LogReader {
  readonly handle: FileHandle;
  unread(signal: AbortSignal): AsyncGenerator<readonly string[], void, void>;
  unfinished(): Iterable<readonly string[]>;
}

async function createReader(handle: FileHandle, start: number): Promise<LogReader> {
  const splitter = createLineSplitter();
  const block = Buffer.alloc(anchorBytes + blockBytes);
  let position = start;
  /** The bytes before the position: a file that was cut and has grown beyond it since has others there. */
  let anchor: Buffer = Buffer.alloc(Math.min(anchorBytes, start));
  await handle.read(anchor, 0, anchor.length, start - anchor.length);

  function* unfinished(): Iterable<readonly string[]> {
    const lines = splitter.flush();
    if (lines.length > 0) yield lines;
  }

  return {
    handle,
    unfinished,
    async *unread(signal) {
      while (!signal.aborted) {
        const { bytesRead } = await handle.read(block, 0, anchor.length + blockBytes, position - anchor.length);
        if (!block.subarray(0, Math.min(bytesRead, anchor.length)).equals(anchor)) {
          yield* unfinished();
          position = 0;
          anchor = Buffer.alloc(0);
          continue;
        }
        const bytes = block.subarray(anchor.length, bytesRead);
        if (bytes.length === 0) return;
        position += bytes.length;
        const lines = splitter.push(bytes);
        anchor = Buffer.from(block.subarray(Math.max(0, bytesRead - anchorBytes), bytesRead));
        if (lines.length > 0) yield lines;
      }
    },
  };
}
