import type { LinesMatch } from './bounded-match.js';
import { closeGenerations, isSameFile, openGenerations, type FileIdentity, type Generation } from './log-generations.js';
import { lineTime } from './line-time.js';
import { linesBackwards, type BackwardLine } from './lines-backwards.js';
import { stripEscapes } from './strip-escapes.js';

/** The very byte of a log where reading goes on, whatever the file is called by then. */
export interface LogPosition {
  readonly file: FileIdentity;
  readonly offset: number;
}

export interface LogTail {
  /** Oldest first, without line ends. A last line that is not finished yet is among them, unless it was not asked for. */
  readonly lines: readonly string[];
  /** Where the text after the last finished line begins: `followLog` goes on from here. Absent without a file. */
  readonly next?: LogPosition;
  /**
   * How `since` was held: by the times the lines say; or, where they say none, only by when each file was last written, so that older
   * lines may be among them. Present with `since`.
   */
  readonly sinceBasis?: 'lines' | 'file';
  /** True when earlier lines that were asked for are left out for the limit of bytes. */
  readonly isCut: boolean;
}

export interface TailRequest {
  /** How many lines; absent = all that the limit of bytes allows. */
  readonly count?: number | undefined;
  /** Only lines that are matched, tested without escape sequences. What it throws is thrown. */
  readonly match?: LinesMatch | undefined;
  /** Epoch milliseconds: no line that is certain to be older. */
  readonly since?: number | undefined;
  /** Only what was written after it; everything when the file is not there any more. */
  readonly from?: LogPosition | undefined;
  /** Default true: a line at the end that has no newline yet counts. */
  readonly unfinished?: boolean;
  /** Most bytes of text given back; default 8 MiB. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 8 * 1024 * 1024;

/** The last lines of a log, read backwards by blocks through its files, the newest first. Of a log that is not there: none. */
export async function readTail(path: string, request: TailRequest): Promise<LogTail> {
  const generations = await openGenerations(path);
  try {
    const collected = createCollector(request);
    let next: LogPosition | undefined;
    for (const generation of generations) {
      const floor = request.from !== undefined && isSameFile(generation.identity, request.from.file) ? request.from.offset : undefined;
      const start = await readGeneration(generation, collected, { isNewest: next === undefined, floor: floor ?? 0 });
      next ??= { file: generation.identity, offset: start };
      if (floor !== undefined) break;
    }
    return { lines: collected.lines(), isCut: collected.isCut(), ...(next === undefined ? {} : { next }), ...(request.since === undefined ? {} : { sinceBasis: collected.sinceBasis() }) };
  } finally {
    await closeGenerations(generations);
  }
}

/** The last `count` lines, of those after `from` where it is given. */
export async function tailLines(path: string, count: number, from?: LogPosition): Promise<readonly string[]> {
  return (await readTail(path, { count, from })).lines;
}

/** Where the text after the last finished line begins. */
async function readGeneration({ handle, size, writtenAt }: Generation, collected: Collector, { isNewest, floor }: { readonly isNewest: boolean; readonly floor: number }): Promise<number> {
  if (!isNewest && !collected.wants(writtenAt)) return size;
  let unfinishedAt: number | undefined;
  for await (const batch of linesBackwards(handle, size)) {
    const [last] = batch;
    unfinishedAt ??= last !== undefined && !last.isFinished ? last.start : size;
    const later = batch.filter(({ start }) => start >= floor);
    if (!collected.wants(writtenAt) || !collected.add(later) || later.length < batch.length) break;
  }
  return unfinishedAt ?? size;
}

interface Collector {
  /** Whether a file that was last written then can have lines that are wanted. */
  wants(writtenAt: number): boolean;
  /** Takes lines, newest first; false once there is nothing more to take. */
  add(lines: readonly BackwardLine[]): boolean;
  lines(): readonly string[];
  sinceBasis(): 'lines' | 'file';
  isCut(): boolean;
}

function createCollector({ count = Infinity, match, since, unfinished = true, maxBytes = defaultMaxBytes }: TailRequest): Collector {
  const newestFirst: string[] = [];
  let chars = 0;
  let isFull = count <= 0;
  let basis: 'lines' | 'file' = 'file';
  const take = (text: string): void => {
    newestFirst.push(text);
    chars += text.length;
    isFull = newestFirst.length >= count || chars >= maxBytes;
  };
  /** Everything before a line that says an older time is older; lines right after it that are indented belong to it. */
  const reachedOlder = (text: string): boolean => {
    if (since === undefined) return false;
    const time = lineTime(stripEscapes(text));
    if (time !== undefined) basis = 'lines';
    if (time === undefined || time >= since) return false;
    while (newestFirst.length > 0 && /^\s/.test(newestFirst.at(-1)!)) newestFirst.pop();
    return true;
  };
  return {
    wants: (writtenAt) => !isFull && (since === undefined || writtenAt >= since),
    add: (lines) => {
      const matched = match?.(lines.map(({ text }) => stripEscapes(text)));
      for (const [index, { text, isFinished }] of lines.entries()) {
        if (!isFinished && !unfinished) continue;
        if (reachedOlder(text)) isFull = true;
        if (isFull) return false;
        if (matched?.[index] !== false) take(text);
      }
      return !isFull;
    },
    lines: () => newestFirst.toReversed(),
    sinceBasis: () => basis,
    isCut: () => chars >= maxBytes && newestFirst.length < count,
  };
}
