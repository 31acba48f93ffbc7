/** Errors that a log tells of: read forward by blocks through all files of the log, with memory bounded by the number of issues kept. */
import { closeGenerations, openGenerations, type Generation } from './log-generations.js';
import { createLineSplitter } from './log-lines.js';
import { logIssueRules, type LogIssueRule } from './log-issue-rules.js';
import { stripEscapes } from './strip-escapes.js';

export interface LogIssue {
  /** Id of the rule. */
  readonly rule: string;
  /** The file of the log. */
  readonly file: string;
  /** From 1, in that file, of the last time it was logged. */
  readonly line: number;
  /** What happened, in one line. */
  readonly headline: string;
  /** The lines of it, at most 12; times of the same issue before are not repeated. */
  readonly excerpt: readonly string[];
  /** How often it was logged. */
  readonly count: number;
}

export interface LogIssues {
  /** The newest, oldest first. */
  readonly issues: readonly LogIssue[];
  /** Different issues that are not among them. */
  readonly left_out: number;
}

const keptIssues = 20;
const knownHeadlines = 1000;
const excerptLines = 12;
const excerptChars = 400;
const longestIssue = 200;
/** What an error looks like shows at the beginning of a line; an expression may take long over a long one. */
const judgedChars = 2048;

/** `redact` takes secrets out of whole lines. A log that is not there has no issues. */
export async function scanLogIssues(log: string, redact: (text: string) => string): Promise<LogIssues> {
  const generations = await openGenerations(log);
  try {
    const found = createIssueTable();
    for (const generation of generations.toReversed()) await scanFile(generation, found, redact);
    return found.result();
  } finally {
    await closeGenerations(generations);
  }
}

async function scanFile({ handle, path, size }: Generation, found: IssueTable, redact: (text: string) => string): Promise<void> {
  const scanner = createIssueScanner((issue) => found.add({ ...issue, file: path, headline: shorten(redact(issue.headline)), excerpt: issue.excerpt.map((line) => shorten(redact(line))) }));
  const splitter = createLineSplitter();
  const block = Buffer.alloc(Math.min(64 * 1024, Math.max(size, 1)));
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(block, 0, Math.min(block.length, size - position), position);
    if (bytesRead === 0) break;
    position += bytesRead;
    for (const line of splitter.push(block.subarray(0, bytesRead))) scanner.push(stripEscapes(line));
  }
  for (const line of splitter.flush()) scanner.push(stripEscapes(line));
  scanner.end();
}

type FoundIssue = Omit<LogIssue, 'file' | 'count'>;

/** Finds the issues of one file, line by line. */
export function createIssueScanner(onIssue: (issue: FoundIssue) => void, rules: readonly LogIssueRule[] = logIssueRules): { readonly push: (line: string) => void; readonly end: () => void } {
  let number = 0;
  let open: { readonly rule: LogIssueRule; readonly line: number; readonly lines: string[]; headline: string | undefined; length: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const isConfirmed = open.rule.confirmedBy === undefined || open.length > 1;
    while (open.lines.length > 1 && open.lines.at(-1)?.trim() === '') open.lines.pop();
    if (isConfirmed) onIssue({ rule: open.rule.id, line: open.line, headline: (open.headline ?? open.lines[0] ?? '').trim(), excerpt: open.lines });
    open = undefined;
  };
  const isHeadline = ({ rule, length }: { readonly rule: LogIssueRule; readonly length: number }, line: string): boolean => (rule.next === 'says' ? length === 2 : rule.headline?.test(line.slice(0, judgedChars)) ?? true);
  const take = (line: string): void => {
    if (open === undefined) return;
    open.length += 1;
    if (open.lines.length < excerptLines) open.lines.push(line);
    // The last lines of a long trace say what happened.
    else if (open.rule.headline?.test(line.slice(0, judgedChars)) === true) open.lines[excerptLines - 1] = line;
    if (open.headline === undefined && isHeadline(open, line)) open.headline = line;
  };
  return {
    push: (line) => {
      number += 1;
      const judged = line.slice(0, judgedChars);
      if (open?.length === 1 && open.rule.confirmedBy?.test(judged) === false) open = undefined;
      if (open !== undefined && open.length < longestIssue) {
        const { rule } = open;
        const isEnd = rule.ends?.test(judged) === true;
        if (isEnd || rule.goesOn?.test(judged) === true || (rule.next !== undefined && open.length === 1)) {
          take(line);
          if (isEnd) close();
          return;
        }
      }
      close();
      const rule = rules.find(({ begins }) => begins.test(judged));
      if (rule === undefined) return;
      open = { rule, line: number, lines: [], headline: undefined, length: 0 };
      take(line);
    },
    end: close,
  };
}

interface IssueTable {
  add(issue: Omit<LogIssue, 'count'>): void;
  result(): LogIssues;
}

/** The same issue, by its rule and its headline without numbers, is one, told where it was logged last. */
function createIssueTable(): IssueTable {
  const kept = new Map<string, LogIssue>();
  const counts = new Map<string, number>();
  let different = 0;
  return {
    add: (issue) => {
      const key = `${issue.rule} ${issue.headline.replace(/0x[0-9a-f]+|\d+/gi, '#')}`;
      const known = counts.get(key);
      if (known === undefined) different += 1;
      const count = (known ?? 0) + 1;
      if (known !== undefined || counts.size < knownHeadlines) counts.set(key, count);
      // Taken out and put in again: the newest is the last.
      kept.delete(key);
      kept.set(key, { ...issue, count });
      if (kept.size > keptIssues) kept.delete(kept.keys().next().value!);
    },
    result: () => ({ issues: [...kept.values()], left_out: Math.max(0, different - kept.size) }),
  };
}

function shorten(line: string): string {
  return line.length <= excerptChars ? line : `${line.slice(0, excerptChars - 1)}…`;
}
