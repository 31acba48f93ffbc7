import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DetectionFiles } from '../detection-files.js';
import { parseJsonObject } from '../preparation/read-json-object.js';

/** Tells one database from another. */
export interface Database {
  /** Its entry on the ledger, and when that was made; null for a database that envctl did not make. */
  readonly entry: string | null;
  readonly createdAt: number | null;
  /** Digest of where it is, for a database that envctl did not make. */
  readonly place: string | null;
}

/** A database of a project that was seeded; one file for each, outside the checkout. */
export interface SeedRecord extends Database {
  readonly version: 1;
  readonly project: string;
}

export function seedRecordPath(recordsDirectory: string, project: string, { entry, place }: Database): string {
  return join(recordsDirectory, `${recordStem(project)}${digest(entry ?? place ?? '').slice(0, 16)}.json`);
}

/** A damaged record is as good as none. */
export function readSeedRecord(files: Pick<DetectionFiles, 'readText'>, path: string, project: string): SeedRecord | undefined {
  const value = parseJsonObject(files.readText(path) ?? '');
  return value?.['version'] === 1 && value['project'] === project ? (value as unknown as SeedRecord) : undefined;
}

interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

/** Where the database is that an environment names: by its URL, else by the parts of it. */
export function addressOf(env: Readonly<Record<string, string | undefined>>): DatabaseAddress | undefined {
  const { DATABASE_URL: url, DB_HOST: host, DB_PORT: port, DB_NAME: name } = env;
  if (url !== undefined && url !== '') return addressOfUrl(url);
  return host === undefined || name === undefined ? undefined : { host, port: Number(port ?? '5432'), name };
}

/** Digest of it: who asks for it is not part of it. */
export function toPlace(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const address = addressOf(env);
  if (address !== undefined) return digest(`${address.host}:${address.port}/${address.name}`);
  return env['DATABASE_URL'] === undefined || env['DATABASE_URL'] === '' ? undefined : digest(env['DATABASE_URL']);
}

export interface SeededQuestion {
  readonly directories: { readonly records: string; readonly ledger: string };
  readonly project: string;
  /** How the database is driven. */
  readonly mode: string;
  /** What the configuration says of a server elsewhere, by the names of an environment. */
  readonly external: Readonly<Record<string, string | undefined>>;
}

/** As far as files can tell: the database that a start would use was seeded. What a command runs is known only when it runs. */
export function looksSeeded(files: Pick<DetectionFiles, 'readText' | 'list'>, { directories, project, mode, external }: SeededQuestion): boolean {
  const records = files.list(directories.records).filter((name) => name.startsWith(recordStem(project))).flatMap((name) => readSeedRecord(files, join(directories.records, name), project) ?? []);
  if (mode === 'external') return records.some(({ place }) => place !== null && place === toPlace(external));
  if (mode === 'command') return records.some(({ place }) => place !== null);
  return records.some(({ entry, createdAt }) => entry !== null && parseJsonObject(files.readText(join(directories.ledger, `${entry}.json`)) ?? '')?.['createdAt'] === createdAt);
}

function addressOfUrl(text: string): DatabaseAddress | undefined {
  try {
    const { hostname, port, pathname } = new URL(text);
    const name = decodeURIComponent(pathname.slice(1));
    return hostname === '' || name === '' ? undefined : { host: hostname, port: port === '' ? 5432 : Number(port), name };
  } catch {
    return undefined;
  }
}

function recordStem(project: string): string {
  return `seed-${digest(project).slice(0, 16)}-`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
