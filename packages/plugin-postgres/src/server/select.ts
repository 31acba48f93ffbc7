import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import { copyEmbedded } from './embedded.js';
import { findServers, hasPrograms, type ServerPrograms } from './find.js';

/** The programs that an instance runs with. Paths of copies are inside the instance's directory. */
export interface PinnedServer {
  readonly source: ServerPrograms['source'];
  readonly bin: string;
  readonly major?: number;
}

/** The programs that an instance will run with, and where they are until it has them. */
export interface SelectedServer {
  readonly server: PinnedServer;
  /** Where the same programs are now. */
  readonly bin: string;
  /** Gives the instance its copy; there is nothing to do a second time, and nothing for programs that stay where they are. */
  keep(): Promise<void>;
}

/** Where an instance keeps its cluster. */
export function clusterPaths(instanceDirectory: string): { readonly cluster: string; readonly data: string; readonly pin: string } {
  const cluster = join(instanceDirectory, 'cluster');
  return { cluster, data: join(cluster, 'data'), pin: join(cluster, 'server.json') };
}

/**
 * Chooses the programs: those that made the cluster while they are there, else others of the same major
 * version, else (no cluster yet) the best on this machine. Of embedded programs the instance keeps a copy, so
 * that an update of the package never strands the data.
 */
export async function selectServer(ctx: StartContext): Promise<SelectedServer> {
  const { data, pin } = clusterPaths(ctx.instance.directory);
  const major = await readMajor(data);
  const pinned = await readPin(pin);
  if (pinned !== undefined && (await hasPrograms(pinned.bin))) return staying(pinned);
  const servers = await findServers(ctx);
  const server = servers.find((candidate) => major === undefined || candidate.major === major);
  if (server === undefined) refuse(servers, major, data);
  const selected = toSelected(ctx, server);
  ctx.events.emit('postgres.server.selected', { project: ctx.project.name, source: server.source, bin: selected.server.bin });
  return selected;
}

/** The text of the pin file for `server`. */
export async function writePin(path: string, server: PinnedServer): Promise<void> {
  await writeFile(path, `${JSON.stringify(server, undefined, 2)}\n`);
}

function toSelected(ctx: StartContext, server: ServerPrograms): SelectedServer {
  const major = server.major === undefined ? {} : { major: server.major };
  if (server.source !== 'embedded') return staying({ source: server.source, bin: server.bin, ...major });
  const name = `server-${server.version}`;
  return {
    server: { source: 'embedded', bin: join(ctx.instance.directory, name, 'bin'), ...major },
    bin: server.bin,
    keep: async () => void (await ctx.directory(name, (temporary) => copyEmbedded(server, temporary, ctx.signal), { owner: 'envctl' })),
  };
}

function staying(server: PinnedServer): SelectedServer {
  return { server, bin: server.bin, keep: () => Promise.resolve() };
}

function refuse(servers: readonly ServerPrograms[], major: number | undefined, data: string): never {
  if (major === undefined) {
    failStart('hard_start_failure', 'database_server_missing', 'no Postgres server programs were found', [
      'npm install --include=optional @envctl/plugin-postgres',
      'export ENVCTL_POSTGRES_BIN_DIR=<directory with initdb and postgres>',
    ]);
  }
  const found = servers.map((server) => `${server.version} (${server.bin})`).join(', ') || 'none';
  failStart('hard_start_failure', 'database_version_mismatch', `the data in ${data} is of Postgres ${major}; found: ${found}`, [
    `install Postgres ${major} and export ENVCTL_POSTGRES_BIN_DIR=<its bin directory>`,
  ]);
}

async function readMajor(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

async function readPin(path: string): Promise<PinnedServer | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PinnedServer;
  } catch {
    return undefined;
  }
}
