import { readdirSync, rmSync, statSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, requireProgram, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';
import { expectNoStack } from './verdict.js';

/** Ways a file is damaged; each kind of file meets several. */
const damages: Readonly<Record<string, (file: string) => void>> = {
  emptied: (file) => writeFileSync(file, ''),
  'cut in half': (file) => writeFileSync(file, readFileSync(file).subarray(0, Math.floor(statSync(file).size / 2))),
  overwritten: (file) => writeFileSync(file, Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a, 0x7b, 0x22, 0xc3, 0x28])),
  'another document': (file) => writeFileSync(file, '{"version": 0, "entries": {"a": null}, "services": [1], "kind": 7}\n'),
  'a list': (file) => writeFileSync(file, '[null]\n'),
  'a directory': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};

/** Relative to the runtime root. */
const kinds: readonly { readonly what: string; readonly pattern: RegExp; readonly except?: string }[] = [
  { what: 'every state', pattern: /run_state\.json$/ },
  { what: 'the runtime map', pattern: /runtime_map\.json$/ },
  { what: 'the pointers', pattern: /^engine\/[^/]+\/\.?[^/]*(last|latest|pointer)[^/]*$/ },
  { what: 'the run index', pattern: /^engine\/[^/]+\/[^/]*index[^/]*$/ },
  { what: 'the ledger entries', pattern: /\/ledger\/[^/]+\.json$/ },
  { what: 'the locks', pattern: /\/locks\//, except: 'a directory' },
  { what: 'the leases', pattern: /^leases\// },
  { what: 'the instance records', pattern: /\/instances\/[^/]+\.json$/ },
  { what: 'the launch records', pattern: /\/launch\.json$/ },
  { what: 'the journals', pattern: /\/journal$/ },
  { what: 'everything that envctl wrote but the launch records', pattern: /^(?!.*\/(launch\.json|runner\.sh|journal|environment)$).*(json|jsonl|\/locks\/.*)$/ },
  { what: 'the launch records and their copies', pattern: /\/launch(-copy)?\.json$/ },
];

describe('files of envctl that are damaged', function () {
  this.timeout(300_000);
  let machine: Machine;
  let repository: TestRepository;
  before(async function () {
    await requireNamespaces(this);
    await requireProgram(this, 'redis-server');
  });
  beforeEach(async () => {
    machine = await createMachine('damage');
    repository = await createRepository(machine, { 'backend/app.js': nodeServer, 'frontend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }, ['MAIN_REDIS_ENABLE=true']) });
  });
  afterEach(() => machine?.close());

  const filesOf = (pattern: RegExp): readonly string[] => {
    const below = (root: string, prefix: string): string[] =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && pattern.test(prefix + path.relative(root, path.join(entry.parentPath, entry.name))))
        .map((entry) => path.join(entry.parentPath, entry.name));
    return [...below(machine.runtimeRoot, ''), ...(pattern.test('x/launch.json') || pattern.test('x/journal') ? below(machine.storeRoot, 'store/') : [])];
  };

  const looks = [['health', '--json'], ['show-state', '--json'], ['endpoints'], ['logs'], ['errors', '--json'], ['list-targets'], ['explain-startup', '--json'], ['resume'], ['start', '--headless'], ['stop', 'backend'], ['restart', 'frontend'], ['show-config', '--json']];

  for (const [row, { what, pattern, except }] of kinds.entries()) {
    it(`${what}: every command works or says so in one error, and stop-all ends everything`, async () => {
      await repository.json('start', '--headless');
      const names = Object.keys(damages).filter((name) => name !== except);
      // Two ways for each kind, so that all ways meet some kind and every second start is one on damaged files.
      for (const offset of [0, 1]) {
        const name = names[(row + offset * 3) % names.length]!;
        const files = filesOf(pattern);
        expect(files, what).not.to.deep.equal([]);
        for (const file of files) damages[name]!(file);
        for (const words of [looks[(row + offset) % looks.length]!, looks[(row * 3 + offset * 5 + 7) % looks.length]!]) {
          const finished = await repository.envctl(...words);
          expectNoStack(finished);
          const { listeners } = await machine.census();
          // One of each: nothing runs twice, whatever the command could read.
          expect(listeners, `${name}: ${words.join(' ')}: ${finished.stderr}`).to.have.length.at.most(3);
          if (finished.code === 0 && words[0] === 'stop') expect(listeners, `${name}: ${words.join(' ')}`).not.to.include(8000);
          if (finished.code === 1 && words.at(-1) !== '--json' && !['health', 'endpoints', 'show-state'].includes(words[0]!)) expect(finished.stderr.split('\n').filter((line) => line.startsWith('Error: ')), `${name}: ${words.join(' ')}: ${finished.stderr}`).to.have.length(1);
        }
        expectNoStack(await repository.envctl('stop-all'));
        const census = await machine.census();
        expect({ processes: census.processes, listeners: census.listeners }, `${what}, ${name}: after stop-all`).to.deep.equal({ processes: [], listeners: [] });
        const again = await repository.envctl('start', '--headless');
        expect(again.code, `${what}, ${name}: start afterwards: ${again.stderr}`).to.equal(0);
      }
      const ended = await repository.envctl('stop-all');
      expect(ended.code, ended.stderr).to.equal(0);
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }

  const damage = (pattern: RegExp): void => {
    const files = filesOf(pattern);
    expect(files, String(pattern)).not.to.deep.equal([]);
    for (const file of files) writeFileSync(file, 'x\n');
  };
  const removeLaunches = (): void => {
    for (const root of [machine.runtimeRoot, machine.storeRoot]) {
      for (const entry of readdirSync(root, { recursive: true })) if (path.basename(String(entry)) === 'launches') rmSync(path.join(root, String(entry)), { recursive: true });
    }
  };
  const stopped = async (...words: string[]): Promise<readonly string[]> => {
    const document = (await repository.json('stop', ...words)) as { readonly stopped: readonly string[]; readonly not_stopped: readonly unknown[] };
    expect(document.not_stopped).to.deep.equal([]);
    return document.stopped;
  };
  const expectNobody = async (): Promise<void> => {
    const { processes, listeners } = await machine.census();
    expect({ processes, listeners }).to.deep.equal({ processes: [], listeners: [] });
  };
  const backendLine = /\/ledger\/process-main-backend-[^/]*\.json$/;

  it('a service whose ledger line is damaged is ended by stop, and every look warns until then', async () => {
    await repository.json('start', '--headless');
    damage(backendLine);
    for (const words of [['health'], ['endpoints'], ['show-state']]) expect((await repository.envctl(...words)).stderr, words[0]).to.match(/process-main-backend-.* is damaged; .*envctl stop-all/);
    expect(await stopped('backend')).to.deep.equal(['Main Backend']);
    expect((await machine.census()).listeners).to.deep.equal([6379, 9000]);
    expect((await repository.envctl('health')).stderr).to.equal('');
  });

  for (const words of [['restart', 'backend'], ['start', '--headless', '--no-resume']]) {
    it(`a service whose ledger line is damaged is replaced by ${words.join(' ')}, not doubled`, async () => {
      await repository.json('start', '--headless');
      const before = await machine.census();
      damage(backendLine);
      await repository.json(...words);
      const after = await machine.census();
      expect(after.listeners).to.deep.equal(before.listeners);
      expect(after.processes, JSON.stringify(after.processes)).to.have.length(before.processes.length);
    });
  }

  it('a service whose launch record and its copy are damaged is told as running on, and a start replaces it', async () => {
    await repository.json('start', '--headless');
    const before = await machine.census();
    damage(/\/launches\/main-backend-[^/]*\/launch(?:-copy)?\.json$/);
    const health = await repository.envctl('health');
    expect(health.code).to.equal(1);
    expect(health.stdout).to.match(/Main Backend +unknown[^]*is gone or damaged; pid \d+ of it runs on and listens on port 8000: envctl start backend starts it anew/);
    await repository.json('start', 'backend', '--headless');
    expect(await repository.json('health')).to.include({ healthy: true });
    const after = await machine.census();
    expect(after.listeners).to.deep.equal(before.listeners);
    expect(after.processes, JSON.stringify(after.processes)).to.have.length(before.processes.length);
  });

  it('with every ledger line damaged stop ends everything', async () => {
    await repository.json('start', '--headless');
    damage(/\/ledger\/[^/]+\.json$/);
    expect(await stopped()).to.include.members(['Main Backend', 'Main Frontend', 'redis-main/server']);
    await expectNobody();
  });

  it('with every ledger line damaged and every launch directory gone stop ends everything', async () => {
    await repository.json('start', '--headless');
    damage(/\/ledger\/[^/]+\.json$/);
    removeLaunches();
    await stopped();
    await expectNobody();
  });

  it('a damaged instance record is written anew from what else is recorded: looks warn, stop ends the server', async () => {
    await repository.json('start', '--headless');
    damage(/\/instances\/[^/]+\.json$/);
    const health = await repository.envctl('health');
    expect(health.code, health.stdout).to.equal(0);
    expect(health.stderr).to.match(/redis-main\.json is damaged/);
    expect(await stopped()).to.include('redis-main/server');
    await expectNobody();
  });

  it('an instance record that nothing tells anew leaves its server on record: stop says so and fails', async () => {
    await repository.json('start', '--headless');
    damage(/\/instances\/[^/]+\.json$|run_state\.json$/);
    const finished = await repository.envctl('stop', '--json');
    expect(finished.code, finished.stdout).to.equal(1);
    expect(finished.stdout).to.match(/redis-main\.json is damaged or gone and nothing tells who uses it/);
    expect((await machine.census()).listeners).to.deep.equal([6379]);
    expectNoStack(await repository.envctl('stop-all'));
    await expectNobody();
  });

  const remove = (pattern: RegExp): void => {
    const files = filesOf(pattern);
    expect(files, String(pattern)).not.to.deep.equal([]);
    for (const file of files) rmSync(file);
  };

  it('an instance record that is gone is written anew while its server runs: health, a start, a restart that fails and stop know the server', async () => {
    await repository.json('start', '--headless');
    const server = async (): Promise<readonly number[]> => (await machine.census()).processes.filter(({ words }) => words.includes('redis-server ')).map(({ pid }) => pid);
    const before = await server();
    remove(/\/instances\/[^/]+\.json$/);
    expect((await repository.envctl('health')).code).to.equal(0);
    await repository.json('start', '--headless');
    expect(await server()).to.deep.equal(before);
    remove(/\/instances\/[^/]+\.json$/);
    writeFileSync(path.join(repository.root, 'backend/app.js'), 'process.exit(3);\n');
    expect((await repository.envctl('restart', 'backend')).code).to.equal(1);
    expect(await server()).to.deep.equal(before);
    remove(/\/instances\/[^/]+\.json$/);
    expect(await stopped()).to.include('redis-main/server');
    await expectNobody();
  });

  it('no second server is started on data whose server runs on no record; stop names it, stop-all ends it', async () => {
    await repository.json('start', '--headless');
    removeLaunches();
    remove(/\/instances\/[^/]+\.json$/);
    remove(/\/ledger\/[^/]+\.json$/);
    await repository.json('start', '--headless', '--no-resume');
    expect((await machine.census()).listeners.filter((port) => port < 7000)).to.deep.equal([6379]);
    expect(await stopped()).to.deep.equal(['Main Backend', 'Main Frontend']);
    await expectNobody();
    await repository.json('start', '--headless');
    rmSync(path.join(machine.runtimeRoot, 'engine'), { recursive: true });
    const again = await repository.envctl('start', '--headless');
    expect([again.code, again.stderr]).to.satisfy(([exit, text]: [number, string]) => exit === 1 && text.includes('record of it is gone'));
    const stop = await repository.envctl('stop');
    expect(stop.code, stop.stderr).to.equal(1);
    expect(stop.stdout).to.match(/its server runs on: envctl stop-all/);
    await repository.json('stop-all');
    await expectNobody();
  });

  it('launch directories that are gone hide nothing: stop-all ends their processes and gives their leases back', async () => {
    await repository.json('start', '--headless');
    removeLaunches();
    await repository.json('stop-all');
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('launch directories that are gone: also what lives on without its runner is ended', async () => {
    await repository.json('start', '--headless');
    removeLaunches();
    for (const { pid } of (await machine.census()).processes.filter(({ words }) => words.includes('main-backend'))) await machine.sh(`kill -KILL ${pid}`);
    expect((await machine.census()).listeners).to.include(8000);
    await repository.json('stop-all');
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('with every launch record damaged health and endpoints say the same of a server', async () => {
    await repository.json('start', '--headless');
    damage(/\/launch(-copy)?\.json$/);
    const health = JSON.parse((await repository.envctl('health', '--json')).stdout) as { readonly dependencies: readonly { readonly status: string }[] };
    const endpoints = (await repository.json('endpoints')) as { readonly dependencies: Readonly<Record<string, { readonly status: string }>> };
    expect(health.dependencies.map(({ status }) => status)).to.deep.equal(['healthy']);
    expect(endpoints.dependencies['redis']?.status).to.equal('healthy');
    expectNoStack(await repository.envctl('stop-all'));
    await expectNobody();
  });

  it('a state that cannot be read is told by endpoints too, with and without --json', async () => {
    await repository.json('start', '--headless');
    damage(/run_state\.json$/);
    for (const words of [['endpoints'], ['endpoints', '--json']]) {
      const { code, stderr } = await repository.envctl(...words);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^Warning: .*run_state\.json was passed over: .*no other state was found/m);
      expect(stderr.split('\n').filter((line) => line.startsWith('Error: '))).to.have.length(1);
    }
    await repository.json('stop-all');
  });

  it('a server that is gone leaves no socket directory: after a stop and after a start that failed', async () => {
    const sockets = (): readonly string[] => readdirSync(path.join(machine.storeRoot, 's'));
    await repository.json('start', '--headless');
    expect(sockets()).to.have.length(1);
    await stopped();
    expect(sockets()).to.deep.equal([]);
    writeFileSync(path.join(repository.root, 'backend/app.js'), 'process.exit(3);\n');
    expect((await repository.envctl('start', '--headless')).code).to.equal(1);
    expect(sockets()).to.deep.equal([]);
  });

  it('.envctl: a look and a teardown warn, a start and a save refuse, nothing is rewritten', async () => {
    const file = path.join(repository.root, '.envctl');
    await repository.json('start', '--headless');
    for (const content of [Buffer.from([0, 0xff, 0xfe, 0x0a]), 'MAIN_REDIS_ENABLE=perhaps\n', '= \n===\nNO_SUCH_KEY=1\n', '# >>> envctl managed startup config >>>\nBACKEND_PORT_BASE=99999999\n']) {
      writeFileSync(file, content);
      for (const words of [['health'], ['show-state'], ['show-config'], ['start', '--headless'], ['config', '--set', 'BACKEND_PORT_BASE=8100'], ['resume']]) expectNoStack(await repository.envctl(...words));
      writeFileSync(file, content);
    }
    const ended = await repository.envctl('stop-all');
    expect(ended.code, ended.stderr).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});
