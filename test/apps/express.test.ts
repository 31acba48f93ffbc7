import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import { commitApplication, createWorld, fetchJson, gitStatus, processesIn, type World } from './world.js';

const stores = `const { Pool } = require('pg');
const Redis = require('ioredis');
const app = require('./app');

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const redis = new Redis(process.env.REDIS_URL, { lazyConnect: true });

app.get('/stores', async (request, response, next) => {
  try {
    await pool.query('create table if not exists visits (id serial primary key)');
    await pool.query('insert into visits default values');
    const { rows } = await pool.query('select count(*)::int as visits from visits');
    await redis.set('visits', rows[0].visits);
    response.json({ row: rows[0].visits, key: Number(await redis.get('visits')), project: process.env.ENVCTL_PROJECT_NAME });
  } catch (error) {
    next(error);
  }
});
`;

describe('an application as express-generator makes it', function () {
  this.timeout(240_000);
  let world: World;

  before(async () => {
    world = await createWorld('express-app');
    const npm = (...args: string[]) => runOrThrow('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], { cwd: world.repository });
    await runOrThrow('npx', ['--yes', 'express-generator@4', '--no-view', world.repository], { cwd: world.directory });
    await npm('install');
    await npm('install', '--no-save', 'pg@8', 'ioredis@5');
    await commitApplication(world, {
      '.envctl': 'MAIN_POSTGRES_ENABLE=true\nMAIN_REDIS_ENABLE=true\n',
      'stores.js': stores,
      // npm hands this to the program of its own `start` script, which stays as it is.
      '.npmrc': 'node-options=--require ./stores.js\n',
    });
  });
  after(() => world.close());

  it('runs unedited with a row in Postgres and a key in Redis, and leaves nothing', async () => {
    const before = await gitStatus(world);
    const { backend, frontend } = await world.start();
    expect(frontend).to.equal(undefined);
    expect(await fetchJson(`${backend}/stores`)).to.deep.equal({ row: 1, key: 1, project: 'Main' });
    expect(await (await fetch(`${backend}/`)).text()).to.include('<h1>Express</h1>');

    await world.stopAll();
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(await gitStatus(world)).to.equal(before);
  });

  it('finds its row again after a restart of everything', async () => {
    const { backend } = await world.start();
    expect(await fetchJson(`${backend}/stores`)).to.include({ row: 2 });
    await world.stopAll();
  });
});
