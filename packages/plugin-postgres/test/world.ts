import { fileURLToPath } from 'node:url';
import type { DriverName } from '@envctl/core';
import { createWorld, type World } from '@envctl/core/testing';
import pg from 'pg';

/** Root of this package, as an installed plugin has it. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A world for Postgres with `config` set. */
export async function openWorld(config: Readonly<Record<string, string>> = {}, driver: DriverName = 'native'): Promise<World> {
  return await createWorld({ root, driver, config, env: process.env });
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
