import type { Client } from 'pg';
import type { TeardownContext } from '@envctl/core';
import { EnvctlError } from '@envctl/core';
import { withClient } from './database/client.js';
import { adminDatabase, adminPasswordName, adminRole } from './names.js';
import { readRunningPort } from './server/lock-files.js';
import { clusterPaths } from './server/select.js';

const timeoutMs = 30_000;

/** Drops a database or a role with all it owns. Says nothing about what is gone already. */
export async function tearDown(ctx: TeardownContext): Promise<void> {
  if (ctx.instance.driver === 'external') return;
  const password = await ctx.secrets.get(adminPasswordName);
  if (password === undefined) return;
  const port = (await readRunningPort(clusterPaths(ctx.instance.directory).data)) ?? ctx.instance.ports['primary'] ?? 0;
  const admin = { host: '127.0.0.1', port, user: adminRole, password, timeoutMs, signal: ctx.signal };
  const { kind, name, data } = ctx.resource;
  await withClient({ ...admin, database: adminDatabase }, async (client) => {
    if (kind === 'database') await dropOwned(client, name, typeof data?.['owner'] === 'string' ? data['owner'] : undefined);
    else if (kind === 'role') await dropRole(client, name, (database, work) => withClient({ ...admin, database }, work));
    else throw new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `postgres has no resource of kind ${kind}`, { kind: 'bug', data: { kind, name } });
  });
}

type InDatabase = (database: string, work: (client: Client) => Promise<void>) => Promise<void>;

/** A name may have a new owner since it was recorded; that database is not ours to drop. */
async function dropOwned(client: Client, name: string, owner: string | undefined): Promise<void> {
  const { rows } = await client.query<{ owner: string }>('select r.rolname as owner from pg_database d join pg_roles r on r.oid = d.datdba where datname = $1', [name]);
  const found = rows[0]?.owner;
  if (found === undefined || found === adminRole || (owner !== undefined && found !== owner)) return;
  await dropDatabase(client, name);
}

async function dropRole(client: Client, name: string, inDatabase: InDatabase): Promise<void> {
  if (name === adminRole) return;
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  if ((rowCount ?? 0) === 0) return;
  const owned = await client.query<{ name: string }>('select datname as name from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = $1', [name]);
  for (const database of owned.rows) await dropDatabase(client, database.name);
  const role = client.escapeIdentifier(name);
  const elsewhere = await client.query<{ name: string }>(
    `select distinct d.datname as name from pg_shdepend s join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.refobjid
       where s.refclassid = 'pg_authid'::regclass and r.rolname = $1`,
    [name],
  );
  for (const database of elsewhere.rows) await inDatabase(database.name, async (inside) => void (await inside.query(`DROP OWNED BY ${role} CASCADE`)));
  await client.query(`DROP OWNED BY ${role} CASCADE`);
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [name]);
  await client.query(`DROP ROLE IF EXISTS ${role}`);
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  const database = client.escapeIdentifier(name);
  // FORCE cannot end sessions of a template; the flag is the application's to set, so take it back.
  await client.query(`ALTER DATABASE ${database} IS_TEMPLATE false`);
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}
