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
          if (finished.code === 1 && words.at(-1) !== '--json' && !['health', 'endpoints', 'show-state'].includes(words[0]!)) expect(finished.stderr.split('\n').filter((line) => line.startsWith('Error: ')), `${name}: ${words.join(' ')}: ${finished.stderr}`).to.have.length(1);
        }
        expectNoStack(await repository.envctl('stop-all'));
        const census = await machine.census();
        expect({ processes: census.processes, listeners: census.listeners }, `${what}, ${name}: after stop-all`).to.deep.equal({ processes: [], listeners: [] });
        const again = await repository.envctl('start', '--headless');
        expect(again.code, `${what}, ${name}: start afterwards: ${again.stderr}`).to.equal(0);
      }
      const stopped = await repository.envctl('stop-all');
      expect(stopped.code, stopped.stderr).to.equal(0);
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }

  it('.envctl: a look and a teardown warn, a start and a save refuse, nothing is rewritten', async () => {
    const file = path.join(repository.root, '.envctl');
    await repository.json('start', '--headless');
    for (const content of [Buffer.from([0, 0xff, 0xfe, 0x0a]), 'MAIN_REDIS_ENABLE=perhaps\n', '= \n===\nNO_SUCH_KEY=1\n', '# >>> envctl managed startup config >>>\nBACKEND_PORT_BASE=99999999\n']) {
      writeFileSync(file, content);
      for (const words of [['health'], ['show-state'], ['show-config'], ['start', '--headless'], ['config', '--set', 'BACKEND_PORT_BASE=8100'], ['resume']]) expectNoStack(await repository.envctl(...words));
      writeFileSync(file, content);
    }
    const stopped = await repository.envctl('stop-all');
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});
