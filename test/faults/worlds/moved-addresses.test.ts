import { expect } from 'chai';
import { createMachine, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, serviceConfig, type TestRepository } from './repository.js';

interface Started {
  readonly projects: readonly { readonly services: readonly { readonly type: string; readonly status: string; readonly port: number }[]; readonly notes: readonly string[] }[];
}

interface Planned {
  readonly projects: readonly { readonly services: readonly { readonly type: string; readonly action: string; readonly reason?: string }[] }[];
}

interface Health {
  readonly healthy: boolean;
  readonly services: readonly { readonly name: string; readonly status: string; readonly level: string; readonly detail: string | null; readonly pid: number | null }[];
}

const stranger = (port: number): string => `import signal, socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", ${port}))
server.listen()
print("listening", flush=True)
signal.pause()
`;

/** Tells its environment. */
const teller = `require('node:http').createServer((q, r) => r.end(JSON.stringify(process.env))).listen(Number(process.env.PORT), '127.0.0.1');`;
const files = { 'backend/app.js': teller, 'frontend/app.js': teller };
const commands = { backend: 'node app.js', frontend: 'node app.js' };

/** What a service was told when it was started, once somebody else is where that leads. */
describe('an address that has moved', function () {
  this.timeout(180_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('moved');
  });
  afterEach(() => machine?.close());

  const occupy = async (port: number): Promise<void> => {
    const child = machine.spawn('python3', ['-c', stranger(port)]);
    await new Promise((resolve, reject) => {
      child.stdout!.once('data', resolve);
      child.once('close', () => reject(new Error(`nobody could listen on port ${port}`)));
    });
  };
  const told = async (port: number): Promise<Readonly<Record<string, string>>> =>
    JSON.parse(await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:${port}", timeout=10).read().decode())'`)) as Record<string, string>;
  const start = async (repository: TestRepository, ...words: string[]) => {
    const { services, notes } = ((await repository.json(...words, '--headless')) as Started).projects[0]!;
    return { ports: Object.fromEntries(services.map(({ type, port }) => [type, port])), statuses: Object.fromEntries(services.map(({ type, status }) => [type, status])), notes };
  };
  const unnumbered = (note: string): string => note.replace(/pid \d+/, 'pid N');
  const planOf = async (repository: TestRepository) => ((await repository.json('explain-startup')) as Planned).projects[0]!.services.map(({ type, action, reason }) => `${type} ${action}${reason === undefined ? '' : `: ${reason}`}`);
  const health = async (repository: TestRepository): Promise<{ readonly code: number | null } & Health> => {
    const { code, stdout } = await repository.envctl('health', '--json');
    return { code, ...(JSON.parse(stdout) as Health) };
  };
  const kill = async (pattern: RegExp): Promise<void> => {
    const pids = (await machine.census()).processes.filter(({ comm, words }) => pattern.test(`${comm} ${words}`)).map(({ pid }) => pid);
    expect(pids).not.to.deep.equal([]);
    await machine.sh(`kill -9 ${pids.join(' ')}`);
  };
  const isFree = (port: number) => until(`port ${port} is free`, async () => ((await machine.census()).listeners.includes(port) ? undefined : true));

  it('of a dependency: start replaces the service that was kept with it, and says so', async function () {
    await requireProgram(this, 'redis-server');
    const repository = await createRepository(machine, { ...files, '.envctl': serviceConfig({ backend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true']) });
    await start(repository, 'start');
    expect((await told(8000))['DATABASE_URL']).to.contain(':5432/');
    await kill(/^postgres .* -D |^redis-server/);
    await Promise.all([5432, 6379].map(isFree));
    await Promise.all([5432, 6379].map(occupy));

    expect(await planOf(repository)).to.deep.equal(['backend keep: replaced if postgres or redis moves to another port']);
    const again = await start(repository, 'start');
    expect(again.ports).to.deep.equal({ backend: 8000 });
    expect(again.statuses).to.deep.equal({ backend: 'started' });
    expect(again.notes).to.include.members(['Main Backend was replaced: it was started with port 5432 of postgres, which is on port 5433 now, port 6379 of redis, which is on port 6380 now']);
    const environment = await told(8000);
    expect(environment['DATABASE_URL']).to.contain(':5433/');
    expect(environment['REDIS_URL']).to.contain(':6380');
    expect(await health(repository)).to.include({ code: 0, healthy: true });
    expect(await planOf(repository)).to.deep.equal(['backend keep']);
  });

  it('of another service: start replaces the one that was kept with it', async () => {
    const repository = await createRepository(machine, { ...files, '.envctl': serviceConfig(commands) });
    await start(repository, 'start');
    expect((await repository.envctl('stop', 'backend')).code).to.equal(0);
    await occupy(8000);
    const again = await start(repository, 'start');
    expect(again.ports).to.deep.equal({ backend: 8001, frontend: 9000 });
    expect(again.statuses).to.deep.equal({ backend: 'started', frontend: 'started' });
    expect(again.notes.map(unnumbered)).to.deep.equal(['Main Backend has port 8001: 8000 is taken by python3 (pid N)', 'Main Frontend was replaced: it was started with port 8000 of backend, which is on port 8001 now']);
    expect((await told(9000))['VITE_BACKEND_URL']).to.equal('http://localhost:8001');
    expect(await health(repository)).to.include({ code: 0, healthy: true });
  });

  it('a restart of one service touches no other: the one that is misled is named, by health too, and replaced by the next start', async () => {
    const repository = await createRepository(machine, { ...files, '.envctl': serviceConfig({ ...commands, backend: 'node app.js of-the-backend' }) });
    await start(repository, 'start');
    await kill(/^node .*app\.js of-the-backend$/);
    await isFree(8000);
    await occupy(8000);
    const note = 'Main Frontend was started with port 8000 of Main Backend: envctl restart frontend';
    const { notes, ...restarted } = await start(repository, 'restart', 'backend');
    expect(notes.map(unnumbered)).to.deep.equal(['Main Backend has port 8001: 8000 is taken by python3 (pid N)', note]);
    expect(restarted).to.deep.equal({ ports: { backend: 8001, frontend: 9000 }, statuses: { backend: 'started', frontend: 'kept' } });
    expect((await told(9000))['VITE_BACKEND_URL']).to.equal('http://localhost:8000');
    const looked = await health(repository);
    expect(looked).to.include({ code: 1, healthy: false });
    expect(looked.services.map(({ name, status, level, detail }) => ({ name, status, level, detail }))).to.deep.equal([
      { name: 'Main Backend', status: 'running', level: 'ok', detail: null },
      { name: 'Main Frontend', status: 'outdated', level: 'warn', detail: 'it was started with port 8000 of backend, which is on port 8001 now: envctl restart frontend' },
    ]);
    // A selection that leaves it out leaves it alone.
    expect((await start(repository, 'start', 'backend')).notes).to.deep.equal([note]);
    expect(await planOf(repository)).to.deep.equal(['backend keep: replaced if frontend moves to another port', 'frontend replace: it was started with port 8000 of backend, which is on port 8001 now']);
    const resumed = await start(repository, 'resume');
    expect(resumed.statuses).to.deep.equal({ backend: 'kept', frontend: 'started' });
    expect((await told(9000))['VITE_BACKEND_URL']).to.equal('http://localhost:8001');
    expect(await health(repository)).to.include({ code: 0, healthy: true });
  });
});
