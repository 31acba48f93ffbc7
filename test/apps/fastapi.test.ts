import path from 'node:path';
import { expect } from 'chai';
import { run, runOrThrow } from '../packaging/run.js';
import { addFile, commitApplication, createWorld, fetchJson, gitStatus, processesIn, type World } from './world.js';

const stores = `import os
import psycopg
import redis
from main import app

cache = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.get("/stores")
def stores():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists visits (id serial primary key)")
        connection.execute("insert into visits default values")
        visits = connection.execute("select count(*) from visits").fetchone()[0]
    cache.set("visits", visits)
    return {"row": visits, "key": int(cache.get("visits")), "project": os.environ["ENVCTL_PROJECT_NAME"]}
`;

describe('an application as fastapi-new makes it', function () {
  this.timeout(240_000);
  let world: World;

  before(async function () {
    if ((await run('python3', ['-c', 'import ensurepip, venv'], { cwd: '/' }).catch(() => ({ code: 1 }))).code !== 0) {
      this.test!.title += ' skipped: python3 has no venv here: Debian has it as python3-venv';
      this.skip();
    }
    world = await createWorld('fastapi-app');
    // The generator drives uv, which is looked for on PATH; both are Python packages.
    const tools = path.join(world.directory, 'tools');
    const env = { PATH: `${tools}/bin:${process.env['PATH']}` };
    await runOrThrow('python3', ['-m', 'venv', tools], { cwd: world.directory });
    await runOrThrow(`${tools}/bin/pip`, ['install', '--quiet', 'fastapi-new', 'uv'], { cwd: world.directory });
    await runOrThrow(`${tools}/bin/fastapi-new`, ['fastapi-app'], { cwd: world.directory, env });
    await runOrThrow(`${tools}/bin/uv`, ['pip', 'install', '--quiet', 'psycopg[binary]', 'redis'], { cwd: world.repository, env });
    await commitApplication(world, { '.envctl': 'MAIN_POSTGRES_ENABLE=true\nMAIN_REDIS_ENABLE=true\n' });
  });
  after(() => world?.close());

  it('runs unedited, with what it was generated with', async () => {
    const before = await gitStatus(world);
    const { backend } = await world.start();
    expect(await fetchJson(`${backend}/`)).to.deep.equal({ message: 'Hello World' });
    await world.stopAll();
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(await gitStatus(world)).to.equal(before);
  });

  it('writes and reads a row and a key by a route in a file that was added', async () => {
    await addFile(world, 'app/main.py', stores);
    const { backend } = await world.start();
    expect(await fetchJson(`${backend}/stores`)).to.deep.equal({ row: 1, key: 1, project: 'Main' });
    expect(await fetchJson(`${backend}/`)).to.deep.equal({ message: 'Hello World' });
    await world.stopAll();
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(await gitStatus(world)).to.equal('?? .envctl\n?? app/main.py\n');
  });
});
