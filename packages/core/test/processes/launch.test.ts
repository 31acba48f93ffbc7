import { expect } from 'chai';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { examineLaunch, isSameProcess, launchProcess, readProcessTable, waitForExit } from '../../dist/processes/index.js';
import { createBench, eventually, isRunning, patienceMs, type Bench } from './support.js';
import { skip } from '../skip.js';

describe('launchProcess', function () {
  this.timeout(patienceMs);
  let bench: Bench;
  beforeEach(() => (bench = createBench()));
  afterEach(() => bench.close());

  it('starts the command under a runner in a session of its own and stops it', async () => {
    const started = await bench.start(['sh', '-c', 'echo up; exec sleep 1000']);
    const launch = await eventually(started.spec.directory, async () => {
      const read = await started.read();
      return read.child && started.log() === 'up\n' ? read : undefined;
    });
    const table = readProcessTable();
    expect(launch.runner?.pid).to.equal(started.runnerPid);
    expect(isSameProcess(launch.runner!, table)).to.equal(true);
    expect(table.get(launch.child!.pid)?.sid).to.equal(started.runnerPid);
    const found = examineLaunch(launch, table, { listeners: new Map() });
    expect(found).to.include({ alive: true, runnerAlive: true });
    expect(found.members.map(({ pid }) => pid)).to.have.members([started.runnerPid, launch.child!.pid]);

    expect(await started.stop()).to.deep.include({ stopped: true, survivors: [], detached: [] });
    expect(isRunning(started.runnerPid)).to.equal(false);
    expect((await started.read()).exit?.code).to.equal(143);
  });

  it('has the whole record with the token on disk, private, before anything is spawned', async () => {
    const spec = bench.spec(['true']);
    const points: string[] = [];
    let before: { record: { token: string; env?: unknown }; mode: number } | undefined;
    await launchProcess(spec, {
      now: () => 42,
      seam: (point) => {
        points.push(point);
        if (point !== 'process.spawn.before-effect') return;
        const path = join(spec.directory, 'launch.json');
        before = { record: JSON.parse(readFileSync(path, 'utf8')) as { token: string }, mode: statSync(path).mode & 0o777 };
      },
    });
    expect(before?.record).to.include({ token: spec.token, createdAt: 42 });
    expect(before?.record).to.not.have.property('env');
    expect(before?.mode).to.equal(0o600);
    expect(points).to.deep.equal(['process.directory.after-effect', 'process.record.before-effect', 'process.record.after-effect', 'process.cgroup.after-effect', 'process.spawn.before-effect', 'process.spawn.after-effect']);
    await waitForExit(spec.directory, AbortSignal.timeout(patienceMs));
  });

  for (const [what, command, code] of [
    ['an exit code', ['sh', '-c', 'exit 7'], 7],
    ['success', ['true'], 0],
    ['the signal that ended it', ['sh', '-c', 'kill -KILL $$'], 137],
  ] as const) {
    it(`records ${what}, and when`, async () => {
      const before = Date.now();
      const started = await bench.start(command);
      const exit = await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
      expect(exit.code).to.equal(code);
      expect(exit.at).to.be.within(before, Date.now());
    });
  }

  it('gives the command its environment unchanged, with the token added', async () => {
    const env = { PATH: process.env['PATH'] ?? '', ODD: 'two\nlines "$HOME" \\', IFS: ':', 'a.dotted-name': "it's" };
    const started = await bench.start([process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.env))'], { env });
    await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    const { PWD: _pwd, ...seen } = JSON.parse(started.log()) as Record<string, string>;
    expect(seen).to.deep.equal({ ...env, ENVCTL_LAUNCH_TOKEN: started.spec.token });
  });

  it('drops to another user, whose launch stays private and can be stopped', async function () {
    if (process.getuid?.() !== 0) skip(this, 'platform: only root can become another user');
    chmodSync(bench.directory, 0o711);
    // As on a hardened machine.
    const umask = process.umask(0o077);
    const started = await bench.start(['sh', '-c', 'id -u; exec sleep 1000'], { user: { uid: 65534, gid: 65534 }, cwd: '/' }).finally(() => process.umask(umask));
    await eventually(started.spec.directory, async () => ((await started.read()).child && started.log() === '65534\n' ? true : undefined));
    expect(statSync(started.spec.directory)).to.include({ uid: 0 });
    expect(statSync(join(started.spec.directory, 'launch.json')).mode & 0o777).to.equal(0o600);
    expect(readProcessTable().get(started.runnerPid)?.uid).to.equal(65534);
    expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
    expect((await started.read()).exit?.code).to.equal(143);
  });

  for (const [what, change, words] of [
    ['a program that is not on PATH', { command: ['no-such-program'], env: { PATH: '/usr/bin:/bin' } }, ['"no-such-program"', '/usr/bin/no-such-program']],
    ['a path that does not exist', { command: ['./nothing'] }, ['"./nothing"']],
    ['a working directory that does not exist', { cwd: '/nonexistent/here' }, ['/nonexistent/here']],
  ] as const) {
    it(`refuses ${what} before anything is written`, async () => {
      const spec = bench.spec(['true'], change);
      const error: unknown = await launchProcess(spec, { seam: () => expect.fail('reached a seam'), now: Date.now }).catch((e: unknown) => e);
      if (!isEnvctlError(error)) throw error;
      expect(error.code).to.equal('ENVCTL_E_PROCESS_SPAWN');
      for (const word of words) expect(error.message).to.include(word);
      expect(() => statSync(spec.directory)).to.throw('ENOENT');
    });
  }

  it('names a cgroup of its own for each of two launches with one id', async function () {
    const records = await Promise.all(['a', 'b'].map((name) => bench.start(['true'], { id: 'same', directory: join(bench.directory, name) }).then((started) => started.read())));
    const [first, second] = records.map(({ record }) => record.cgroup);
    if (first === null) skip(this, 'platform: no writable cgroup v2');
    expect(first).to.not.equal(second);
  });

  it('rotates a log that is over its cap when the command starts', async () => {
    const spec = bench.spec(['echo', 'new'], { logMaxBytes: 10 });
    writeFileSync(spec.logPath, 'an old log that is too long\n');
    await launchProcess(spec, { seam: () => undefined, now: Date.now });
    await waitForExit(spec.directory, AbortSignal.timeout(patienceMs));
    expect(readFileSync(spec.logPath, 'utf8')).to.equal('new\n');
    expect(readFileSync(`${spec.logPath}.1`, 'utf8')).to.equal('an old log that is too long\n');
  });
});
