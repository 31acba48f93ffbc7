import { readFileSync, statSync } from 'node:fs';

/** One line of the process table. `uid` is read when it is first asked for. */
export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Clock ticks between boot and start; with the pid it names a process for the life of a boot. */
  readonly startTicks: string;
  /** The kernel's letter: R, S, D, T, Z, X, I. */
  readonly state: string;
  readonly threads: number;
  /** A thread of the kernel: never anybody's process. */
  readonly isKernel: boolean;
  readonly comm: string;
  readonly uid: number;
}

const kernelThreadFlag = 0x0020_0000;
/** Counted from the state; nothing behind it is read. */
const startTicksField = 19;

/** A zombie counts as gone, unless only its first thread has ended. */
export function isGone(entry: Pick<ProcessEntry, 'state' | 'threads'>): boolean {
  return (entry.state === 'Z' || entry.state === 'X') && entry.threads <= 1;
}

/** Reads one process, past any snapshot; `undefined` when there is none. */
export function readProcessEntry(procRoot: string, pid: number | string): ProcessEntry | undefined {
  const directory = `${procRoot}/${pid}`;
  let text: string;
  try {
    // Node reads UTF-8 in one call of its own; any other encoding takes five, and there are a thousand processes.
    text = readFileSync(`${directory}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  return parseStat(text, directory);
}

/** Parses `/proc/<pid>/stat`. The name may hold spaces and parentheses: it ends at the last one. */
export function parseStat(text: string, directory: string): ProcessEntry | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ', startTicksField + 1);
  const startTicks = fields[startTicksField];
  if (startTicks === undefined) return undefined;
  let uid: number | undefined;
  return {
    pid: Number(text.slice(0, open - 1)),
    comm: text.slice(open + 1, close),
    state: fields[0] ?? '',
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    sid: Number(fields[3]),
    threads: Number(fields[17]),
    isKernel: (Number(fields[6]) & kernelThreadFlag) !== 0,
    startTicks,
    get uid() {
      uid ??= readUid(directory);
      return uid;
    },
  };
}

function readUid(directory: string): number {
  try {
    return statSync(directory).uid;
  } catch {
    return -1;
  }
}
