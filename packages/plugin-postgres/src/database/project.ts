import type { Client } from 'pg';
import type { StartContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import { errorCode } from '../error-code.js';
import { toPasswordName, toRoleName } from '../names.js';
import type { ClientOptions } from './client.js';
import { withClient } from './client.js';
import { toScramVerifier } from './scram.js';

type AdminOptions = Omit<ClientOptions, 'database'>;

const attributes = 'LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS';
const alreadyThere = new Set(['42710', '42P04', '23505']);

/** Makes or mends what a project owns in the server: role, password, database, extensions; closes what is open. */
export async function ensureProject(ctx: StartContext, client: Client, admin: AdminOptions): Promise<void> {
  const name = toRoleName(ctx.project.slug);
  const password = await ctx.secrets.ensure(toPasswordName(ctx.project.slug));
  // Without waiting for the disk: CREATE DATABASE waits for all of it, and what else is lost with the power is done again.
  await client.query('SET synchronous_commit = off');
  const found = await look(client, name);
  await ctx.logical({ kind: 'role', name, project: ctx.project.name }, () => ensureRole(client, name, password, found.role));
  await ctx.logical({ kind: 'database', name, project: ctx.project.name, data: { owner: name } }, async () => {
    if (!found.database) await createDatabase(client, name);
  });
  // Databases that the application made with its role are recorded, so that they are removed with the project.
  for (const database of found.owned) {
    await ctx.logical({ kind: 'database', name: database, project: ctx.project.name, data: { owner: name } }, () => Promise.resolve());
  }
  await closeDatabases(ctx, client, found.database ? found.open : [...found.open, name]);
  await ensureExtensions(ctx, admin, name);
}

/** What the server has of a project, and the databases that anybody may enter. */
interface Found {
  readonly role: boolean;
  readonly database: boolean;
  /** Databases of the role but its own. */
  readonly owned: readonly string[];
  readonly open: readonly string[];
}

/** One statement: it is on the way of every start. */
async function look(client: Client, name: string): Promise<Found> {
  const { rows } = await client.query<Found>(
    `select exists (select from pg_roles where rolname = $1) as role,
       exists (select from pg_database where datname = $1) as database,
       array(select datname::text from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = $1 and datname <> $1 order by datname) as owned,
       array(select datname::text from pg_database where datname <> 'template0'
         and (has_database_privilege('public', oid, 'CONNECT') or has_database_privilege('public', oid, 'TEMPORARY'))) as open`,
    [name],
  );
  return rows[0] ?? { role: false, database: false, owned: [], open: [] };
}

async function ensureRole(client: Client, name: string, password: string, isThere: boolean): Promise<void> {
  const role = client.escapeIdentifier(name);
  const verifier = client.escapeLiteral(await toScramVerifier(password));
  const isMade = !isThere && (await tolerant(client.query(`CREATE ROLE ${role} ${attributes} PASSWORD ${verifier}`)));
  if (!isMade) await client.query(`ALTER ROLE ${role} ${attributes} PASSWORD ${verifier}`);
}

async function createDatabase(client: Client, name: string): Promise<void> {
  const database = client.escapeIdentifier(name);
  await tolerant(client.query(`CREATE DATABASE ${database} OWNER ${database}`));
}

/** Postgres opens a new database to everybody; only its owner and the superuser shall enter. */
async function closeDatabases(ctx: StartContext, client: Client, open: readonly string[]): Promise<void> {
  if (open.length === 0) return;
  await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${open.map((name) => client.escapeIdentifier(name)).join(', ')} FROM PUBLIC`);
  for (const name of open) ctx.events.emit('postgres.database.closed', { database: name });
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

/** False when it is there already: another start of the same project may be a step ahead. */
async function tolerant(statement: Promise<unknown>): Promise<boolean> {
  try {
    await statement;
    return true;
  } catch (error) {
    if (!alreadyThere.has(errorCode(error))) throw error;
    return false;
  }
}
