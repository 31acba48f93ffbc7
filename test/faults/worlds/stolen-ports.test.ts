import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Finished } from '../../packaging/run.js';
import { createMachine, nothing, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';

const thief = (port: number, address: string): string => `import signal, socket
server = socket.socket(socket.AF_INET6 if ":" in "${address}" else socket.AF_INET)
server.bind(("${address}", ${port}))
server.listen()
print("listening", flush=True)
signal.pause()
`;

interface Started {
  readonly projects: readonly { readonly services: readonly { readonly type: string; readonly url: string }[] }[];
}

/** A foreign listener takes the port while the command stands between its lease and the launch. */
describe('a port stolen between lease and bind', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('stolen');
  });
  afterEach(() => machine?.close());

  /** `envctl start`, paused at the n-th spawn; `port` is taken there. */
  const startWithThief = async (repository: TestRepository, spawn: number, port: number, address = '0.0.0.0'): Promise<Finished> => {
    const file = path.join(machine.directory, 'paused');
    const started = repository.envctlWith({ env: { ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `pause:process.spawn.before-effect@${spawn}:${file}` } }, 'start', '--headless', '--json');
    await until('the command pauses', () => existsSync(file) || undefined);
    const stranger = machine.spawn('python3', ['-c', thief(port, address)]);
    await new Promise((resolve) => stranger.stdout!.once('data', resolve));
    await writeFile(`${file}.go`, '');
    return started;
  };
  const urlOf = ({ code, stdout, stderr }: Finished, type: string): string => {
    expect(code, stdout + stderr).to.equal(0);
    return (JSON.parse(stdout) as Started).projects[0]!.services.find((service) => service.type === type)!.url;
  };
  const expectOnlyThief = async (port: number): Promise<void> => {
    const { processes, ...rest } = await machine.census();
    expect(processes.map(({ comm }) => comm)).to.deep.equal(['python3']);
    expect({ ...rest, processes: [] }).to.deep.equal({ ...nothing, listeners: [port] });
  };

  it('moves a service that fails on it to the next port', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }) });
    const started = await startWithThief(repository, 1, 8000);
    expect(urlOf(started, 'backend')).to.equal('http://localhost:8001');
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    await expectOnlyThief(8000);
  });

  /** Like a dev server that is not strict about its port. */
  const mover = `const server = require('node:http').createServer((request, response) => response.end('moved'));
let port = Number(process.env.PORT);
server.on('error', () => server.listen(++port, '127.0.0.1')).listen(port, '127.0.0.1');
`;
  const told = async (url: string): Promise<string> =>
    (await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("${url.replace('localhost', '127.0.0.1')}", timeout=10).read().decode())'`)).trim();
  const notesOf = ({ stdout }: Finished): readonly string[] => (JSON.parse(stdout) as { projects: readonly { notes: readonly string[] }[] }).projects[0]!.notes;
  const teller = `require('node:http').createServer((q, r) => r.end(process.env.VITE_BACKEND_URL)).listen(Number(process.env.PORT), '127.0.0.1');`;

  it('follows a service that moves by itself, with lease, URL and events, and says so', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': mover, '.envctl': serviceConfig({ backend: 'node app.js' }) });
    const started = await startWithThief(repository, 1, 8000);
    const url = urlOf(started, 'backend');
    expect(url).to.equal('http://localhost:8001');
    expect(await told(url)).to.equal('moved');
    expect(notesOf(started)).to.include('Main Backend moved from port 8000 to 8001');
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await machine.census()).leases).to.include(8001);
    const events = await machine.sh(`cat ${machine.runtimeRoot}/engine/*/runs/*/events.jsonl`);
    expect(events).to.match(/service\.bind\.actual\.discovered.*"discovered_port":8001/);
    expect(events).to.match(/port\.rebound.*"port":8001/);
    // Its own processes still count as its own when it stops.
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    await expectOnlyThief(8000);
  });

  it('tells a service that waits for it where it moved to', async () => {
    const repository = await createRepository(machine, {
      'backend/app.js': mover,
      'frontend/app.js': teller,
      '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }, ['ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=backend']),
    });
    const started = await startWithThief(repository, 1, 8000);
    expect(await told(urlOf(started, 'frontend'))).to.equal('http://localhost:8001');
    expect(notesOf(started)).to.deep.equal(['Main Backend moved from port 8000 to 8001']);
  });

  it('says how to restart a service that was started with the old port', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': mover, 'frontend/app.js': teller, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }) });
    const started = await startWithThief(repository, 1, 8000);
    expect(await told(urlOf(started, 'frontend'))).to.equal('http://localhost:8000');
    expect(notesOf(started)).to.deep.equal(['Main Backend moved from port 8000 to 8001', 'Main Frontend was started with port 8000 of Main Backend: envctl restart frontend']);
    const restarted = await repository.envctl('restart', 'frontend', '--headless', '--json');
    expect(await told(urlOf(restarted, 'frontend'))).to.equal('http://localhost:8001');
  });

  it('tells the other service of the new port', async () => {
    const repository = await createRepository(machine, { 'backend/app.js': nodeServer, 'frontend/app.js': teller, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }) });
    const started = await startWithThief(repository, 1, 8000);
    const frontend = urlOf(started, 'frontend');
    const told = await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("${frontend.replace('localhost', '127.0.0.1')}", timeout=10).read().decode())'`);
    expect(told.trim()).to.equal(urlOf(started, 'backend'));
  });

  it('never takes a stranger on the port for the service, and leaves nothing', async () => {
    // It does not notice that its port is gone: it listens elsewhere.
    const repository = await createRepository(machine, {
      'backend/app.js': `require('node:http').createServer((q, r) => r.end()).listen(0, '127.0.0.1');`,
      '.envctl': serviceConfig({ backend: 'node app.js' }, ['ENVCTL_BACKEND_READY_TIMEOUT=6']),
    });
    const { code, stderr } = await startWithThief(repository, 1, 8000);
    expect(code).to.equal(1);
    expect(stderr).to.match(/does not listen on port 8000 after 6 s, but on \d+/);
    await expectOnlyThief(8000);
  });

  it('moves Redis to the next port', async function () {
    await requireProgram(this, 'redis-server');
    const repository = await createRepository(machine, { 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_REDIS_ENABLE=true']) });
    const { code, stdout, stderr } = await startWithThief(repository, 1, 6379);
    expect(code, stdout + stderr).to.equal(0);
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await machine.census()).listeners).to.include.members([6379, 6380]);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    await expectOnlyThief(6379);
  });

  for (const address of ['0.0.0.0', '::1']) {
    it(`moves Postgres to the next port when the stranger is on ${address}`, async () => {
      const repository = await createRepository(machine, { 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true']) });
      // The first process is initdb.
      const { code, stdout, stderr } = await startWithThief(repository, 2, 5432, address);
      expect(code, stdout + stderr).to.equal(0);
      expect(await repository.json('health')).to.include({ healthy: true });
      expect((await machine.census()).listeners).to.include.members([5432, 5433]);
      expect((await repository.envctl('stop-all')).code).to.equal(0);
      await expectOnlyThief(5432);
    });
  }
});
