import type { Client } from 'pg';
import type { StartContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import { errorCode } from '../error-code.js';
import { adminDatabase, toPasswordName, toRoleName } from '../names.js';
import type { ClientOptions } from './client.js';
import { withClient } from './client.js';
import { toScramVerifier } from './scram.js';

type AdminOptions = Omit<ClientOptions, 'database'>;

const attributes = 'LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS';
const alreadyThere = new Set(['42710', '42P04', '23505']);

/** Makes or mends what a project owns in the server: role, password, database, extensions; closes what is open. */
export async function ensureProject(ctx: StartContext, admin: AdminOptions): Promise<void> {
  const name = toRoleName(ctx.project.slug);
  const password = await ctx.secrets.ensure(toPasswordName(ctx.project.slug));
  await withClient({ ...admin, database: adminDatabase }, async (client) => {
    await ctx.logical({ kind: 'role', name, project: ctx.project.name }, () => ensureRole(client, name, password));
    await ctx.logical({ kind: 'database', name, project: ctx.project.name, data: { owner: name } }, () => ensureDatabase(client, name));
    await recordOwned(ctx, client, name);
    await closeDatabases(ctx, client);
  });
  await ensureExtensions(ctx, admin, name);
}

async function ensureRole(client: Client, name: string, password: string): Promise<void> {
  const role = client.escapeIdentifier(name);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  const verifier = client.escapeLiteral(await toScramVerifier(password));
  if ((rowCount ?? 0) === 0) await tolerant(client.query(`CREATE ROLE ${role}`));
  await client.query(`ALTER ROLE ${role} ${attributes} PASSWORD ${verifier}`);
}

async function ensureDatabase(client: Client, name: string): Promise<void> {
  const database = client.escapeIdentifier(name);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if ((rowCount ?? 0) === 0) await tolerant(client.query(`CREATE DATABASE ${database} OWNER ${database}`));
}

/** Databases that the application made with its role are recorded, so that they are removed with the project. */
async function recordOwned(ctx: StartContext, client: Client, owner: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = $1 and datname <> $1 order by datname',
    [owner],
  );
  for (const { name } of rows) {
    await ctx.logical({ kind: 'database', name, project: ctx.project.name, data: { owner } }, () => Promise.resolve());
  }
}

/** Postgres opens a new database to everybody; only its owner and the superuser shall enter. */
async function closeDatabases(ctx: StartContext, client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database where datname <> 'template0'
       and (has_database_privilege('public', oid, 'CONNECT') or has_database_privilege('public', oid, 'TEMPORARY'))`,
  );
  for (const { name } of rows) {
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${client.escapeIdentifier(name)} FROM PUBLIC`);
    ctx.events.emit('postgres.database.closed', { database: name });
  }
}

async function ensureExtensions(ctx: StartContext, admin: AdminOptions, database: string): Promise<void> {
  const wanted = (ctx.config.string('ENVCTL_POSTGRES_EXTENSIONS') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (wanted.length === 0) return;
  await withClient({ ...admin, database }, async (client) => {
    const { rows } = await client.query<{ name: string; installed: boolean }>(
      'select name, installed_version is not null as installed from pg_available_extensions where name = any($1)',
      [wanted],
    );
    for (const name of wanted) {
      const extension = rows.find((row) => row.name === name);
      if (extension === undefined) {
        failStart('hard_start_failure', 'database_extension_unavailable', `the Postgres server has no extension ${name} (ENVCTL_POSTGRES_EXTENSIONS)`, [
          `select name from pg_available_extensions -- lists what it has`,
        ]);
      }
      if (!extension.installed) await client.query(`CREATE EXTENSION IF NOT EXISTS ${client.escapeIdentifier(name)} CASCADE`);
    }
  });
}

/** Another start of the same project may be a step ahead. */
async function tolerant(statement: Promise<unknown>): Promise<void> {
  try {
    await statement;
  } catch (error) {
    if (!alreadyThere.has(errorCode(error))) throw error;
  }
}
