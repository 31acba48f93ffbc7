import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ConfigReader, ProgramFinder } from '@envctl/core';
import { findEmbedded } from './embedded.js';

/** Server programs on this machine. */
export interface ServerPrograms {
  readonly source: 'configured' | 'embedded' | 'system';
  /** Directory with `initdb` and `postgres`. */
  readonly bin: string;
  /** Major version where it is known without running it. */
  readonly major: number | undefined;
  /** Version for names and messages. */
  readonly version: string;
}

export interface FindContext {
  readonly config: ConfigReader;
  readonly findProgram: ProgramFinder;
}

const debianRoot = '/usr/lib/postgresql';

/**
 * Every server that could run here, best first: the configured directory alone if there is one, else the
 * embedded programs, the server on PATH, then Debian's versioned directories, newest first.
 */
export async function findServers({ config, findProgram }: FindContext): Promise<readonly ServerPrograms[]> {
  const configured = config.string('ENVCTL_POSTGRES_BIN_DIR');
  if (configured !== undefined && configured !== '') {
    return (await hasPrograms(configured)) ? [await toSystemServer(configured, 'configured')] : [];
  }
  const [embedded, onPath, debian] = await Promise.all([findEmbedded(), findOnPath(findProgram), findDebian()]);
  const found = [...(embedded === undefined ? [] : [embedded]), ...onPath, ...debian];
  return found.filter((server, index) => found.findIndex((other) => other.bin === server.bin) === index);
}

async function findOnPath(findProgram: ProgramFinder): Promise<ServerPrograms[]> {
  const postgres = await findProgram('postgres');
  if (postgres === undefined) return [];
  // Distributions link single programs into /usr/bin; initdb stands beside the real one.
  const bin = dirname(await realpath(postgres));
  return (await hasPrograms(bin)) ? [await toSystemServer(bin, 'system')] : [];
}

async function findDebian(): Promise<ServerPrograms[]> {
  const entries = await readdir(debianRoot).catch(() => []);
  const majors = entries.filter((entry) => /^\d+$/.test(entry)).sort((left, right) => Number(right) - Number(left));
  const bins = majors.map((major) => join(debianRoot, major, 'bin'));
  const present = await Promise.all(bins.map(hasPrograms));
  return await Promise.all(bins.filter((_, index) => present[index]).map(async (bin) => await toSystemServer(bin, 'system')));
}

async function toSystemServer(bin: string, source: 'configured' | 'system'): Promise<ServerPrograms> {
  const major = /\/(?:postgresql|pgsql)[-/@]?(\d+)(?:\.\d+)*\/bin$/.exec(await realpath(bin))?.[1];
  return { source, bin, major: major === undefined ? undefined : Number(major), version: major ?? 'unknown' };
}

/** True when `bin` holds an executable `initdb` and `postgres`. */
export async function hasPrograms(bin: string): Promise<boolean> {
  try {
    await Promise.all(['initdb', 'postgres'].map((name) => access(join(bin, name), constants.X_OK)));
    return true;
  } catch {
    return false;
  }
}
