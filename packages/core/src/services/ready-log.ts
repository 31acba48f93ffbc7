import { stat, type FileHandle } from 'node:fs/promises';
import { EnvctlError } from '../contract/index.js';
import type { LogPosition } from '../processes/index.js';
import { createBoundedMatch, MatchOverdueError } from './bounded-match.js';
import { openIfThere } from './log-generations.js';
import { decodeLine } from './log-lines.js';
import { stripEscapes } from './strip-escapes.js';

/** Looks for lines of a log that say that the service is ready. */
export interface ReadyLog {
  /** Reads what was written since the last look. True when a line at or after `from` matches. Rejects with ENVCTL_E_CONFIG_INVALID when that takes too long. */
  matchesSince(from: LogPosition): Promise<boolean>;
  close(): Promise<void>;
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;
/** Beyond this a line is not matched: an expression may take long over a long text. */
const lineLimit = 16 * 1024;
const matchLimitMs = 2000;

interface ReadLine {
  readonly bytes: Buffer;
  /** Where it begins in its file. */
  readonly at: number;
}

/**
 * Reads finished lines from `start`, through rotations: a file that lost its name is read to its end, then the next one
 * from its start, as is one that was cut. Colours are no part of a line. To be looked at more often than the log is rotated.
 */
export function createReadyLog(path: string, pattern: RegExp, start: LogPosition): ReadyLog {
  let handle: FileHandle | undefined;
  let { rotations, bytes: position } = start;
  let rest: Buffer = Buffer.alloc(0);
  let lastMatch: LogPosition | undefined;
  const bounded = createBoundedMatch(pattern, matchLimitMs);

  function match(lines: readonly ReadLine[]): void {
    const judged = lines.filter(({ bytes }) => bytes.length <= lineLimit);
    const matched = matchLines(judged.map(({ bytes }) => stripEscapes(decodeLine(bytes))));
    const last = matched.lastIndexOf(true);
    if (last !== -1) lastMatch = { rotations, bytes: judged[last]!.at };
  }

  function matchLines(lines: readonly string[]): readonly boolean[] {
    try {
      return bounded(lines);
    } catch (error) {
      if (!(error instanceof MatchOverdueError)) throw error;
      throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `The expression ${pattern} takes more than ${matchLimitMs / 1000} s over a few lines of ${path}.`, { hints: ['say it without a repetition of a repetition: a+ instead of (a+)+'], data: { value: pattern.source, path } });
    }
  }

  async function readOn(file: FileHandle): Promise<void> {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const begin = position - rest.length;
      position += bytesRead;
      const lines: ReadLine[] = [];
      let from = 0;
      for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
        lines.push({ bytes: bytes.subarray(from, at), at: begin + from });
        from = at + 1;
      }
      rest = bytes.length - from > lineLimit ? Buffer.alloc(lineLimit + 1) : bytes.subarray(from);
      match(lines);
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
