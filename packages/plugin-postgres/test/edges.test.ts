import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort, type World } from '@envctl/core/testing';
import { copyEmbedded, findEmbedded } from '../dist/server/embedded.js';
import { openWorld, query, refusal } from './world.js';

describe('Postgres at its edges', function () {
  this.timeout(180_000);
  const worlds: World[] = [];
  async function open(...options: Parameters<typeof openWorld>): Promise<World> {
    const world = await openWorld(...options);
    worlds.push(world);
    return world;
  }
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.dispose()));
  });

  it('starts over a lock file that names a stranger, and leaves the stranger alone', async () => {
    const world = await open();
    const project = world.project('Main');
    const { instance } = await world.start(project);
    await world.crash();
    // As the data user: Postgres itself passes over processes of other users.
    const user = world.dataUser;
    const stranger = spawn('sleep', ['1000'], { cwd: '/', stdio: 'ignore', ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) });
    const gone = once(stranger, 'exit');
    try {
      const lock = join(instance.directory, 'cluster', 'data', 'postmaster.pid');
      const lines = (await readFile(lock, 'utf8')).split('\n');
      await writeFile(lock, [String(stranger.pid), ...lines.slice(1)].join('\n'));
      const again = await world.start(project);
      expect(again.outcome).to.deep.equal({ status: 'ready' });
      expect(world.events.some((entry) => entry.event === 'postgres.lock.removed')).to.equal(true);
      expect(stranger.exitCode).to.equal(null);
    } finally {
      stranger.kill('SIGKILL');
      await gone;
    }
  });

  describe('below a path that a shell would change', () => {
    let safe: string;
    beforeEach(async () => {
      safe = await mkdtemp(join(tmpdir(), 'envctl-test-postgres-'));
      await chmod(safe, 0o711);
    });
    afterEach(async () => {
      await Promise.all(worlds.splice(0).map((world) => world.dispose()));
      await rm(safe, { recursive: true, force: true });
    });
    const names = ['a $HOME', 'a `id`', 'a "quote"', 'a\\b'];

    for (const name of names) {
      it(`says of programs that they cannot be run there, and what to do: ${name}`, async () => {
        const programs = join(safe, name, 'native');
        await mkdir(programs, { recursive: true });
        await copyEmbedded((await findEmbedded())!, programs, AbortSignal.timeout(60_000));
        const world = await open({ ENVCTL_POSTGRES_BIN_DIR: join(programs, 'bin') });
        const { outcome } = await world.start(world.project('Main'));
        expect(outcome).to.include({ status: 'failed', class: 'hard_start_failure', reasonCode: 'database_path_unusable' });
        expect(outcome).to.have.property('message').that.includes(join(safe, name)).and.does.not.include('\n');
      });
    }

    it('runs in a store there with programs that stand elsewhere', async () => {
      const programs = join(safe, 'native');
      await copyEmbedded((await findEmbedded())!, programs, AbortSignal.timeout(60_000));
      const world = await open({ ENVCTL_STORE_DIR: join(safe, names.join('')), ENVCTL_POSTGRES_BIN_DIR: join(programs, 'bin') });
      const { outcome, env } = await world.start(world.project('Main'));
      expect(outcome).to.deep.equal({ status: 'ready' });
      expect(await query(env['DATABASE_URL'] ?? '', 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    });

    it('runs where the path is only unusual', async () => {
      const world = await open({ ENVCTL_STORE_DIR: join(safe, "it's ä (1) & more; #2 *") });
      expect((await world.start(world.project('Main'))).outcome).to.deep.equal({ status: 'ready' });
    });
  });

  it('gives each project a server of its own with isolation=server', async () => {
    const world = await open({ ENVCTL_POSTGRES_ISOLATION: 'server' });
    const [one, two] = await Promise.all([world.start(world.project('one')), world.start(world.project('two'))]);
    expect([one.outcome.status, two.outcome.status]).to.deep.equal(['ready', 'ready']);
    expect(one.env['DB_PORT']).to.not.equal(two.env['DB_PORT']);
    expect(await refusal(one.env['DATABASE_URL'] ?? '')).to.equal('none');
  });

  it('makes the configured extensions, and names one the server does not have', async () => {
    const world = await open({ ENVCTL_POSTGRES_EXTENSIONS: 'pg_trgm, citext' });
    const { env } = await world.start(world.project('Main'));
    const rows = await query(env['DATABASE_URL'] ?? '', "select extname from pg_extension where extname <> 'plpgsql' order by 1");
    expect(rows).to.deep.equal([{ extname: 'citext' }, { extname: 'pg_trgm' }]);
    const other = await open({ ENVCTL_POSTGRES_EXTENSIONS: 'no_such_thing' });
    const { outcome } = await other.start(other.project('Main'));
    expect(outcome).to.include({ status: 'failed', class: 'hard_start_failure', reasonCode: 'database_extension_unavailable' });
    expect(JSON.stringify(outcome)).to.contain('no_such_thing');
  });

  it('removes with a role the databases it made itself', async () => {
    const world = await open();
    const main = await world.start(world.project('Main'));
    const other = await world.start(world.project('other'));
    await query(main.env['DATABASE_URL'] ?? '', 'create database made_by_app');
    await world.tearDown(world.project('Main'));
    const names = await query(other.env['DATABASE_URL'] ?? '', 'select datname from pg_database order by 1');
    expect(names.map((row) => row['datname'])).to.deep.equal(['other', 'postgres', 'template0', 'template1']);
    expect(await refusal(main.env['DATABASE_URL'] ?? '')).to.equal('28P01');
  });

  it('uses a given server as it is, and never repeats its password', async () => {
    const native = await open();
    const { env } = await native.start(native.project('Main'));
    const parts = { DB_HOST: 'localhost', DB_PORT: env['DB_PORT'] ?? '', DB_USER: env['DB_USER'] ?? '', DB_NAME: env['DB_NAME'] ?? '' };
    const given = await open({ ...parts, DB_PASSWORD: env['DB_PASSWORD'] ?? '' }, 'external');
    const attempt = await given.start(given.project('Main'));
    expect(attempt.outcome).to.deep.equal({ status: 'ready' });
    expect(attempt.env['DATABASE_URL']).to.equal(env['DATABASE_URL']);
    const wrong = await open({ ...parts, DB_PASSWORD: 'planted-secret' }, 'external');
    const refused = await wrong.start(wrong.project('Main'));
    expect(refused.outcome).to.include({ status: 'failed', class: 'hard_start_failure' });
    const silent = await open({ ENVCTL_POSTGRES_URL: `postgresql://u:planted-secret@127.0.0.1:${await freePort()}/d` }, 'external');
    const quiet = await silent.start(silent.project('Main'));
    expect(quiet.plugin.outcomes[0]).to.include({ status: 'failed', class: 'transient_probe_timeout_retryable' });
    expect(quiet.outcome.status).to.equal('failed');
    expect(JSON.stringify([refused.outcome, quiet.outcome])).to.not.contain('planted-secret');
  });

  it('says how to get a server where there is none', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'envctl-test-'));
    try {
      const world = await open({ ENVCTL_POSTGRES_BIN_DIR: empty });
      const error: unknown = await world.start(world.project('Main')).catch((caught: unknown) => caught);
      expect(error).to.include({ code: 'ENVCTL_E_DEPENDENCY_DRIVER' });
      expect((error as { readonly hints: readonly string[] }).hints.join(' ')).to.contain('npm install --include=optional @envctl/plugin-postgres');
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });
});
