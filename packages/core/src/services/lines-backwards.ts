import type { FileHandle } from 'node:fs/promises';
import { decodeCutLine, decodeLine, lineLimitBytes } from './log-lines.js';

/** A line met on the way back through a file. */
export interface BackwardLine {
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly start: number;
  /** False for the last line of a file that does not end with a newline. */
  readonly isFinished: boolean;
}

const blockBytes = 64 * 1024;
const newline = 0x0a;
const nothing = Buffer.alloc(0);

/**
 * The lines of a file from byte `end` back to its start, the newest first, in one batch for each block that is read. Holds one block and
 * one line at a time.
 */
export async function* linesBackwards(file: FileHandle, end: number): AsyncGenerator<readonly BackwardLine[], void, void> {
  const buffer = Buffer.alloc(Math.min(blockBytes, Math.max(end, 1)));
  const line = createBackwardLine();
  let position = end;
  while (position > 0) {
    const length = Math.min(blockBytes, position);
    position -= length;
    const { bytesRead } = await file.read(buffer, 0, length, position);
    // Shorter than it was a moment ago: the file was cut meanwhile.
    const block = buffer.subarray(0, bytesRead);
    const batch: BackwardLine[] = [];
    let to = block.length;
    for (let at = block.lastIndexOf(newline); at !== -1; at = at === 0 ? -1 : block.lastIndexOf(newline, at - 1)) {
      line.prepend(block.subarray(at + 1, to));
      batch.push(...line.take(position + at + 1));
      to = at;
    }
    line.prepend(block.subarray(0, to));
    if (position === 0) batch.push(...line.take(0));
    if (batch.length > 0) yield batch;
  }
}

/** A line that grows at its beginning. */
function createBackwardLine(): { readonly prepend: (bytes: Buffer) => void; readonly take: (start: number) => readonly BackwardLine[] } {
  // Its first bytes, never more than can be shown; `length` counts them all.
  let head: Buffer = nothing;
  let length = 0;
  let isLast = true;
  return {
    prepend: (bytes) => {
      length += bytes.length;
      if (bytes.length > 0) head = Buffer.concat([bytes, head]).subarray(0, lineLimitBytes + 1);
    },
    take: (start) => {
      // After the last newline there is a line only if something stands there.
      const taken = isLast && length === 0 ? [] : [{ text: length > lineLimitBytes ? decodeCutLine(head) : decodeLine(head), start, isFinished: !isLast }];
      isLast = false;
      head = nothing;
      length = 0;
      return taken;
    },
  };
}
