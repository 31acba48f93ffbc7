import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig } from './repository.js';

const pg = fileURLToPath(new URL('../../../node_modules/pg', import.meta.url));

const application = `const { Pool } = require(${JSON.stringify(pg)});
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 8 });
pool.on('error', () => {});
const ready = pool.query('create table if not exists rows (id serial primary key)');
require('node:http').createServer(async (request, response) => {
  try {
    await ready;
    if (request.url === '/add') await pool.query('insert into rows default values');
    const { rows } = await pool.query('select count(*)::int as rows from rows');
    response.end(JSON.stringify({ rows: rows[0].rows, pid: process.pid }));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** Adds rows from eight clients until twenty calls in a row fail; prints how many were acknowledged. */
const load = `let added = 0, failed = 0;
async function client() {
  while (failed < 20) {
    const answer = await fetch('http://127.0.0.1:8000/add').catch(() => undefined);
    if (answer?.ok) { added += 1; failed = 0; if (added === 50) console.log('warm'); } else failed += 1;
    await answer?.text();
  }
}
await Promise.all(Array.from({ length: 8 }, client));
console.log(added);
`;

describe('a database server that is killed under load', function () {
  this.timeout(180_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
    await requireProgram(this, 'redis-server');
    machine = await createMachine('database');
  });
  after(() => machine?.close());

  it('is called unreachable, comes back with resume and every acknowledged row, and the application goes on', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': application, '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true']) });
    await repository.json('start', '--headless');
    const ask = async (): Promise<{ rows: number; pid: number }> =>
      JSON.parse(await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000/", timeout=20).read().decode())'`)) as { rows: number; pid: number };
    const before = await ask();

    const loader = machine.spawn(process.execPath, ['--input-type=module', '-e', load]);
    let said = '';
    loader.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
    const over = new Promise((resolve) => loader.once('close', resolve));
    await until('rows are added', () => said.includes('warm') || undefined);
    // A process that the server has just forked still has its name.
    const servers = await until('each server is one process', async () => {
      const found = (await machine.census()).processes.filter(({ comm, words }) => (comm === 'postgres' && words.includes(' -D ')) || comm === 'redis-server');
      return found.length === 2 ? found : undefined;
    });
    await machine.sh(`kill -9 ${servers.map(({ pid }) => pid).join(' ')}`);
    await over;
    const added = Number(said.trim().split('\n').at(-1));

    const health = await repository.envctl('health', '--json');
    expect(health.code).to.equal(1);
    const { dependencies, services } = JSON.parse(health.stdout) as { dependencies: { component: string; status: string }[]; services: { status: string }[] };
    expect(dependencies.map(({ component, status }) => `${component} ${status}`)).to.have.members(['postgres unreachable', 'redis unreachable']);
    expect(services.map(({ status }) => status)).to.deep.equal(['running']);

    const resumed = await repository.envctl('resume');
    expect(resumed.code, resumed.stderr).to.equal(0);
    const health2 = await repository.envctl('health', '--json');
    expect(health2.code, health2.stdout).to.equal(0);
    const after = await ask();
    expect(after.pid).to.equal(before.pid);
    expect(after.rows).to.be.at.least(before.rows + added);

    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});

describe('an initdb that outlives the start it belongs to', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
    machine = await createMachine('initdb');
  });
  after(() => machine?.close());

  it('is ended by the next start before what it was writing is cleared away', async () => {
    const programs = path.join(machine.directory, 'programs');
    const repository = await createRepository(machine, {
      'backend/app.js': nodeServer,
      '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true', `ENVCTL_POSTGRES_BIN_DIR=${programs}`]),
    });
    const write = async (name: string, text: string): Promise<void> => {
      await writeFile(path.join(programs, name), `#!/bin/sh\n${text}\n`);
      await chmod(path.join(programs, name), 0o755);
    };
    await mkdir(programs);
    await write('postgres', 'exit 1');
    // initdb --pgdata <directory>
    await write('initdb', 'mkdir -p "$2/global"; i=0; while test $i -lt 3000000; do : >"$2/global/$i"; i=$((i + 1)); done');

    const starting = machine.spawn(process.execPath, [repository.bin, 'start', '--headless', '--repo', repository.root]);
    const over = new Promise((resolve) => starting.once('close', resolve));
    const find = async (words: RegExp) => (await machine.census()).processes.filter((candidate) => words.test(candidate.words));
    const [command] = await until('initdb writes', async () => ((await machine.sh(`find ${machine.storeRoot} -path '*/global/9' -print -quit 2>/dev/null || true`)) === '' ? undefined : await find(/run\.js start/)));
    await machine.sh(`kill -9 ${command!.pid}`);
    await over;
    expect(await find(/initdb --pgdata/)).not.to.deep.equal([]);

    await write('initdb', 'echo no luck; exit 1');
    const { code, stderr } = await repository.envctl('start', '--headless');
    expect({ code, told: /initdb ended with code 1: no luck/.test(stderr) }, stderr).to.deep.equal({ code: 1, told: true });
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});

describe('a removal of data that was killed', function () {
  this.timeout(180_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
    machine = await createMachine('removal');
  });
  after(() => machine?.close());

  it('leaves no half of a cluster where a start would look for a whole one', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': application, '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true']) });
    await repository.json('start', '--headless');
    await repository.json('stop-all');
    const file = path.join(machine.directory, 'stopped');
    const removing = repository.envctlWith({ env: { ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `stop:instance.data.after-effect@1:${file}` } }, 'stop-all', '--remove-volumes');
    await until('the command stops', () => existsSync(file) || undefined);
    const inStore = async (): Promise<string[]> => (await machine.sh(`find ${machine.storeRoot} -mindepth 2 -maxdepth 2 -type d -printf '%f\\n'`)).split('\n').map((name) => name.replace(/^\.envctl-tmp-.*-postgres$/, 'temporary'));
    expect(await inStore()).to.include('temporary').and.not.include('postgres');
    const [command] = (await machine.census()).processes;
    await machine.sh(`kill -9 ${command!.pid}`);
    await removing;

    await repository.json('start', '--headless');
    await repository.json('stop-all', '--remove-volumes');
    expect(await inStore()).to.not.include('temporary').and.not.include('postgres');
    expect(await machine.census()).to.deep.equal(nothing);
  });
});
