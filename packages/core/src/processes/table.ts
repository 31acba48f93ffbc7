import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { EnvctlError } from '../contract/index.js';
import { readProcessEntry, type ProcessEntry } from './stat.js';

/** One snapshot of all processes of the pid namespace. Details of a process are read when first asked for, then kept. */
export interface ProcessTable {
  readonly procRoot: string;
  readonly bootId: string;
  /** As the kernel names it: `pid:[4026531836]`. */
  readonly pidNamespace: string;
  get(pid: number): ProcessEntry | undefined;
  all(): Iterable<ProcessEntry>;
  childrenOf(pid: number): readonly ProcessEntry[];
  /** The environment it was started with; `undefined` when it may not be read. A process may have overwritten it. */
  environ(pid: number): ReadonlyMap<string, string> | undefined;
  namespaceOf(pid: number): string | undefined;
  /** Real paths of the files it holds open for writing. */
  writableDescriptors(pid: number): readonly string[];
  commandLine(pid: number): readonly string[];
}

/**
 * Takes a snapshot: one directory listing and one small read per process.
 * @param options.procRoot another `/proc`, for tests
 * @throws EnvctlError ENVCTL_E_PLATFORM_UNSUPPORTED when `/proc` shows the processes of another pid namespace
 */
export function readProcessTable(options: { readonly procRoot?: string } = {}): ProcessTable {
  const procRoot = options.procRoot ?? '/proc';
  if (options.procRoot === undefined) assertOwnProc();
  const entries = new Map<number, ProcessEntry>();
  for (const name of readdirSync(procRoot)) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const entry = readProcessEntry(procRoot, name);
    if (entry !== undefined) entries.set(entry.pid, entry);
  }
  let children: Map<number, ProcessEntry[]> | undefined;
  return {
    procRoot,
    bootId: readBootId(procRoot),
    pidNamespace: readNamespace(procRoot, 'self') ?? '',
    get: (pid) => entries.get(pid),
    all: () => entries.values(),
    childrenOf: (pid) => (children ??= groupByParent(entries.values())).get(pid) ?? [],
    environ: kept((pid) => readEnviron(procRoot, pid)),
    namespaceOf: kept((pid) => readNamespace(procRoot, pid)),
    writableDescriptors: kept((pid) => readWritableDescriptors(procRoot, pid)),
    commandLine: kept((pid) => readWords(`${procRoot}/${pid}/cmdline`) ?? []),
  };
}

/**
 * A `/proc` that was mounted in another pid namespace numbers other processes: a signal sent by its numbers would hit a stranger.
 * @throws EnvctlError ENVCTL_E_PLATFORM_UNSUPPORTED
 */
export function assertOwnProc(): void {
  let shown: string;
  try {
    shown = readlinkSync('/proc/self');
  } catch {
    shown = 'nothing';
  }
  if (shown === String(process.pid)) return;
  throw new EnvctlError('ENVCTL_E_PLATFORM_UNSUPPORTED', `/proc is not of this pid namespace: it shows process ${process.pid} as ${shown}.`, {
    kind: 'environment',
    hints: ['mount -t proc proc /proc'],
  });
}

export function readBootId(procRoot = '/proc'): string {
  return readFileSync(`${procRoot}/sys/kernel/random/boot_id`, 'utf8').trim();
}

export function readNamespace(procRoot: string, pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`${procRoot}/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function groupByParent(entries: Iterable<ProcessEntry>): Map<number, ProcessEntry[]> {
  const groups = new Map<number, ProcessEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.ppid);
    if (group === undefined) groups.set(entry.ppid, [entry]);
    else group.push(entry);
  }
  return groups;
}

function kept<T>(read: (pid: number) => T): (pid: number) => T {
  const values = new Map<number, T>();
  return (pid) => {
    if (!values.has(pid)) values.set(pid, read(pid));
    return values.get(pid) as T;
  };
}

function readEnviron(procRoot: string, pid: number): ReadonlyMap<string, string> | undefined {
  const words = readWords(`${procRoot}/${pid}/environ`);
  if (words === undefined) return undefined;
  const environ = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) environ.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return environ;
}

function readWords(path: string): string[] | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const words = text.split('\0');
    if (words.at(-1) === '') words.pop();
    return words;
  } catch {
    return undefined;
  }
}

function readWritableDescriptors(procRoot: string, pid: number): readonly string[] {
  const directory = `${procRoot}/${pid}/fd`;
  const paths = new Set<string>();
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  for (const name of names) {
    try {
      const path = readlinkSync(`${directory}/${name}`);
      if (!path.startsWith('/') || (path.startsWith('/dev/') && !path.startsWith('/dev/shm/'))) continue;
      // The permission bits of the link are the mode of the descriptor.
      if ((lstatSync(`${directory}/${name}`).mode & 0o200) === 0) continue;
      paths.add(path.endsWith(' (deleted)') ? path.slice(0, -' (deleted)'.length) : path);
    } catch {
      continue; // closed meanwhile
    }
  }
  return [...paths];
}
