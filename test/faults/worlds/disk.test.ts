import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';
import { expectNoStack, expectOneError } from './verdict.js';

describe('a disk that is full or read-only', function () {
  this.timeout(180_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('disk');
  });
  afterEach(() => machine?.close());

  const make = (more: readonly string[] = []): Promise<TestRepository> =>
    createRepository(machine, { 'backend/app.js': nodeServer, 'frontend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }, more) });
  const mount = (directory: string, options: string): Promise<string> => machine.sh(`mkdir -p '${directory}'; mount -t tmpfs -o mode=0711,${options} tmpfs '${directory}'`);
  const ask = (port: number): Promise<string> => machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:${port}/", timeout=10).read().decode())'`);

  for (const kilobytes of [16, 40, 64, 96]) {
    it(`a start on a runtime root of ${kilobytes} kB works or leaves nothing`, async () => {
      await mount(machine.runtimeRoot, `size=${kilobytes}k`);
      const repository = await make();
      const started = await repository.envctl('start', '--headless');
      if (started.code === 0) {
        expect(await repository.json('health')).to.include({ healthy: true });
        expect((await repository.envctl('stop-all')).code).to.equal(0);
      } else {
        expectOneError(started, /space|full|ENOSPC/i);
      }
      const { processes, listeners } = await machine.census();
      expect({ processes, listeners }).to.deep.equal({ processes: [], listeners: [] });
      await machine.sh(`mount -o remount,size=4m '${machine.runtimeRoot}'`);
      expect((await repository.envctl('stop-all')).code).to.equal(0);
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }

  it('on a disk that fills up, the old state stays, commands look, and stop-all still ends everything', async () => {
    await mount(machine.runtimeRoot, 'size=1m');
    const repository = await make();
    await repository.json('start', 'backend', '--headless');
    const pid = await ask(8000);
    await machine.sh(`cat /dev/zero >'${machine.runtimeRoot}/filler' 2>/dev/null || true`);
    const second = await repository.envctl('start', '--headless');
    if (second.code !== 0) expectOneError(second, /space|full|ENOSPC/i);
    expect(await ask(8000)).to.equal(pid);
    expect(await repository.json('health')).to.include({ healthy: true });
    for (const words of [['show-state'], ['endpoints', '--json'], ['logs'], ['errors'], ['list-targets']]) {
      const looked = await repository.envctl(...words);
      expect(looked.code, `${words[0]}: ${looked.stderr}`).to.equal(0);
    }
    expectNoStack(await repository.envctl('stop-all'));
    const { processes, listeners } = await machine.census();
    expect({ processes, listeners }).to.deep.equal({ processes: [], listeners: [] });
    await machine.sh(`rm '${machine.runtimeRoot}/filler'`);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });

  for (const size of ['1m', '30m']) it(`a store of ${size} is too small, and the one error says so; with room the start works`, async () => {
    await mount(machine.storeRoot, `size=${size}`);
    const repository = await make(['MAIN_POSTGRES_ENABLE=true']);
    const refused = await repository.envctl('start', '--headless');
    expectOneError(refused, /the file system is full \(ENOSPC\)/);
    expect(refused.stderr).to.match(/→ .*df -h/);
    expect(await machine.census()).to.deep.equal(nothing);
    await machine.sh(`mount -o remount,size=300m '${machine.storeRoot}'`);
    const again = await repository.envctl('start', '--headless');
    expect(again.code, again.stderr).to.equal(0);
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('a read-only runtime root is one error for a start, and no obstacle for a look', async () => {
    await mount(machine.runtimeRoot, 'size=4m');
    const repository = await make();
    await machine.sh(`mount -o remount,ro '${machine.runtimeRoot}'`);
    expectOneError(await repository.envctl('start', '--headless'), /read-only/i);
    for (const words of [['health'], ['show-state'], ['stop-all']]) expectNoStack(await repository.envctl(...words));
    expect(await machine.census()).to.deep.equal(nothing);

    await machine.sh(`mount -o remount,rw '${machine.runtimeRoot}'`);
    await repository.json('start', '--headless');
    const pids = [await ask(8000), await ask(9000)];
    await machine.sh(`mount -o remount,ro '${machine.runtimeRoot}'`).catch(() => machine.sh(`mount --bind -o ro '${machine.runtimeRoot}' '${machine.runtimeRoot}'; mount -o remount,bind,ro '${machine.runtimeRoot}'`));
    for (const words of [['health'], ['show-state', '--json'], ['endpoints'], ['logs'], ['errors'], ['list-targets'], ['explain-startup']]) {
      const looked = await repository.envctl(...words);
      expect(looked.code, `${words[0]}: ${looked.stderr}`).to.equal(0);
    }
    expectOneError(await repository.envctl('restart'), /read-only/i);
    expect([await ask(8000), await ask(9000)]).to.deep.equal(pids);
    expectNoStack(await repository.envctl('stop-all'));
    await machine.sh(`umount '${machine.runtimeRoot}' 2>/dev/null || true; mount -o remount,rw '${machine.runtimeRoot}' 2>/dev/null || true`);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('a read-only store is one error, and a read-only checkout no obstacle', async () => {
    await mount(machine.storeRoot, 'size=1m,ro');
    const repository = await make(['MAIN_REDIS_ENABLE=true']);
    expectOneError(await repository.envctl('start', '--headless'), /read-only/i);
    expect(await machine.census()).to.deep.equal(nothing);
    await machine.sh(`umount '${machine.storeRoot}'; mount --bind '${repository.root}' '${repository.root}'; mount -o remount,bind,ro '${repository.root}'`);
    expectOneError(await repository.envctl('config', '--set', 'BACKEND_PORT_BASE=8100'), /read-only|EROFS/i);
    const started = await repository.envctl('start', '--headless');
    expect(started.code, started.stderr).to.equal(0);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});
