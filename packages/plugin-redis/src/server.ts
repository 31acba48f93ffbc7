import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, rename, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { LaunchHandle, ProgramFinder, StartContext, StopStep } from '@envctl/core';

/** TERM saves and ends; Redis waits for no client. */
export const stopLadder: readonly StopStep[] = [
  { signal: 'SIGTERM', target: 'child', waitMs: 10_000 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
];

/** Path of the server program; Redis first, then Valkey. */
export async function findServerProgram(findProgram: ProgramFinder): Promise<string | undefined> {
  return (await findProgram('redis-server')) ?? (await findProgram('valkey-server'));
}

/** The loopback addresses of this machine. */
export function loopbackAddresses(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.some((entry) => entry.address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
}

/** Starts the server of the instance, or adopts the one that runs. The password is in a file of mode 0600, never in the argv. */
export async function launchServer(ctx: StartContext, program: string, password: string): Promise<LaunchHandle> {
  const data = await ctx.directory('data', async (temporary) => void (await mkdir(temporary, { recursive: true })));
  const config = join(ctx.instance.directory, 'redis.conf');
  await writePrivate(ctx, config, toConfig(ctx, data, password));
  return await ctx.launch({
    name: 'server',
    command: [program, config],
    cwd: data,
    ports: ['primary'],
    dataDirectories: [data],
    stop: stopLadder,
  });
}

function toConfig(ctx: StartContext, data: string, password: string): string {
  return [
    `bind ${loopbackAddresses().join(' ')}`,
    'protected-mode yes',
    `port ${ctx.instance.ports['primary']}`,
    `dir ${quote(data)}`,
    `requirepass ${quote(password)}`,
    'daemonize no',
    'logfile ""',
    // Every write is on disk within a second, so data survives a kill as well as a stop.
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Written whole: a running server may be asked to read it again. */
async function writePrivate(ctx: StartContext, path: string, content: string): Promise<void> {
  // What a killed command leaves under a name of this form is swept.
  const temporary = `${path}.building-${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, content, { mode: 0o600 });
  await chmod(temporary, 0o600);
  if (ctx.dataUser !== undefined) await chown(temporary, ctx.dataUser.uid, ctx.dataUser.gid);
  await rename(temporary, path);
}
