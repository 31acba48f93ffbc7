import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { ensureDirectory, writeJsonAtomic } from '../../fs/index.js';
import type { Ledger } from '../../state/index.js';
import { readSeedRecord, seedRecordPath, type SeedRecord } from './seeded.js';
import type { DetectionFiles } from '../detection-files.js';

/**
 * Which database a project has, so that a new one is known for new: its entry on the ledger with the moment it was made, else, for a
 * server that envctl does not run, where it is. Undefined when the project has none.
 */
export async function identifyDatabase(ledger: Pick<Ledger, 'list'>, project: string, env: Readonly<Record<string, string>>): Promise<Pick<SeedRecord, 'entry' | 'createdAt' | 'place'> | undefined> {
  const { entries } = await ledger.list();
  const entry = entries.find((candidate) => candidate.step.kind === 'logical' && candidate.step.resource.kind === 'database' && candidate.project === project);
  if (entry !== undefined) return { entry: entry.id, createdAt: entry.createdAt, place: null };
  const place = env['DB_NAME'] === undefined ? env['DATABASE_URL'] : `${env['DB_HOST']}:${env['DB_PORT']}/${env['DB_NAME']}`;
  return place === undefined ? undefined : { entry: null, createdAt: null, place: createHash('sha256').update(place).digest('hex') };
}

/** True when this very database was seeded before. */
export function isSeeded(files: Pick<DetectionFiles, 'readText'>, recordsDirectory: string, project: string, database: Pick<SeedRecord, 'entry' | 'createdAt' | 'place'>): boolean {
  const record = readSeedRecord(files, recordsDirectory, project);
  return record !== undefined && record.entry === database.entry && record.createdAt === database.createdAt && record.place === database.place;
}

export async function rememberSeed(recordsDirectory: string, project: string, database: Pick<SeedRecord, 'entry' | 'createdAt' | 'place'>): Promise<void> {
  await ensureDirectory(recordsDirectory);
  await writeJsonAtomic(seedRecordPath(recordsDirectory, project), { version: 1, project, ...database } satisfies SeedRecord);
}

/** Before a seed begins: one that is killed half way runs again. */
export async function forgetSeed(recordsDirectory: string, project: string): Promise<void> {
  await rm(seedRecordPath(recordsDirectory, project), { force: true });
}
