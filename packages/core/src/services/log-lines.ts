/** A line of a log that is longer than this is cut, in bytes, wherever it is shown: memory stays bounded by lines, not by what a service writes. */
export const lineLimitBytes = 64 * 1024;

/** Stands where the rest of a line that is too long was left out. */
const cutMark = ' … [line cut at 64 KiB]';

const newline = 0x0a;

/** The text of one line: UTF-8, without a carriage return at its end. */
export function decodeLine(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** The text of the beginning of a line that goes on beyond the limit. */
export function decodeCutLine(bytes: Buffer): string {
  return `${decodeLine(bytes.subarray(0, lineLimitBytes)).replace(/\uFFFD$/, '')}${cutMark}`;
}

/** Makes lines of the blocks of a file as they come. */
export interface LineSplitter {
  /** The lines that this block finishes, and a line that has become too long, cut, as soon as it has. Keeps no reference to `block`. */
  push(block: Buffer): readonly string[];
  /** What was begun and is not finished, as a line; afterwards there is nothing begun. */
  flush(): readonly string[];
}

export function createLineSplitter(): LineSplitter {
  let rest: Buffer = Buffer.alloc(0);
  let skipping = false;
  return {
    push(block) {
      const lines: string[] = [];
      let from = 0;
      for (let at = block.indexOf(newline); at !== -1; at = block.indexOf(newline, from)) {
        if (skipping) skipping = false;
        else {
          const bytes = rest.length === 0 ? block.subarray(from, at) : Buffer.concat([rest, block.subarray(from, at)]);
          lines.push(bytes.length > lineLimitBytes ? decodeCutLine(bytes) : decodeLine(bytes));
          rest = Buffer.alloc(0);
        }
        from = at + 1;
      }
      if (skipping || from === block.length) return lines;
      rest = Buffer.concat([rest, block.subarray(from)]);
      if (rest.length > lineLimitBytes) {
        lines.push(decodeCutLine(rest));
        rest = Buffer.alloc(0);
        skipping = true;
      }
      return lines;
    },
    flush() {
      const lines = rest.length === 0 ? [] : [decodeLine(rest)];
      rest = Buffer.alloc(0);
      skipping = false;
      return lines;
    },
  };
}
