import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { parseJournal } from './journal.js';
import type { LaunchExit, ProcessIdentity } from '../contract/index.js';
import type { Launch, LaunchRecord, LedgeredLaunch } from './launch-spec.js';

export const recordName = 'launch.json';
/** The record once more: without it a damaged record would hide what runs. */
export const recordCopyName = 'launch-copy.json';
export const journalName = 'journal';
export const stopName = 'stop';

/** Reads a launch directory. `undefined` when neither it nor `ledgered` holds a whole record. */
export async function readLaunch(directory: string, ledgered?: LedgeredLaunch): Promise<Launch | undefined> {
  const record = parseRecord(await readText(join(directory, recordName))) ?? parseRecord(await readText(join(directory, recordCopyName))) ?? toRecord(ledgered?.record);
  return record === undefined ? undefined : toLaunch(directory, record, (await readText(join(directory, journalName))) ?? '', ledgered);
}

/** The same at once, for who looks at some launches and does nothing else: through the thread pool it takes ten times as long. */
export function readLaunchSync(directory: string, ledgered?: LedgeredLaunch): Launch | undefined {
  const record = parseRecord(readTextSync(join(directory, recordName))) ?? parseRecord(readTextSync(join(directory, recordCopyName))) ?? toRecord(ledgered?.record);
  return record === undefined ? undefined : toLaunch(directory, record, readTextSync(join(directory, journalName)) ?? '', ledgered);
}

function toLaunch(directory: string, record: LaunchRecord, journalText: string, ledgered: LedgeredLaunch | undefined): Launch {
  const journal = parseJournal(journalText);
  const found = journal.runner ?? ledgered?.runner;
  const runner = found && toIdentity(found, record);
  const child = journal.child && toIdentity(journal.child, record);
  return {
    // The directory may have been moved with the state root.
    record: { ...record, directory },
    restarts: journal.restarts,
    logStart: journal.logStart,
    between: journal.between && journal.exit === undefined,
    ...(runner && { runner }),
    ...(child && { child }),
    ...(journal.exit && { exit: journal.exit }),
    ...(journal.lastEnd && { lastEnd: journal.lastEnd }),
  };
}

/** True when the launch was ended by a stop; false when it had ended by itself before. */
export function wasStopped({ record: { directory }, exit }: Launch): boolean {
  try {
    // The stop file is written before the signal.
    return statSync(join(directory, stopName)).mtimeMs <= (exit?.at ?? Infinity);
  } catch {
    return false;
  }
}

/** What the journal tells of restarts and ends, in one small read; undefined without a journal. */
export function readLaunchHistory(directory: string): { readonly restarts: number; readonly lastEnd: LaunchExit | undefined } | undefined {
  try {
    const { restarts, lastEnd, exit } = parseJournal(readFileSync(join(directory, journalName), 'utf8'));
    return { restarts, lastEnd: exit ?? lastEnd };
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readTextSync(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseRecord(text: string | undefined): LaunchRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return toRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The launch record that a document is; `undefined` when it is none, or not whole. */
export function toRecord(value: unknown): LaunchRecord | undefined {
  return value !== null && typeof value === 'object' && isWhole(value) ? value : undefined;
}

/** Every field by which a process is judged or signalled: a record of which one is missing proves nothing. */
function isWhole(value: Partial<LaunchRecord>): value is LaunchRecord {
  const { id, name, kind, token, logPath, bootId, pidNamespace, createdTicks, createdAt, command, ports, dataDirectories, stop, user, cgroup } = value;
  return (
    value.version === 1 &&
    [id, name, kind, token, logPath, bootId, pidNamespace, createdTicks].every((text) => typeof text === 'string' && text !== '') &&
    typeof createdAt === 'number' &&
    [command, ports, dataDirectories, stop].every(Array.isArray) &&
    [logPath ?? '', ...(dataDirectories ?? [])].every((path) => typeof path === 'string' && isAbsolute(path)) &&
    (ports ?? []).every(Number.isSafeInteger) &&
    (stop ?? []).every((step) => step !== null && /^SIG[A-Z]+$/.test(step.signal) && ['group', 'child', 'tree'].includes(step.target) && step.waitMs >= 0) &&
    (user === undefined || (Number.isSafeInteger(user.uid) && Number.isSafeInteger(user.gid))) &&
    (cgroup === null || typeof cgroup === 'string')
  );
}

// The runner lives in the boot and the namespace of the command that made the record.
function toIdentity({ pid, startTicks }: Pick<ProcessIdentity, 'pid' | 'startTicks'>, record: LaunchRecord): ProcessIdentity {
  return { pid, startTicks, bootId: record.bootId, pidNamespace: record.pidNamespace };
}
