import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { LaunchHandle, StartContext, StopStep } from '@envctl/core';
import type { PinnedServer } from './select.js';

/** INT is the fast shutdown; TERM would wait for every client to leave. QUIT leaves recovery to the next start. */
export const stopLadder: readonly StopStep[] = [
  { signal: 'SIGINT', target: 'child', waitMs: 20_000 },
  { signal: 'SIGQUIT', target: 'child', waitMs: 5_000 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
];

/** The loopback addresses of this machine. */
export function loopbackAddresses(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.some((entry) => entry.address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
}

/** Starts the server of the instance, or adopts the one that runs. */
export async function launchServer(ctx: StartContext, server: PinnedServer, data: string): Promise<LaunchHandle> {
  return await ctx.launch({
    name: 'server',
    command: [
      join(server.bin, 'postgres'),
      '-D', data,
      '-p', String(ctx.instance.ports['primary']),
      '-k', ctx.instance.socketDirectory,
      '-c', `listen_addresses=${loopbackAddresses().join(',')}`,
      '-c', 'log_destination=stderr',
      '-c', 'logging_collector=off',
      '-c', 'password_encryption=scram-sha-256',
      '-c', 'max_connections=200',
    ],
    cwd: ctx.instance.directory,
    ports: ['primary'],
    dataDirectories: [data],
    stop: stopLadder,
  });
}
