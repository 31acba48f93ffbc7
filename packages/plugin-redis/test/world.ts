import { fileURLToPath } from 'node:url';
import type { DriverName } from '@envctl/core';
import { createWorld, type World } from '@envctl/core/testing';
import { Redis } from 'ioredis';

/** Root of this package, as an installed plugin has it. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A world for Redis with `config` set. */
export async function openWorld(config: Readonly<Record<string, string>> = {}, driver: DriverName = 'native'): Promise<World> {
  return await createWorld({ root, driver, config, env: process.env });
}

/** Runs `work` with a client on `url`. */
export async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, enableReadyCheck: false, maxRetriesPerRequest: 0, retryStrategy: () => null });
  let broken: Error | undefined;
  client.on('error', (error: Error) => (broken ??= error));
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw broken ?? error;
  } finally {
    client.disconnect();
  }
}

/** The first word of the error that a PING over `url` ends with; `none` when it answers. */
export async function refusal(url: string): Promise<string> {
  try {
    await withRedis(url, (client) => client.ping());
    return 'none';
  } catch (error) {
    return (error as Error).message.split(' ')[0] ?? '';
  }
}
