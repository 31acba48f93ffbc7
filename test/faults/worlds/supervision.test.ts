import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, until, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';

interface Health {
  readonly healthy: boolean;
  readonly services: readonly { readonly name: string; readonly status: string; readonly detail: string | null; readonly restarts: number; readonly last_exit: { readonly code: number; readonly signal: string | null; readonly at: string } | null }[];
}

/** What the runner does for a service while no command is there, seen from outside. */
describe('a service on its own', function () {
  this.timeout(180_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('supervision');
  });
  afterEach(() => machine?.close());

  const health = async (repository: TestRepository): Promise<Health> => JSON.parse((await repository.envctl('health', '--json')).stdout) as Health;
  const start = async (files: Readonly<Record<string, string>>): Promise<TestRepository> => {
    const repository = await createRepository(machine, files);
    await repository.json('start', '--headless');
    return repository;
  };
  const stopAll = async (repository: TestRepository): Promise<void> => {
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  };
  const logOf = async (repository: TestRepository): Promise<string> => {
    const { state } = (await repository.json('show-state')) as { state: { services: Readonly<Record<string, { log_path: string }>> } };
    return state.services['Main Backend']!.log_path;
  };

  it('is orphaned when its command is killed and what that had started still listens; the pid is of what listens, a start replaces it', async () => {
    const repository = await start({ 'backend/app.js': nodeServer, 'backend/package.json': '{ "scripts": { "dev": "node app.js" } }', '.envctl': serviceConfig({ backend: 'npm run dev' }) });
    const serving = async (): Promise<number> => Number(await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000", timeout=10).read().decode())'`));
    const server = await serving();
    const { state } = (await repository.json('show-state')) as { state: { services: Readonly<Record<string, { pid: number }>> } };
    const { pid } = state.services['Main Backend']!;
    expect(pid).not.to.equal(server);
    await machine.sh(`kill -9 ${pid}`);
    await until('the end is seen', async () => (await health(repository)).services[0]!.last_exit ?? undefined);
    expect(await serving()).to.equal(server);
    const { code, stdout } = await repository.envctl('health', '--json');
    const { healthy, services } = JSON.parse(stdout) as Health;
    expect({ code, healthy }).to.deep.equal({ code: 1, healthy: false });
    expect(services[0]).to.deep.include({ status: 'orphaned', level: 'warn', pid: server });
    expect(services[0]!.detail).to.match(new RegExp(`^its command \\(pid ${pid}\\) was ended by SIGKILL at 20.*; pid ${server} of it still listens on port 8000$`));
    await repository.json('start', '--headless');
    expect(await serving()).not.to.equal(server);
    expect(await health(repository)).to.include({ healthy: true });
    expect((await machine.census()).processes.map((process) => process.pid)).not.to.include(server);
    await stopAll(repository);
  });

  it('is one process however many commands restart it at once', async () => {
    const repository = await start({ 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }) });
    const ended = await Promise.all(Array.from({ length: 4 }, () => repository.envctl('restart', 'backend', '--headless')));
    expect(ended.map(({ code }) => code)).to.deep.equal([0, 0, 0, 0]);
    const { processes, listeners, launches } = await machine.census();
    expect(processes.filter(({ words }) => words === 'node app.js')).to.have.lengthOf(1);
    expect([listeners.length, launches.length]).to.deep.equal([1, 1]);
    expect(await health(repository)).to.include({ healthy: true });
    await stopAll(repository);
  });

  it('is started again when it is killed while nobody is there, and what was asked of it is told', async () => {
    const app = `require('node:fs').appendFileSync(__dirname + '/begun', process.pid + '\\n');\n${nodeServer}`;
    const repository = await start({ 'backend/app.js': app, '.envctl': serviceConfig({ backend: 'node app.js' }, ['ENVCTL_SERVICE_BACKEND_RESTART=on-failure', 'ENVCTL_SERVICE_BACKEND_RESTART_BACKOFF=10ms']) });
    const begun = (): readonly string[] => readFileSync(path.join(repository.root, 'backend/begun'), 'utf8').trim().split('\n');
    await machine.sh(`kill -KILL $(pgrep -fx 'node app.js')`);
    await until('it runs again', async () => (begun().length === 2 && (await machine.census()).listeners.length === 1) || undefined);
    const { healthy, services } = await health(repository);
    expect(healthy).to.equal(true);
    expect(services[0]).to.deep.include({ status: 'running', restarts: 1 });
    expect(services[0]!.detail).to.match(/^restarted once, last was ended by SIGKILL at 20/);
    expect(services[0]!.last_exit).to.include({ code: 137, signal: 'SIGKILL' });
    const { ends } = (await repository.json('show-state')) as { ends: Readonly<Record<string, unknown>> };
    expect(ends['Main Backend']).to.deep.equal({ restarts: 1, last_exit: services[0]!.last_exit });
    await stopAll(repository);
    expect(begun()).to.have.lengthOf(2);
  });

  it('that never gets ready ends in exactly as many launches as were allowed', async () => {
    const repository = await createRepository(machine, {
      'backend/app.sh': '#!/bin/sh\necho run >>begun\necho "Error: no such table" >&2\nexit 4\n',
      '.envctl': serviceConfig({ backend: './app.sh' }, ['ENVCTL_SERVICE_BACKEND_RESTART=always', 'ENVCTL_SERVICE_BACKEND_RESTART_MAX=3', 'ENVCTL_SERVICE_BACKEND_RESTART_BACKOFF=10ms']),
    });
    const { code, stderr } = await repository.envctl('start', '--headless');
    expect(code).to.equal(1);
    expect(stderr).to.match(/Main Backend restarted 3 times, last exited with code 4 at 20.*log: Error: no such table/s);
    expect(readFileSync(path.join(repository.root, 'backend/begun'), 'utf8')).to.equal('run\n'.repeat(4));
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('that is stopped while it waits to be started again stays stopped, at once', async () => {
    const repository = await start({
      'backend/app.js': nodeServer,
      '.envctl': serviceConfig({ backend: 'node app.js' }, ['ENVCTL_SERVICE_BACKEND_RESTART=always', 'ENVCTL_SERVICE_BACKEND_RESTART_BACKOFF=10m', 'ENVCTL_SERVICE_BACKEND_STOP_TIMEOUT=10m']),
    });
    await machine.sh(`kill -KILL $(pgrep -fx 'node app.js')`);
    await until('it waits', async () => (await health(repository)).services[0]!.detail?.includes('waits for restart 1 of 5') || undefined);
    expect((await health(repository)).services[0]!.status).to.equal('starting');
    // Its patience is longer than the test's.
    await stopAll(repository);
  });

  it('ends by the signal it wants', async () => {
    const app = '#!/bin/sh\ntrap "echo INT >told; exit 0" INT\ntrap "echo TERM >told" TERM\necho "listening now"\nwhile :; do sleep 0.05; done\n';
    const repository = await start({
      'work/app.sh': app,
      '.envctl': serviceConfig({}, ['ENVCTL_ADDITIONAL_SERVICES=work', 'ENVCTL_SERVICE_WORK_KIND=worker', 'ENVCTL_SERVICE_WORK_START_CMD=./app.sh', 'ENVCTL_SERVICE_WORK_STOP_SIGNAL=SIGINT', 'ENVCTL_SERVICE_WORK_STOP_TIMEOUT=10m', 'ENVCTL_SERVICE_WORK_READY_LOG=^listening']),
    });
    await stopAll(repository);
    expect(readFileSync(path.join(repository.root, 'work/told'), 'utf8')).to.equal('INT\n');
  });

  it('leaves nothing of the command that was to say whether it is ready', async () => {
    const asked = '#!/bin/sh\necho asked >>asked\nsetsid sleep 90020 &\nsleep 90021 &\n[ "$(wc -l <asked)" -ge 3 ] || { echo "not yet" >&2; exit 1; }\n';
    const repository = await start({
      'work/ready.sh': asked,
      '.envctl': serviceConfig({}, ['ENVCTL_ADDITIONAL_SERVICES=work', 'ENVCTL_SERVICE_WORK_KIND=worker', 'ENVCTL_SERVICE_WORK_START_CMD=sleep 90022', 'ENVCTL_SERVICE_WORK_READY_CMD=./ready.sh']),
    });
    const { processes, launches } = await machine.census();
    expect(processes.filter(({ comm }) => comm === 'sleep').map(({ words }) => words)).to.deep.equal(['sleep 90022']);
    expect(launches).to.have.lengthOf(1);
    expect(readFileSync(path.join(repository.root, 'work/asked'), 'utf8')).to.equal('asked\n'.repeat(3));
    await stopAll(repository);
  });

  it('has a bounded log in which no line is lost or split, though several of its processes write without a pause', async () => {
    const writer = `const fs = require('node:fs');
      for (let n = 0; n < 150000; n += 1) fs.writeSync(1, process.argv[2] + ' ' + n + ' ' + 'x'.repeat(n % 160) + '.\\n');`;
    const app = `${nodeServer}for (const name of ['a', 'b', 'c']) require('node:child_process').spawn(process.execPath, [__dirname + '/writer.js', name], { stdio: 'inherit' }).on('exit', () => require('node:fs').appendFileSync(__dirname + '/done', name));`;
    const repository = await start({ 'backend/app.js': app, 'backend/writer.js': writer, '.envctl': serviceConfig({ backend: 'node app.js' }) });
    const log = await logOf(repository);
    const done = path.join(repository.root, 'backend/done');
    await until('all is written', () => (existsSync(done) && readFileSync(done, 'utf8').length === 3) || undefined);
    // What is still in the pipe.
    await until('all is in the log', async () => (await machine.sh(`tail -n 1 ${log}`)).includes(' 149999 ') || undefined);
    const files = await Promise.all([`${log}.1`, log].map((file) => readFile(file, 'utf8')));
    for (const text of files) {
      expect(text.length).to.be.lessThan(18 * 1024 * 1024);
      expect(text.endsWith('\n')).to.equal(true);
    }
    const last = new Map<string, number>();
    for (const line of files.join('').split('\n').slice(0, -1)) {
      const [name = '', number = ''] = line.split(' ');
      if (line !== `${name} ${number} ${'x'.repeat(Number(number) % 160)}.`) throw new Error(`a split line: ${line}`);
      const before = last.get(name);
      if (before !== undefined && Number(number) !== before + 1) throw new Error(`a gap after ${name} ${before}: ${line}`);
      last.set(name, Number(number));
    }
    expect([...new Set(last.values())]).to.deep.equal([149_999]);
    await stopAll(repository);
  });
});
