import { stat, type FileHandle } from 'node:fs/promises';
import type { LogPosition } from '../processes/index.js';
import { openIfThere } from './log-generations.js';
import { decodeLine } from './log-lines.js';
import { stripEscapes } from './strip-escapes.js';

/** Looks for lines of a log that say that the service is ready. */
export interface ReadyLog {
  /** Reads what was written since the last look. True when a line at or after `from` matches. */
  matchesSince(from: LogPosition): Promise<boolean>;
  close(): Promise<void>;
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;
/** Beyond this a line is not matched: an expression may take long over a long text. */
const lineLimit = 16 * 1024;

/**
 * Reads finished lines from `start`, through rotations: a file that lost its name is read to its end, then the next one
 * from its start, as is one that was cut. Colours are no part of a line. To be looked at more often than the log is rotated.
 */
export function createReadyLog(path: string, pattern: RegExp, start: LogPosition): ReadyLog {
  let handle: FileHandle | undefined;
  let { rotations, bytes: position } = start;
  let rest: Buffer = Buffer.alloc(0);
  let lastMatch: LogPosition | undefined;

  function match(bytes: Buffer, at: number): void {
    if (bytes.length > lineLimit) return;
    if (pattern.test(stripEscapes(decodeLine(bytes)))) lastMatch = { rotations, bytes: at };
    pattern.lastIndex = 0;
  }

  async function readOn(file: FileHandle): Promise<void> {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const begin = position - rest.length;
      position += bytesRead;
      let from = 0;
      for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
        match(bytes.subarray(from, at), begin + from);
        from = at + 1;
      }
      rest = bytes.length - from > lineLimit ? Buffer.alloc(lineLimit + 1) : bytes.subarray(from);
    }
  }

  async function look(): Promise<void> {
    for (;;) {
      handle ??= await openIfThere(path);
      if (handle === undefined) return;
      // Names first: what is written between the two looks belongs to the file that is held.
      const named = await stat(path).catch(() => undefined);
      const held = await handle.stat();
      if (held.size < position) startOver();
      await readOn(handle);
      if (named === undefined || (named.ino === held.ino && named.dev === held.dev)) return;
      await handle.close();
      handle = undefined;
      startOver();
    }
  }

  function startOver(): void {
    rest = Buffer.alloc(0);
    rotations += 1;
    position = 0;
  }

  return {
    async matchesSince(from) {
      await look();
      if (lastMatch === undefined) return false;
      return lastMatch.rotations > from.rotations || (lastMatch.rotations === from.rotations && lastMatch.bytes >= from.bytes);
    },
    async close() {
      await handle?.close();
      handle = undefined;
    },
  };
}
