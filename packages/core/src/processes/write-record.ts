import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LaunchRecord } from './launch-spec.js';
import { recordCopyName, recordName } from './read-launch.js';

/** Writes the record of a launch and its copy, each whole, 0600; the record is durable when this returns, and the copy stands before it. */
export function writeRecord(directory: string, record: LaunchRecord): void {
  writeWhole(join(directory, recordCopyName), record, { durable: false });
  writeWhole(join(directory, recordName), record, { durable: true });
  const entry = openSync(directory, 'r');
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
}

function writeWhole(path: string, record: LaunchRecord, { durable }: { readonly durable: boolean }): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(record, null, 2)}\n`);
    if (durable) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
