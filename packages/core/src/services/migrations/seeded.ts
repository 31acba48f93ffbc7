import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DetectionFiles } from '../detection-files.js';
import { parseJsonObject } from '../preparation/read-json-object.js';

/** Which database of a project was seeded; outside the checkout. */
export interface SeedRecord {
  readonly version: 1;
  readonly project: string;
  /** Its entry on the ledger, and when that was made; null for a database that envctl did not make. */
  readonly entry: string | null;
  readonly createdAt: number | null;
  /** Digest of where it is, for a database that envctl did not make. */
  readonly place: string | null;
}

export function seedRecordPath(recordsDirectory: string, project: string): string {
  return join(recordsDirectory, `seed-${createHash('sha256').update(project).digest('hex').slice(0, 16)}.json`);
}

/** A damaged record is as good as none. */
export function readSeedRecord(files: Pick<DetectionFiles, 'readText'>, recordsDirectory: string, project: string): SeedRecord | undefined {
  const value = parseJsonObject(files.readText(seedRecordPath(recordsDirectory, project)) ?? '');
  return value?.['version'] === 1 && value['project'] === project ? (value as unknown as SeedRecord) : undefined;
}

/** As far as files can tell: the database that was seeded is still on the ledger. A server elsewhere is asked only when the start runs. */
export function looksSeeded(files: Pick<DetectionFiles, 'readText'>, directories: { readonly records: string; readonly ledger: string }, project: string): boolean {
  const record = readSeedRecord(files, directories.records, project);
  if (record === undefined) return false;
  if (record.entry === null) return true;
  return parseJsonObject(files.readText(join(directories.ledger, `${record.entry}.json`)) ?? '')?.['createdAt'] === record.createdAt;
}
