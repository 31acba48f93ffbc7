import { readFile } from 'node:fs/promises';
import type { DependencyDeclaration, DriverName, PluginManifest } from '@envctl/core';
import { createWorld, dataUserForTests, type World } from '@envctl/core/testing';
import pg from 'pg';
import { createPostgresDependency } from '../dist/definition.js';

const packageFile = new URL('../package.json', import.meta.url);

export async function readManifest(): Promise<PluginManifest> {
  return (JSON.parse(await readFile(packageFile, 'utf8')) as { envctl: PluginManifest }).envctl;
}

/** A world for Postgres with `config` set. */
export async function openWorld(config: Readonly<Record<string, string>> = {}, driver: DriverName = 'native'): Promise<World> {
  const manifest = await readManifest();
  const declaration = manifest.contributes.dependencies?.[0] as DependencyDeclaration;
  return await createWorld(
    {
      declaration,
      definition: createPostgresDependency,
      driver,
      config,
      dataUser: await dataUserForTests(),
      timeoutMs: 30_000,
      searchPath: process.env['PATH'] ?? '',
    },
    manifest.contributes.config ?? [],
  );
}

/** Runs `sql` over `url` and returns the rows. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The SQLSTATE or code with which `sql` fails over `url`; `none` when it does not. */
export async function refusal(url: string, sql = 'select 1'): Promise<string> {
  try {
    await query(url, sql);
    return 'none';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
