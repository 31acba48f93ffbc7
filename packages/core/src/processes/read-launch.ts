import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJournal } from './journal.js';
import type { ProcessIdentity } from '../contract/index.js';
import type { Launch, LaunchRecord } from './launch-spec.js';

export const recordName = 'launch.json';
export const journalName = 'journal';
export const stopName = 'stop';

/** Reads a launch directory. `undefined` when it holds no whole record. */
export async function readLaunch(directory: string): Promise<Launch | undefined> {
  const record = parseRecord(await readText(join(directory, recordName)));
  if (record === undefined) return undefined;
  const journal = parseJournal((await readText(join(directory, journalName))) ?? '');
  const runner = toIdentity(journal.runner, record);
  const child = toIdentity(journal.child, record);
  return {
    // The directory may have been moved with the state root.
    record: { ...record, directory },
    restarts: journal.restarts,
    ...(runner && { runner }),
    ...(child && { child }),
    ...(journal.exit && { exit: journal.exit }),
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseRecord(text: string | undefined): LaunchRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<LaunchRecord> | null;
    const whole =
      value !== null &&
      typeof value === 'object' &&
      [value.id, value.token, value.logPath, value.bootId, value.pidNamespace, value.createdTicks].every((v) => typeof v === 'string' && v !== '') &&
      [value.command, value.ports, value.dataDirectories, value.stop].every(Array.isArray) &&
      typeof value.createdAt === 'number';
    return whole ? (value as LaunchRecord) : undefined;
  } catch {
    return undefined;
  }
}

// The runner lives in the boot and the namespace of the command that made the record.
function toIdentity(found: { pid: number; startTicks: string } | undefined, record: LaunchRecord): ProcessIdentity | undefined {
  return found && { ...found, bootId: record.bootId, pidNamespace: record.pidNamespace };
}
