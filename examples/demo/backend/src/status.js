import { since } from './board.js';

/** One real request to each store, at the same time. Never throws. */
export async function checkStores({ pool, redis }) {
  const [postgres, cache] = await Promise.all([timed(() => pool.query('select 1')), timed(() => (redis.status === 'ready' ? redis.ping() : Promise.reject(new Error('not connected'))))]);
  return { ok: postgres.ok && cache.ok, postgres, redis: cache };
}

/** What the page shows about the stores. */
export async function describeStores({ pool, redis, board }) {
  const [health, postgres, cache] = await Promise.all([checkStores({ pool, redis }), describePostgres(pool).catch(nothing), describeRedis(redis, board).catch(nothing)]);
  return { ...health, postgres: { ...health.postgres, ...postgres }, redis: { ...health.redis, ...cache } };
}

async function describePostgres(pool) {
  const { rows } = await pool.query(`
    select split_part(current_setting('server_version'), ' ', 1) as version, current_database() as database, current_user as role,
           (select count(*)::int from notes) as notes, (select count(*)::int from migrations) as migrations`);
  return rows[0];
}

async function describeRedis(redis, board) {
  const [info, counts] = await Promise.all([redis.info(), board.counts()]);
  const field = (name) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
  return { version: field('valkey_version') ?? field('redis_version'), memory: field('used_memory_human'), ...counts };
}

async function timed(call) {
  const began = performance.now();
  try {
    await Promise.race([call(), new Promise((_, reject) => setTimeout(reject, 1500, new Error('no answer within 1.5 s')).unref())]);
    return { ok: true, ms: since(began) };
  } catch (error) {
    return { ok: false, error: error.message || error.code || 'unreachable' };
  }
}

function nothing() {
  return {};
}
