import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';
import { expectNoStack } from './verdict.js';

const everything = ['MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true'];

describe('surroundings that are not as expected', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  afterEach(() => machine?.close());

  const make = (root: Machine, more: readonly string[] = [], name?: string): Promise<TestRepository> =>
    createRepository(root, { 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }, more) }, name);

  it('a reader of stdout that is gone ends no command with a stack, and breaks no start', async () => {
    machine = await createMachine('pipe');
    const repository = await make(machine);
    const piped = async (words: string): Promise<{ code: number; stderr: string }> => {
      const { stdout, stderr } = await machine.run('bash', ['-c', `"${process.execPath}" "${repository.bin}" ${words} --repo "${repository.root}" | true; echo "\${PIPESTATUS[0]}"`]);
      return { code: Number(stdout.trim()), stderr };
    };
    for (const words of ['start --headless', 'show-state --json', 'health --json', 'list-commands', 'list-commands --json', 'help', 'logs', 'explain-startup --json', 'show-config --json', 'stop-all --json']) {
      const { code, stderr } = await piped(words);
      expect(stderr, words).not.to.match(/EPIPE|^\s+at |Internal error/m);
      expect(code, `${words}: ${stderr}`).to.equal(0);
      if (words.startsWith('start')) expect(await repository.json('health')).to.include({ healthy: true });
    }
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('works with a HOME that does not exist, and with none', async () => {
    machine = await createMachine('home');
    const repository = await make(machine, everything);
    for (const env of [{ HOME: '/nonexistent/home' }, { HOME: '' }]) {
      for (const words of [['start', '--headless'], ['health'], ['show-state'], ['stop-all']]) {
        const finished = await repository.envctlWith({ env }, ...words);
        expect(finished.code, `HOME=${env.HOME} ${words[0]}: ${finished.stderr}`).to.equal(0);
      }
      expect(await machine.census()).to.deep.equal(nothing);
    }
  });

  it('says in one error that it has nowhere to keep state without HOME', async () => {
    machine = await createMachine('homeless');
    const repository = await make(machine);
    const { code, stdout, stderr } = await machine.run('env', ['-u', 'HOME', '-u', 'ENVCTL_RUNTIME_DIR', '-u', 'ENVCTL_STORE_DIR', '-u', 'XDG_STATE_HOME', process.execPath, repository.bin, 'show-state', '--repo', repository.root]);
    expectNoStack({ code, stdout, stderr });
  });

  for (const { what, directory, repository: name } of [
    { what: 'with spaces, quotes and letters of many scripts', directory: `it's a näme & 日本語 – ok`, repository: 're po "x" $HOME `id` ; ü' },
    { what: 'so long that no socket path fits below it', directory: `${'long-'.repeat(30)}/${'longer-'.repeat(30)}`, repository: 'x'.repeat(200) },
  ]) {
    it(`works in a directory ${what}`, async () => {
      machine = await createMachine('paths', { directory });
      await machine.sh(`d=$PWD; while [ "$d" != / ]; do chmod go+x "$d"; d=$(dirname "$d"); done`);
      const repository = await make(machine, everything, name);
      const started = await repository.envctl('start', '--headless');
      expect(started.code, started.stderr).to.equal(0);
      expect(await repository.json('health')).to.include({ healthy: true });
      const sockets = await machine.sh(`grep -rhoE '/tmp/envctl-s-[0-9a-f]+' state/engine/*/instances || true`);
      const logs = await repository.envctl('logs');
      expect(logs.code, logs.stderr).to.equal(0);
      const stopped = await repository.envctl('stop-all', '--remove-volumes');
      expect(stopped.code, stopped.stderr).to.equal(0);
      expect(await machine.census()).to.deep.equal(nothing);
      expect(sockets.trim().split('\n').filter((socket) => existsSync(socket))).to.deep.equal([]);
    });
  }
});
