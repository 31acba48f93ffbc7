import { readLaunch } from './read-launch.js';
import { writeRecord } from './write-record.js';

/** Puts other leased ports on the record of a launch whose command has moved. Nothing happens when there is no whole record. */
export async function recordLaunchPorts(directory: string, ports: readonly number[]): Promise<void> {
  const record = (await readLaunch(directory))?.record;
  if (record !== undefined) writeRecord(directory, { ...record, ports });
}
