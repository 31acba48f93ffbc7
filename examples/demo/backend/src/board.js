const cacheKey = 'board:newest';
const cacheSeconds = 20;
const hitsKey = 'board:hits';
const missesKey = 'board:misses';
export const channel = 'board:changes';

/** The notes: Postgres keeps them, Redis saves reading them again. A Redis that is away costs speed, nothing else. */
export function createBoard({ pool, redis }) {
  return {
    async newest() {
      const began = performance.now();
      const cached = await redis.get(cacheKey).catch(() => null);
      if (cached !== null) {
        redis.incr(hitsKey).catch(ignore);
        return { notes: JSON.parse(cached), source: 'redis', ms: since(began) };
      }
      const { rows } = await pool.query('select id, author, body, color, hearts, created_at as "createdAt" from notes order by created_at desc, id desc limit 60');
      const ms = since(began);
      redis.multi().set(cacheKey, JSON.stringify(rows), 'EX', cacheSeconds).incr(missesKey).exec().catch(ignore);
      return { notes: rows, source: 'postgres', ms };
    },

    async pin({ author, body, color }) {
      const { rows } = await pool.query('insert into notes (author, body, color) values ($1, $2, $3) returning id', [author, body, color]);
      await changed(redis);
      return rows[0].id;
    },

    /** False when there is no such note. */
    async heart(id) {
      const { rowCount } = await pool.query('update notes set hearts = hearts + 1 where id = $1', [id]);
      if (rowCount > 0) await changed(redis);
      return rowCount > 0;
    },

    async forgetCache() {
      await redis.del(cacheKey);
    },

    async counts() {
      const [hits, misses, ttl] = await Promise.all([redis.get(hitsKey), redis.get(missesKey), redis.ttl(cacheKey)]);
      return { hits: Number(hits ?? 0), misses: Number(misses ?? 0), ttl: Math.max(ttl, 0) };
    },
  };
}

async function changed(redis) {
  await redis.del(cacheKey).catch(ignore);
  await redis.publish(channel, 'changed').catch(ignore);
}

export function since(began) {
  return Math.round((performance.now() - began) * 100) / 100;
}

function ignore() {}
