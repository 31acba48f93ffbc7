/**
 * The journal the runner writes: `runner <pid> <ticks>`, `log <restarts> <bytes>`, `child <restarts> <pid> <ticks>`,
 * `ended <restarts> <code> <epoch ms>`, `rotated <bytes>`, `exit <code> <epoch ms>`. A line without its newline was
 * never written; an unknown word is of a newer runner and is passed over.
 */
export interface Journal {
  readonly runner?: { readonly pid: number; readonly startTicks: string };
  readonly child?: { readonly pid: number; readonly startTicks: string };
  /** How the command ended last, whether or not it was started again. */
  readonly lastEnd?: { readonly code: number; readonly at: number };
  readonly exit?: { readonly code: number; readonly at: number };
  readonly restarts: number;
  /** Where the log of the present incarnation begins. */
  readonly logStart: LogPosition;
  /** The command has ended and its runner has not said yet what comes next. */
  readonly between: boolean;
}

/** A place in the log of a launch: how often it had been rotated, and the byte in the file of that time. */
export interface LogPosition {
  readonly rotations: number;
  readonly bytes: number;
}

export function parseJournal(text: string): Journal {
  let journal: Journal = { restarts: 0, logStart: { rotations: 0, bytes: 0 }, between: false };
  let rotations = 0;
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [word, ...rest] = line.split(' ');
    const numbers = rest.map(Number);
    if (rest.length === 0 || numbers.some((value) => !Number.isSafeInteger(value) || value < 0)) continue;
    const [a = 0, b = 0, c = 0] = numbers;
    if (word === 'runner' && rest.length === 2) journal = { ...journal, runner: { pid: a, startTicks: rest[1] ?? '' } };
    else if (word === 'rotated') rotations += 1;
    else if (word === 'log' && rest.length === 2) journal = { ...journal, logStart: { rotations, bytes: b } };
    else if (word === 'child' && rest.length === 3) {
      journal = { ...journal, child: { pid: b, startTicks: rest[2] ?? '' }, restarts: a, between: false };
    } else if (word === 'ended' && rest.length === 3) journal = { ...journal, lastEnd: { code: b, at: c }, between: true };
    else if (word === 'exit' && rest.length === 2) journal = { ...journal, exit: { code: a, at: b } };
  }
  return journal;
}
