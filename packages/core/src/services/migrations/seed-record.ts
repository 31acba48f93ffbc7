import { rm } from 'node:fs/promises';
import { ensureDirectory, writeJsonAtomic } from '../../fs/index.js';
import type { Ledger } from '../../state/index.js';
import type { DetectionFiles } from '../detection-files.js';
import { addressOf, readSeedRecord, seedRecordPath, toPlace, type Database, type SeedRecord } from './seeded.js';

export interface DatabaseQuestion {
  readonly ledger: Pick<Ledger, 'list'>;
  readonly project: string;
  /** What a migration is given: the database is the one that it names. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports of a dependency instance; empty when there is none. */
  readonly portsOf: (instance: string) => Promise<readonly number[]>;
}

/**
 * Which database it is, so that a new one is known for new: its entry on the ledger with the moment it was made, where envctl made it and runs
 * its server, else where it is. Undefined when the environment names none.
 */
export async function identifyDatabase({ ledger, project, env, portsOf }: DatabaseQuestion): Promise<Database | undefined> {
  const address = addressOf(env);
  const { entries } = await ledger.list();
  for (const { id, createdAt, project: owner, step } of entries) {
    if (step.kind !== 'logical' || step.resource.kind !== 'database' || owner !== project) continue;
    if (step.resource.name === address?.name && (await portsOf(step.instance)).includes(address.port)) return { entry: id, createdAt, place: null };
  }
  const place = toPlace(env);
  return place === undefined ? undefined : { entry: null, createdAt: null, place };
}

/** True when this very database was seeded before. */
export function isSeeded(files: Pick<DetectionFiles, 'readText'>, recordsDirectory: string, project: string, database: Database): boolean {
  const record = readSeedRecord(files, seedRecordPath(recordsDirectory, project, database), project);
  return record !== undefined && record.entry === database.entry && record.createdAt === database.createdAt && record.place === database.place;
}

export async function rememberSeed(recordsDirectory: string, project: string, database: Database): Promise<void> {
  ensureDirectory(recordsDirectory);
  await writeJsonAtomic(seedRecordPath(recordsDirectory, project, database), { version: 1, project, ...database } satisfies SeedRecord);
}

/** Before a seed begins: one that is killed half way runs again. */
export async function forgetSeed(recordsDirectory: string, project: string, database: Database): Promise<void> {
  await rm(seedRecordPath(recordsDirectory, project, database), { force: true });
}
