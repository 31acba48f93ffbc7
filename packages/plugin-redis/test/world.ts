import { readFile } from 'node:fs/promises';
import type { DependencyDeclaration, DriverName, PluginManifest } from '@envctl/core';
import { createWorld, dataUserForTests, type World } from '@envctl/core/testing';
import { Redis } from 'ioredis';
import { createRedisDependency } from '../dist/definition.js';

const packageFile = new URL('../package.json', import.meta.url);

export async function readManifest(): Promise<PluginManifest> {
  return (JSON.parse(await readFile(packageFile, 'utf8')) as { envctl: PluginManifest }).envctl;
}

/** A world for Redis with `config` set. */
export async function openWorld(config: Readonly<Record<string, string>> = {}, driver: DriverName = 'native'): Promise<World> {
  const manifest = await readManifest();
  const declaration = manifest.contributes.dependencies?.[0] as DependencyDeclaration;
  return await createWorld(
    {
      declaration,
      definition: createRedisDependency,
      driver,
      config,
      dataUser: await dataUserForTests(),
      timeoutMs: 30_000,
      searchPath: process.env['PATH'] ?? '',
    },
    manifest.contributes.config ?? [],
  );
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
