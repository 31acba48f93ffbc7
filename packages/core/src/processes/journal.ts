/**
 * The journal the runner writes: `runner <pid> <ticks>`, `child <restarts> <pid> <ticks>`,
 * `ended <restarts> <code> <epoch ms>`, `exit <code> <epoch ms>`. A line without its newline was never
 * written; an unknown word is of a newer runner and is passed over.
 */
export interface Journal {
  readonly runner?: { readonly pid: number; readonly startTicks: string };
  readonly child?: { readonly pid: number; readonly startTicks: string };
  readonly exit?: { readonly code: number; readonly at: number };
  readonly restarts: number;
}

export function parseJournal(text: string): Journal {
  let journal: Journal = { restarts: 0 };
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [word, ...rest] = line.split(' ');
    const numbers = rest.map(Number);
    if (rest.length === 0 || numbers.some((value) => !Number.isSafeInteger(value) || value < 0)) continue;
    const [a = 0, b = 0] = numbers;
    if (word === 'runner' && rest.length === 2) journal = { ...journal, runner: { pid: a, startTicks: rest[1] ?? '' } };
    else if (word === 'child' && rest.length === 3) {
      journal = { ...journal, child: { pid: b, startTicks: rest[2] ?? '' }, restarts: a };
    } else if (word === 'exit' && rest.length === 2) journal = { ...journal, exit: { code: a, at: b } };
  }
  return journal;
}
