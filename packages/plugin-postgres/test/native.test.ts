import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { World } from '@envctl/core/testing';
import { openWorld, query, refusal } from './world.js';

describe('the native Postgres driver', function () {
  this.timeout(180_000);
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(async () => {
    await world.dispose();
  });

  it('brings a server, a database and a role up, and an application can use them', async () => {
    const attempt = await world.start(world.project('Main'));
    expect(attempt.outcome).to.deep.equal({ status: 'ready' });
    const url = attempt.env['DATABASE_URL'] ?? '';
    expect(url).to.match(/^postgresql:\/\/main:[0-9a-f]{32}@localhost:\d+\/main$/);
    await query(url, 'create table notes (id serial primary key, body text)');
    await query(url, "insert into notes (body) values ('Grüße')");
    expect(await query(url, 'select upper(body) as body from notes')).to.deep.equal([{ body: 'GRÜSSE'.replace('SS', 'ß') }]);
    expect(await world.probe(world.project('Main'))).to.deep.equal({ status: 'ready' });
    // As initdb chooses them for a server, whatever was enough for its own work; and each once.
    const settings = await readFile(join(attempt.instance.directory, 'cluster/data/postgresql.conf'), 'utf8');
    expect(settings.match(/^(?:shared_buffers|max_connections) = \w+/gm)).to.have.members(['max_connections = 100', 'shared_buffers = 128MB']);
    expect(await query(url, 'show shared_buffers')).to.deep.equal([{ shared_buffers: '128MB' }]);
  });

  it('adopts the running server in a later command and gives the same variables', async () => {
    const first = await world.start(world.project('Main'));
    expect(first.outcome.status).to.equal('adopted');
    const second = await world.start(world.project('Main'));
    expect(second.env).to.deep.equal(first.env);
  });

  it('keeps projects apart: each its own database, and no way into the other or the superuser\'s', async () => {
    const [main, other] = await Promise.all([world.start(world.project('Main')), world.start(world.project('feature-1'))]);
    expect(other.env['DB_PORT']).to.equal(main.env['DB_PORT']);
    expect(other.env['DB_NAME']).to.equal('feature_1');
    const url = (database: string): string => (other.env['DATABASE_URL'] ?? '').replace(/\/[^/]*$/, `/${database}`);
    expect(await refusal(url('feature_1'))).to.equal('none');
    expect(await refusal(url('main'))).to.equal('42501');
    expect(await refusal(url('postgres'))).to.equal('42501');
    expect(await refusal(url('template1'))).to.equal('42501');
    expect(await refusal((main.env['DATABASE_URL'] ?? '').replace(/:[0-9a-f]{32}@/, ':wrong@'))).to.equal('28P01');
  });

  it('lets a project make databases, and closes them to the others', async () => {
    const main = await world.start(world.project('Main'));
    const other = await world.start(world.project('feature-1'));
    await query(main.env['DATABASE_URL'] ?? '', 'create database app_test');
    await world.start(world.project('feature-1'));
    const url = (env: Readonly<Record<string, string>>): string => (env['DATABASE_URL'] ?? '').replace(/\/[^/]*$/, '/app_test');
    expect(await refusal(url(main.env))).to.equal('none');
    expect(await refusal(url(other.env))).to.equal('42501');
  });

  it('starts again after the server was killed, on the data it had', async () => {
    const before = await world.start(world.project('Main'));
    await query(before.env['DATABASE_URL'] ?? '', 'create table kept (n int); insert into kept values (7)');
    await world.crash();
    expect((await world.probe(world.project('Main'))).status).to.equal('failed');
    const again = await world.start(world.project('Main'));
    expect(again.outcome.status).to.equal('ready');
    expect(await query(again.env['DATABASE_URL'] ?? '', 'select n from kept')).to.deep.equal([{ n: 7 }]);
  });
});
