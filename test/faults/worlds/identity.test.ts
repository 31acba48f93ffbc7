import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';

/** Process numbers, boots and clocks are made here for real: they are the machine's own. */
describe('who is who', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('identity');
  });
  afterEach(() => machine?.close());

  const start = async (more: readonly string[] = []): Promise<TestRepository> => {
    const repository = await createRepository(machine, { 'backend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js' }, more) });
    await repository.json('start', '--headless');
    // The service is ready; the writer of its log may still ask how long that is.
    await until('the writer copies', async () => ((await machine.census()).processes.some(({ comm }) => comm === 'dd') ? true : undefined));
    return repository;
  };

  /** Kills everybody and gives every number to a stranger of the same user, a session of its own. */
  const replaceEverybody = async (): Promise<readonly string[]> => {
    const { processes } = await machine.census();
    // Some may have ended since.
    const owners = await machine.sh(processes.map(({ pid }) => `stat -c %u /proc/${pid} 2>/dev/null || echo 0`).join('\n'));
    const uids = owners.trim().split('\n');
    await machine.sh(`kill -9 ${processes.map(({ pid }) => pid).join(' ')} 2>/dev/null || true`);
    // A zombie that nobody has collected yet keeps its number.
    await until('every number is free', async () => ((await machine.sh('for entry in /proc/[0-9]*; do case ${entry#/proc/} in 1 | $$) ;; *) echo $entry ;; esac; done')) === '' ? true : undefined));
    // Whatever else begins in between may take the number that comes next: then once more.
    const take = `take() {
      for attempt in 1 2 3 4 5 6 7 8 9 10; do
        echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
        setsid setpriv --reuid=$2 --clear-groups sleep $3 </dev/null >/dev/null 2>&1 &
        if [ $! = $1 ]; then return; fi
        kill -9 $!
        wait $! || true
      done
      return 1
    }`;
    await machine.sh([take, ...processes.map(({ pid }, index) => `take ${pid} ${uids[index]} ${92_000 + index}`)].join('\n'));
    return strangerWords();
  };
  const strangerWords = async (): Promise<readonly string[]> => (await machine.census()).processes.filter(({ words }) => words.startsWith('sleep 92')).map(({ pid, words }) => `${pid} ${words}`);
  const reboot = async (id: string): Promise<void> => {
    await machine.removeCgroups();
    await machine.sh(`echo ${id} >boot_id; mount --bind boot_id /proc/sys/kernel/random/boot_id`);
  };

  for (const command of ['stop-all', 'blast-all']) {
    it(`${command} never kills a stranger who got the number of a dead process`, async () => {
      const repository = await start();
      const strangers = await replaceEverybody();
      // The runner, the service, the writer of its log and what that runs.
      expect(strangers).to.have.length(4);
      const health = await repository.envctl('health', '--json');
      expect(health.code).to.equal(1);
      expect((JSON.parse(health.stdout) as { services: { status: string }[] }).services[0]!.status).to.equal('stale');
      expect((await repository.envctl(command)).code).to.equal(0);
      expect(await strangerWords()).to.deep.equal(strangers);
      expect((await machine.census()).leases).to.deep.equal([]);
    });
  }

  it('a start afterwards works, and leaves the strangers alone', async () => {
    const repository = await start();
    const strangers = await replaceEverybody();
    await repository.json('start', '--headless');
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await repository.envctl('restart')).code).to.equal(0);
    expect(await strangerWords()).to.deep.equal(strangers);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await strangerWords()).to.deep.equal(strangers);
  });

  it('after a reboot a start works with data intact, and leaves strangers with the old numbers alone', async () => {
    const repository = await start(['MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true']);
    const strangers = await replaceEverybody();
    await reboot('11111111-2222-3333-4444-555555555555');
    for (const command of ['health', 'show-state', 'endpoints']) expect((await repository.envctl(command)).stderr).not.to.match(/Internal error|^\s+at /m);
    const again = await repository.envctl('start', '--headless');
    expect(again.code, again.stderr).to.equal(0);
    expect(await repository.json('health')).to.include({ healthy: true });
    expect(await strangerWords()).to.deep.equal(strangers);
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    const { processes, ...rest } = await machine.census();
    expect(processes.map(({ pid, words }) => `${pid} ${words}`)).to.deep.equal(strangers);
    expect({ ...rest, processes: [] }).to.deep.equal(nothing);
  });

  it('after a reboot stop-all gives every lease back and touches nobody', async () => {
    const repository = await start();
    const strangers = await replaceEverybody();
    await reboot('11111111-2222-3333-4444-555555555555');
    const { code, stderr } = await repository.envctl('stop-all');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(await strangerWords()).to.deep.equal(strangers);
    expect(await machine.census()).to.deep.include({ leases: [], launches: [], temporary: [], listeners: [] });
  });

  it('a clock that jumps breaks neither status nor leases, and the last start is the latest', async function () {
    await requireProgram(this, 'faketime');
    const repository = await start();
    const at = async (offset: string, ...words: string[]) => machine.run('faketime', ['-f', offset, process.execPath, repository.bin, ...words, '--repo', repository.root], { env: { DONT_FAKE_MONOTONIC: '1' } });
    for (const offset of ['-400d', '+400d']) {
      for (const words of [['health', '--json'], ['show-state', '--json'], ['start', '--headless', '--json'], ['endpoints', '--json']]) {
        const { code, stdout, stderr } = await at(offset, ...words);
        expect(code, `${offset} ${words.join(' ')}: ${stdout}${stderr}`).to.equal(0);
      }
    }
    const future = await at('+400d', 'restart', '--json');
    expect(future.code, future.stderr).to.equal(0);
    expect(await repository.json('health')).to.include({ healthy: true });
    const { run_id } = (await repository.json('restart')) as { run_id: string };
    expect(((await repository.json('show-state')) as { state: { run_id: string } }).state.run_id).to.equal(run_id);
    const { leases, listeners } = await machine.census();
    expect(leases).to.deep.equal(listeners);
    const past = await at('-400d', 'stop-all');
    expect(past.code, past.stderr).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });
});
