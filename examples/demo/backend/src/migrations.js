import { readdir, readFile } from 'node:fs/promises';

const directory = new URL('../migrations/', import.meta.url);
// Any number will do, as long as every copy of this application uses the same one.
const lockId = 710_244_031;

/**
 * Applies the migrations that have not been applied yet, all in one transaction. Of several backends that
 * start at once, one migrates; the others wait for it and find nothing left to do.
 */
export async function migrate(pool) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockId]);
    await client.query('create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())');
    const { rows } = await client.query('select name from migrations');
    const applied = new Set(rows.map((row) => row.name));
    const pending = (await readdir(directory)).filter((name) => name.endsWith('.sql') && !applied.has(name)).sort();
    for (const name of pending) {
      await client.query(await readFile(new URL(name, directory), 'utf8'));
      await client.query('insert into migrations (name) values ($1)', [name]);
    }
    await client.query('commit');
    return pending;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
