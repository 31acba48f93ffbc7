import { chmod, chown, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartContext, TaskResult } from '@envctl/core';
import { failStart } from '@envctl/core';
import { prepareClient } from '../database/client.js';
import { adminPasswordName, adminRole } from '../names.js';
import { runsInPlace } from './embedded.js';
import { hasPrograms } from './find.js';
import { clusterPaths, writePin, type PinnedServer, type SelectedServer } from './select.js';

const initdbTimeoutMs = 120_000;

/**
 * Makes the data directory once, and gives the instance its programs. The password reaches initdb in a file of mode 0600 that
 * is gone before the cluster gets its name.
 */
export async function ensureCluster(ctx: StartContext, selected: SelectedServer): Promise<string> {
  const password = await ctx.secrets.ensure(adminPasswordName);
  await ctx.directory('cluster', async (temporary) => {
    const passwordFile = join(temporary, 'initdb-password');
    await writePrivate(ctx, passwordFile, `${password}\n`);
    await makeCluster(ctx, selected, join(temporary, 'data'), passwordFile);
    await rm(passwordFile);
    // A cluster that has its name has its programs.
    await selected.keep();
    await writePin(join(temporary, 'server.json'), selected.server);
  });
  await selected.keep();
  return clusterPaths(ctx.instance.directory).data;
}

/** While initdb runs where the package has it, the instance gets its copy; what cannot be run there is run from the copy. */
async function makeCluster(ctx: StartContext, selected: SelectedServer, data: string, passwordFile: string): Promise<void> {
  const { server, bin } = selected;
  const inPlace = bin !== server.bin && hasPlainPath(bin) && runsInPlace(bin, ctx.dataUser !== undefined) && (await hasPrograms(bin));
  let result = inPlace ? await runInitdb(ctx, selected, { bin, data, passwordFile }) : undefined;
  if (result === undefined && !hasPlainPath(server.bin)) refusePath(server.bin);
  if (result === undefined || (result.code !== 0 && hasPlainPath(server.bin))) {
    await selected.keep();
    await rm(data, { recursive: true, force: true });
    result = await runInitdb(ctx, selected, { bin: server.bin, data, passwordFile });
  }
  ctx.signal.throwIfAborted();
  if (result.code !== 0) {
    const lines = result.output.filter((line) => line.trim() !== '');
    const full = lines.find((line) => /No space left on device|wrote only \d+ of \d+ bytes|Disk quota exceeded/.test(line));
    const hints = full === undefined ? [] : [`df -h ${ctx.instance.directory}`, 'Free some space, or set ENVCTL_STORE_DIR to another disk.'];
    failStart('hard_start_failure', 'database_init_failed', `initdb ended with code ${result.code}: ${full?.trim() ?? lines.slice(-3).join(' | ')}`, hints);
  }
  if (takesSettings(server)) await restoreSettings(join(data, 'postgresql.conf'));
  const major = Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10);
  ctx.events.emit('postgres.cluster.created', { project: ctx.project.name, major });
}

/** initdb runs the programs beside it through a shell, between double quotes, by their real path: no link helps. */
function hasPlainPath(bin: string): boolean {
  return !/["$`\\]/.test(bin);
}

function refusePath(bin: string): never {
  failStart('hard_start_failure', 'database_path_unusable', `initdb cannot be run below a path with a ", a $, a \\ or a backtick: ${bin}`, [
    'export ENVCTL_STORE_DIR=<a directory without them>',
    'or export ENVCTL_POSTGRES_BIN_DIR=<directory with initdb and postgres>: the data may stand anywhere',
  ]);
}

interface InitdbPaths {
  readonly bin: string;
  readonly data: string;
  readonly passwordFile: string;
}

async function runInitdb(ctx: StartContext, selected: SelectedServer, { bin, data, passwordFile }: InitdbPaths): Promise<TaskResult> {
  const { server } = selected;
  let beside: Promise<unknown> = Promise.resolve();
  try {
    return await ctx.task({
      name: 'initdb',
      command: [
        join(bin, 'initdb'),
        '--pgdata', data,
        '--username', adminRole,
        '--pwfile', passwordFile,
        '--auth', 'scram-sha-256',
        '--encoding', 'UTF8',
        ...localeOptions(server),
        ...(takesSettings(server) ? memorySettings.flatMap(({ name, own }) => ['--set', `${name}=${own}`]) : []),
      ],
      cwd: ctx.instance.directory,
      dataDirectories: [data],
      timeoutMs: initdbTimeoutMs,
      // Whoever needs the copy asks for it again, and is told why there is none.
      onLaunched: () => void (beside = Promise.allSettled([selected.keep(), prepareClient()])),
    });
  } finally {
    await beside;
  }
}

/**
 * What initdb is given for its own work, and what it chooses for a server wherever there is memory for it. It works alone: half of the memory that
 * it touches otherwise is for clients that do not come.
 */
const memorySettings = [
  { name: 'shared_buffers', own: '1MB', server: '128MB' },
  { name: 'max_connections', own: '20', server: '100' },
] as const;

/** From 16 on initdb takes settings; it writes them down for the server too. */
function takesSettings({ major }: PinnedServer): boolean {
  return (major ?? 0) >= 16;
}

async function restoreSettings(path: string): Promise<void> {
  let text = await readFile(path, 'utf8');
  for (const { name, server } of memorySettings) {
    const changed = text.replace(new RegExp(`^${name} = \\S+`, 'm'), `${name} = ${server}`);
    // The last of several counts.
    text = changed === text ? `${text}${name} = ${server}\n` : changed;
  }
  await writeFile(path, text);
}

/** The locale does not depend on the machine; from 17 on Postgres brings Unicode rules of its own. */
function localeOptions(server: PinnedServer): readonly string[] {
  return (server.major ?? 0) >= 17 ? ['--locale-provider', 'builtin', '--locale', 'C.UTF-8'] : ['--locale', 'C'];
}

async function writePrivate(ctx: StartContext, path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600, flag: 'wx' });
  await chmod(path, 0o600);
  if (ctx.dataUser !== undefined) await chown(path, ctx.dataUser.uid, ctx.dataUser.gid);
}

/** The identifier that initdb gave the cluster: the first eight bytes of its control file. */
export async function readSystemIdentifier(data: string): Promise<string> {
  const file = await open(join(data, 'global', 'pg_control'), 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    // Written in the byte order of the machine; every platform we run on is little-endian.
    return buffer.readBigUInt64LE(0).toString();
  } finally {
    await file.close();
  }
}

