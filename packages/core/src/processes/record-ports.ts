import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLaunch, recordCopyName, recordName } from './read-launch.js';
import { writeRecordFile } from './write-record.js';

/** Puts other leased ports on the record of a launch whose command has moved. Nothing happens when there is no whole record. */
export async function recordLaunchPorts(directory: string, ports: readonly number[]): Promise<void> {
  const record = (await readLaunch(directory))?.record;
  if (record === undefined) return;
  const next = { ...record, ports };
  writeFileSync(join(directory, recordCopyName), JSON.stringify(next), { mode: 0o600 });
  writeRecordFile(join(directory, recordName), next);
}
