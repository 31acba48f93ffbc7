import { open, type FileHandle } from 'node:fs/promises';

export interface LogTail {
  /** Oldest first, without line ends. A last line that is not finished yet is among them. */
  readonly lines: readonly string[];
  /** Where the text after the last finished line begins, in bytes: `followLines` goes on from here. */
  readonly offset: number;
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;

/**
 * The last `count` lines of a file, read from its end. A missing file has none. Reads no more than
 * `maxBytes`: beyond that the first line given is the end of a longer one.
 */
export async function readTail(path: string, count: number, maxBytes = 8 * 1024 * 1024): Promise<LogTail> {
  const file = await openIfThere(path);
  if (file === undefined) return { lines: [], offset: 0 };
  try {
    const { size } = await file.stat();
    return await readFromEnd(file, size, count, maxBytes);
  } finally {
    await file.close();
  }
}

/** {@link readTail} without the offset. */
export async function tailLines(path: string, count: number): Promise<readonly string[]> {
  return (await readTail(path, count)).lines;
}

async function readFromEnd(file: FileHandle, size: number, count: number, maxBytes: number): Promise<LogTail> {
  const chunks: Buffer[] = [];
  let start = size;
  let breaks = 0;
  // One break more than lines asked for: the one before the first of them.
  while (start > 0 && breaks <= count && size - start < maxBytes) {
    const length = Math.min(chunkBytes, start);
    start -= length;
    const chunk = Buffer.alloc(length);
    const { bytesRead } = await file.read(chunk, 0, length, start);
    // Shorter than it was a moment ago: the file was cut meanwhile.
    chunks.unshift(chunk.subarray(0, bytesRead));
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) breaks += 1;
  }
  const bytes = Buffer.concat(chunks);
  const lastBreak = bytes.lastIndexOf(newline);
  const lines = splitLines(bytes);
  return { lines: count === 0 ? [] : lines.slice(-count), offset: start + lastBreak + 1 };
}

function splitLines(bytes: Buffer): readonly string[] {
  const lines: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
    lines.push(decodeLine(bytes.subarray(from, at)));
    from = at + 1;
  }
  if (from < bytes.length) lines.push(decodeLine(bytes.subarray(from)));
  return lines;
}

/** The text of one line: UTF-8, without a carriage return at its end. */
export function decodeLine(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
