import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createBoard } from './board.js';
import { migrate } from './migrations.js';
import { createHandler } from './routes.js';
import { readSettings } from './settings.js';
import { createStreams } from './streams.js';

const settings = readSettings(process.env);
const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 8, connectionTimeoutMillis: 3000 });
const redis = new Redis(settings.redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1 });
const subscriber = redis.duplicate({ maxRetriesPerRequest: null });
// A store that goes away is told by /healthz; without a listener it would end the process.
pool.on('error', (error) => console.error(`postgres: ${error.message}`));
for (const client of [redis, subscriber]) client.on('error', (error) => console.error(`redis: ${error.message}`));

const [applied] = await Promise.all([migrate(pool), redis.connect(), subscriber.connect()]);
console.log(applied.length === 0 ? 'migrations: up to date' : `migrations: applied ${applied.join(', ')}`);

const board = createBoard({ pool, redis });
const streams = createStreams(subscriber);
await streams.start();
const server = createServer(createHandler({ pool, redis, board, streams, project: settings.project }));
server.listen(settings.port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${settings.port}`));
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

let stopping = false;

/** Answers what was asked, takes no more, gives the connections back. The process ends when nothing is left. */
async function shutDown(signal) {
  // The signal can come twice: to the process group, and once more from a package manager that hands it on.
  if (stopping) return;
  stopping = true;
  console.log(`${signal}: shutting down`);
  setTimeout(() => process.exit(1), 5000).unref();
  streams.close();
  await new Promise((resolve) => server.close(resolve));
  await Promise.allSettled([pool.end(), redis.quit(), subscriber.quit()]);
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, shutDown);
