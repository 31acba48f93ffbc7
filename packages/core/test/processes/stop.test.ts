import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { noSeam } from '../../dist/contract/index.js';
import { examineLaunch, launchProcess, readLaunch, readProcessTable, stopLaunches } from '../../dist/processes/index.js';
import { createBench, eventually, fixtures, isRunning, patienceMs, pidsIn, type Bench, type Started } from './support.js';
import { skip } from '../skip.js';

const python = ['python3', join(fixtures, 'family.py')];
const node = [process.execPath, join(fixtures, 'family.mjs')];
const sh = ['sh', join(fixtures, 'family.sh')];
// The first process of a pid namespace must reap orphans, or their pids are never free again.
const reaper = ['sh', '-c', '"$@"; exit $?', 'sh'];
const impatient = [
  { signal: 'SIGTERM', target: 'group', waitMs: 50 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
] as const;

describe('stopLaunches', function () {
  this.timeout(2 * patienceMs);
  let bench: Bench;
  beforeEach(() => (bench = createBench()));
  afterEach(() => bench.close());

  const expectGone = async (started: Started, pids: readonly number[]): Promise<void> => {
    for (const pid of pids) expect(isRunning(pid), `pid ${pid} before`).to.equal(true);
    const result = await started.stop();
    expect(result).to.deep.include({ stopped: true, survivors: [], detached: [], launchId: started.spec.id });
    for (const pid of [started.runnerPid, ...pids]) expect(isRunning(pid), `pid ${pid} after`).to.equal(false);
  };

  describe('ends the whole tree of a service that', () => {
    for (const [what, command, count] of [
      ['forks, in Python', [...python, 'fork'], 3],
      ['forks, in Node', [...node, 'fork'], 3],
      ['forks, in sh', [...sh, 'fork'], 4],
      ['has a child in another session, in Python', [...python, 'session'], 2],
      ['has a child in another session, in Node', [...node, 'session'], 2],
      ['daemonises and holds the log open', [...python, 'daemon'], 2],
      ['has a wrapper shell around it', ['sh', '-c', '"$@"; true', 'sh', ...node, 'fork'], 3],
    ] as const) {
      it(what, async () => {
        const started = await bench.start(command);
        await expectGone(started, await bench.pids(count));
      });
    }

    for (const [what, command, count] of [
      ['forks, with a writer for its log', [...python, 'fork'], 3],
      ['has a child in another session that holds its output, with a writer for its log', [...python, 'session'], 2],
      ['daemonises and holds its output, with a writer for its log', [...python, 'daemon'], 2],
      ['has a wrapper shell around it, with a writer for its log', ['sh', '-c', '"$@"; true', 'sh', ...node, 'fork'], 3],
    ] as const) {
      // Long patience: a rung that is waited for to its end would be a test that hangs.
      it(what, async () => {
        const started = await bench.start(command, { logRotation: 'running', stop: [{ signal: 'SIGTERM', target: 'group', waitMs: 10 * patienceMs }] });
        await expectGone(started, await bench.pids(count));
      });
    }

    for (const logRotation of ['start', 'running'] as const) {
      it(`was restarted, and daemonised only then; its log is rotated at ${logRotation === 'start' ? 'its start' : 'any time'}`, async () => {
        const script = '[ -e "$FIXTURE_DIRECTORY/again" ] || { >"$FIXTURE_DIRECTORY/again"; exit 1; }; exec "$@"';
        const started = await bench.start(['sh', '-c', script, 'sh', ...python, 'daemon', 'session', 'fork'], { logRotation, restart: { when: 'on-failure', max: 3, backoffMs: 1 } });
        await expectGone(started, await bench.pids(5));
        expect((await started.read()).restarts).to.equal(1);
      });
    }

    it('clears its environment, daemonises and holds its output, by the pipe alone', async () => {
      const started = await bench.start([...python, 'daemon', 'bare'], { logRotation: 'running' }, { cgroup: false });
      await expectGone(started, await bench.pids(2));
    });

    it('lost its journal and its runner and has a writer for its log', async () => {
      const started = await bench.start(['sleep', '1000'], { logRotation: 'running', stop: [{ signal: 'SIGTERM', target: 'group', waitMs: 10 * patienceMs }] });
      await eventually(started.spec.directory, async () => (await started.read()).child);
      truncateSync(join(started.spec.directory, 'journal'));
      process.kill(started.runnerPid, 'SIGKILL');
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
    });

    it('said its last words while it was stopped: they are in its log', async () => {
      const started = await bench.start(['sh', '-c', 'trap "echo last words; exit 0" TERM; echo up; while :; do sleep 0.02; done'], { logRotation: 'running' });
      await eventually(bench.directory, () => (started.log().includes('up') ? true : undefined));
      expect(await started.stop()).to.deep.include({ stopped: true });
      // Its shell tells of the sleep that the signal ended.
      expect(started.log()).to.match(/^up\n(?:Terminated\n)?last words\n$/);
    });

    for (const [what, command, count] of [
      ['ignores SIGTERM, in Python', [...python, 'ignore=SIGTERM', 'fork', 'session'], 4],
      ['ignores SIGTERM, in sh', [...sh, 'deaf'], 2],
    ] as const) {
      it(`${what}, by the next rung of its ladder`, async () => {
        const started = await bench.start(command, { stop: impatient });
        await expectGone(started, await bench.pids(count));
        expect((await started.read()).exit?.code).to.equal(137);
      });
    }

    it('wants SIGINT', async () => {
      const started = await bench.start([...sh, 'int'], { stop: [{ signal: 'SIGINT', target: 'group', waitMs: patienceMs }] });
      await expectGone(started, await bench.pids(1));
      expect((await started.read()).exit?.code).to.equal(5);
    });

    it('clears its environment, daemonises and holds the log open, by the descriptor alone', async () => {
      const started = await bench.start([...python, 'daemon', 'bare'], {}, { cgroup: false });
      await expectGone(started, await bench.pids(2));
    });

    it('left a daemon behind and ended', async () => {
      const started = await bench.start([...python, 'daemon', 'leave']);
      const pids = await bench.pids(2);
      await eventually(started.spec.directory, async () => (await started.read()).exit);
      const daemon = pids.filter(isRunning);
      expect(daemon).to.have.lengthOf(1);
      expect(await started.stop()).to.deep.include({ stopped: true, detached: [] });
      expect(isRunning(daemon[0]!)).to.equal(false);
    });

    it('clears everything that could prove it, by the cgroup', async function () {
      const started = await bench.start([...python, 'daemon', 'bare', 'quiet']);
      const { record } = await started.read();
      const pids = await bench.pids(2);
      if (record.cgroup === null) skip(this, 'platform: no writable cgroup v2');
      await expectGone(started, pids);
      expect(() => readFileSync(join(record.cgroup!, 'cgroup.procs'))).to.throw();
    });
  });

  describe('of token carriers that have left', () => {
    it('stops one that listens on a leased port', async () => {
      const port = await freePort();
      const started = await bench.start([...python, 'daemon', 'quiet', `listen=${port}`], { ports: [port] });
      await expectGone(started, await bench.pids(2));
    });

    it('stops one that holds a file of the data directory open for writing', async () => {
      const started = await bench.start([...python, 'daemon', 'quiet', `write=${join(bench.directory, 'data.db')}`], {
        dataDirectories: [bench.directory],
      });
      await expectGone(started, await bench.pids(2));
    });

    it('leaves one that does neither, and lists it', async () => {
      const started = await bench.start([...python, 'daemon', 'quiet', 'leave']);
      const pids = await bench.pids(2);
      await eventually(started.spec.directory, async () => (await started.read()).exit);
      const daemon = pids.find(isRunning)!;
      const result = await started.stop();
      expect(result).to.deep.include({ stopped: true, survivors: [] });
      expect(result.detached.map(({ pid }) => pid)).to.deep.equal([daemon]);
      expect(isRunning(daemon)).to.equal(true);
    });

    it('stops one in a session of others without touching the others', async () => {
      const port = await freePort();
      const outer = `echo $$ >>"$FIXTURE_DIRECTORY/pids"; "$@" & exec sleep 1000`;
      const left = ['setsid', '-f', 'sh', '-c', outer, 'sh', ...python, 'ignore=SIGHUP', `listening=${port}`];
      const started = await bench.start(['sh', '-c', '"$@" </dev/null >/dev/null 2>&1; exec sleep 1000', 'sh', ...left], { ports: [port], stop: impatient });
      const pids = await bench.pids(2);
      const shell = pids.find((pid) => readProcessTable().get(pid)?.sid === pid)!;
      const result = await started.stop();
      expect(result).to.deep.include({ stopped: true, survivors: [] });
      expect(result.detached.map(({ pid }) => pid)).to.deep.equal([shell]);
      expect(pids.map(isRunning)).to.have.members([true, false]);
      expect(isRunning(shell)).to.equal(true);
    });

    it('leaves a tmux server and what runs in it', async function () {
      if (spawnSync('tmux', ['-V']).error) skip(this, 'tmux is not installed');
      const socket = join(bench.directory, 'tmux');
      const inside = 'echo $$ >>"$FIXTURE_DIRECTORY/pids"; exec sleep 1000';
      const started = await bench.start(['sh', '-c', `tmux -S ${socket} new-session -d '${inside}'; exec sleep 1000`]);
      const [pane] = await bench.pids(1);
      const server = bench.own(readProcessTable().get(pane!)!.ppid);
      const result = await started.stop();
      expect(result).to.deep.include({ stopped: true, survivors: [] });
      expect(result.detached.map(({ pid }) => pid)).to.have.members([server, pane]);
      expect([server, pane].every((pid) => isRunning(pid!))).to.equal(true);
    });
  });

  describe('never touches', () => {
    it('a process with another token, though it descends from the launch', async () => {
      const started = await bench.start(['sh', '-c', 'ENVCTL_LAUNCH_TOKEN=other setsid sleep 1000 & echo $! >>"$FIXTURE_DIRECTORY/pids"; wait']);
      const pid = await eventually(bench.directory, () => {
        const found = pidsIn(join(bench.directory, 'pids'), 1)?.[0];
        return found !== undefined && readProcessTable().get(found)?.comm === 'sleep' ? bench.own(found) : undefined;
      });
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
      expect(isRunning(pid)).to.equal(true);
    });

    it('a process in another pid namespace', async function () {
      if (spawnSync('unshare', ['-pf', 'true']).status !== 0) skip(this, 'platform: pid namespaces are not permitted here');
      const started = await bench.start(['unshare', '-pf', 'sleep', '1000'], { stop: impatient });
      const pid = await eventually(bench.directory, () => {
        const sleeping = [...readProcessTable().all()].find(({ comm, sid, pid }) => comm === 'sleep' && sid === started.runnerPid && pid !== started.runnerPid);
        return sleeping && bench.own(sleeping.pid);
      });
      // The signal to the group reaches it too, but the first process of a namespace drops what it does not handle.
      const { survivors, detached } = await started.stop();
      expect(survivors).to.deep.equal([]);
      expect(isRunning(pid)).to.equal(true);
      expect(detached).to.deep.equal([{ pid, comm: 'sleep', reason: 'runs in a pid namespace of its own' }]);
    });

    it('anything when the machine has been booted since', async () => {
      const started = await bench.start(['sleep', '1000']);
      await eventually(started.spec.directory, async () => (await started.read()).child);
      const path = join(started.spec.directory, 'launch.json');
      const record = readFileSync(path, 'utf8');
      writeFileSync(path, record.replace(/"bootId": "[^"]*"/, '"bootId": "11111111-2222-3333-4444-555555555555"'));
      const result = await started.stop();
      writeFileSync(path, record);
      expect(result).to.deep.include({ stopped: true, untouched: 'other-boot', survivors: [] });
      expect(isRunning(started.runnerPid)).to.equal(true);
    });

    it('strangers that got the pids of a launch that has ended', function () {
      const script = join(fixtures, 'pid-reuse.mjs');
      if (spawnSync('unshare', ['-pfnm', '--mount-proc', 'true']).status !== 0) skip(this, 'platform: pid namespaces are not permitted here');
      const run = spawnSync('unshare', ['-pfnm', '--mount-proc', '--kill-child', ...reaper, process.execPath, script, bench.directory], {
        encoding: 'utf8',
        timeout: patienceMs,
        killSignal: 'SIGKILL',
      });
      expect(run.stderr).to.equal('');
      expect(JSON.parse(run.stdout)).to.deep.equal({ reused: [true, true], stopped: true, survivors: [], detached: [], alive: [true, true, true] });
    });
  });

  describe('works with the directory alone', () => {
    it('when the runner was killed and its command lives on', async () => {
      const started = await bench.start([...python, 'fork', 'session']);
      const pids = await bench.pids(4);
      process.kill(started.runnerPid, 'SIGKILL');
      await eventually(bench.directory, () => (isRunning(started.runnerPid) ? undefined : true));
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [], detached: [] });
      expect(pids.filter(isRunning)).to.deep.equal([]);
    });

    it('when the journal is lost while everything runs', async () => {
      const started = await bench.start([...python, 'fork']);
      const pids = await bench.pids(3);
      truncateSync(join(started.spec.directory, 'journal'));
      await expectGone(started, pids);
    });

    it('when the journal is lost and the runner is dead', async () => {
      const started = await bench.start([...python, 'fork']);
      const pids = await bench.pids(3);
      process.kill(started.runnerPid, 'SIGKILL');
      truncateSync(join(started.spec.directory, 'journal'));
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [], detached: [] });
      expect(pids.filter(isRunning)).to.deep.equal([]);
    });

    it('when the runner begins only after the stop, or after the directory is gone', async () => {
      const started = await bench.start(['true']);
      await eventually(started.spec.directory, async () => (await started.read()).exit);
      expect(await started.stop()).to.deep.include({ stopped: true });
      const late = ['no', '0', '0', '0', 'file', '/dev/null', '1000', '-', 'touch', join(bench.directory, 'ran')];
      expect(spawnSync('sh', [join(started.spec.directory, 'runner.sh'), ...late]).status).to.equal(143);
      const script = readFileSync(join(started.spec.directory, 'runner.sh'), 'utf8');
      rmSync(started.spec.directory, { recursive: true });
      expect(spawnSync('sh', ['-c', script, join(started.spec.directory, 'runner.sh'), ...late]).status).to.equal(74);
      expect(() => readFileSync(join(bench.directory, 'ran'))).to.throw('ENOENT');
    });

    it('when nobody may look whether there is a record', async () => {
      const directory = join(bench.directory, 'loop');
      symlinkSync(directory, directory);
      const [result] = await stopLaunches([directory], { seam: noSeam });
      expect(result).to.deep.include({ stopped: false, untouched: 'record-damaged' });
    });

    it('when the journal is lost and the directory is reached through a link', async () => {
      const started = await bench.start(['sleep', '1000']);
      await eventually(started.spec.directory, async () => (await started.read()).child);
      truncateSync(join(started.spec.directory, 'journal'));
      symlinkSync(bench.directory, join(bench.directory, 'link'));
      const launch = await readLaunch(join(bench.directory, 'link', started.spec.id));
      expect(examineLaunch(launch!, readProcessTable(), { listeners: new Map() }).runner?.pid).to.equal(started.runnerPid);
    });

    for (const [what, spawned, bootId, expected] of [
      ['was spawned in this boot', true, readProcessTable().bootId, { stopped: false, untouched: 'record-lost' }],
      ['was spawned in another boot', true, 'another', { stopped: true, untouched: 'record-missing' }],
      ['was never spawned', false, readProcessTable().bootId, { stopped: true, untouched: 'record-missing' }],
    ] as const) {
      it(`when the directory is gone and the ledger says only that it ${what}`, async () => {
        const directory = join(bench.directory, 'gone');
        const [result] = await stopLaunches([directory], { seam: noSeam, ledgered: new Map([[directory, { spawned, bootId }]]) });
        expect(result).to.deep.include(expected);
      });
    }

    it('when the directory is gone and its runner was killed, but the ledger has the record', async () => {
      const started = await bench.start(['sleep', '1000']);
      const { record, runner, child } = await eventually(started.spec.directory, async () => ((await started.read()).child ? started.read() : undefined));
      rmSync(started.spec.directory, { recursive: true });
      process.kill(started.runnerPid, 'SIGKILL');
      const [result] = await stopLaunches([started.spec.directory], { seam: noSeam, ledgered: new Map([[started.spec.directory, { record, runner: runner!, spawned: true, bootId: record.bootId }]]) });
      expect(result).to.deep.include({ stopped: true, survivors: [] });
      expect(isRunning(child!.pid)).to.equal(false);
    });

    it('when there is no record, or it is damaged and its copy is not', async () => {
      const started = await bench.start(['sleep', '1000']);
      await eventually(started.spec.directory, async () => (await started.read()).child);
      writeFileSync(join(started.spec.directory, 'launch.json'), '{ half a rec');
      const results = await stopLaunches([started.spec.directory, join(bench.directory, 'nothing')], { seam: noSeam });
      expect(results.map(({ stopped, untouched }) => ({ stopped, untouched }))).to.deep.equal([
        { stopped: true, untouched: undefined },
        { stopped: true, untouched: 'record-missing' },
      ]);
      expect(isRunning(started.runnerPid)).to.equal(false);
    });
  });

  describe('when the record and its copy are damaged', () => {
    const damage = ({ spec }: Started, ...more: readonly string[]): void => {
      for (const file of ['launch.json', 'launch-copy.json', ...more]) writeFileSync(join(spec.directory, file), '{ half a rec');
    };
    const killRunner = async ({ runnerPid }: Started): Promise<void> => {
      process.kill(runnerPid, 'SIGKILL');
      await eventually(bench.directory, () => (isRunning(runnerPid) ? undefined : true));
    };

    it('ends the whole tree by the runner, whatever the journal says', async () => {
      const started = await bench.start([...python, 'fork', 'session']);
      const pids = await bench.pids(4);
      damage(started, 'journal');
      await expectGone(started, pids);
    });

    it('ends a child that changed session and daemonised by the token and the log that the runner names', async () => {
      const started = await bench.start([...python, 'daemon']);
      const pids = await bench.pids(2);
      damage(started);
      await expectGone(started, pids);
    });

    it('ends the command by the journal when the runner is dead', async () => {
      const started = await bench.start([...python, 'fork'], {}, { cgroup: false });
      const pids = await bench.pids(3);
      await killRunner(started);
      damage(started);
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [], launchId: started.spec.id });
      expect(pids.filter(isRunning)).to.deep.equal([]);
    });

    it('ends what is in the cgroup of its name when the runner is dead and the journal lost', async function () {
      // By its id alone: that has to be of this launch only, as those that envctl makes are.
      const id = `launch-${randomBytes(8).toString('hex')}`;
      const started = await bench.start([...python, 'daemon', 'bare', 'quiet'], { id, directory: join(bench.directory, id) });
      const { record } = await started.read();
      const pids = await bench.pids(2);
      if (record.cgroup === null) skip(this, 'platform: no writable cgroup v2');
      await killRunner(started);
      damage(started, 'journal');
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
      expect(pids.filter(isRunning)).to.deep.equal([]);
      expect(() => readFileSync(join(record.cgroup!, 'cgroup.procs'))).to.throw();
    });

    it('leaves what nothing proves, and says that it could not judge', async () => {
      const started = await bench.start([...python, 'fork'], {}, { cgroup: false });
      const pids = await bench.pids(3);
      await killRunner(started);
      damage(started, 'journal');
      expect(await started.stop()).to.deep.include({ launchId: started.spec.id, stopped: false, untouched: 'record-damaged', survivors: [] });
      expect(pids.filter(isRunning)).to.deep.equal(pids);
    });

    it('leaves a stranger that runs a script of that place, or has the recorded pid, and carries no token', async () => {
      const started = await bench.start(['true'], {}, { cgroup: false });
      await eventually(started.spec.directory, async () => (await started.read()).exit);
      writeFileSync(join(started.spec.directory, 'runner.sh'), 'exec sleep 1000 # $1\nsleep 1000\n');
      const stranger = spawn('/bin/sh', ['-c', `exec /bin/sh '${join(started.spec.directory, 'runner.sh')}'`], { detached: true, stdio: 'ignore' });
      const pid = bench.own(stranger.pid!);
      const { startTicks } = readProcessTable().get(pid)!;
      damage(started);
      writeFileSync(join(started.spec.directory, 'journal'), `runner ${pid} ${startTicks}\n`);
      expect(await started.stop()).to.deep.include({ stopped: false, untouched: 'record-damaged' });
      expect(isRunning(pid)).to.equal(true);
    });
  });

  it('leaves what it could not stop in its cgroup, where the next stop finds it', async function () {
    const started = await bench.start([...python, 'daemon', 'bare', 'quiet', 'ignore=SIGTERM']);
    const { record } = await started.read();
    const pids = await bench.pids(2);
    if (record.cgroup === null) skip(this, 'platform: no writable cgroup v2');
    const [cut] = await stopLaunches([started.spec.directory], { seam: noSeam, signal: AbortSignal.abort() });
    expect(cut?.stopped).to.equal(false);
    expect((await started.stop({ graceMs: 50 })).stopped).to.equal(true);
    expect(pids.filter(isRunning)).to.deep.equal([]);
  });

  it('can be asked by a process of the launch itself, which lives to see the end', async () => {
    const processes = new URL('../../dist/processes/index.js', import.meta.url).href;
    const ladder = [{ signal: 'SIGTERM', target: 'group', waitMs: 100 }, { signal: 'SIGKILL', target: 'tree', waitMs: 100 }];
    const script = `const { stopLaunches } = await import('${processes}');
      const [result] = await stopLaunches([process.env.LAUNCH], { seam: () => undefined, ladder: ${JSON.stringify(ladder)} });
      (await import('node:fs')).writeFileSync(process.env.RESULT, JSON.stringify(result.stopped) + '\\n');`;
    const result = join(bench.directory, 'result');
    const spec = bench.spec(['sh', '-c', 'sleep 1000 & exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script]);
    await launchProcess({ ...spec, env: { ...spec.env, LAUNCH: spec.directory, RESULT: result } }, { seam: noSeam, now: Date.now });
    expect(await eventually(bench.directory, () => (existsSync(result) && readFileSync(result, 'utf8').endsWith('\n') ? readFileSync(result, 'utf8') : undefined))).to.equal('true\n');
  });

  it('sends each process the signal once, and waits for a graceful end', async () => {
    const started = await bench.start(['sh', '-c', '"$@"; true', 'sh', ...node, 'count-term']);
    await expectGone(started, await bench.pids(1));
    expect(started.log()).to.equal('TERM\n');
  });

  it('stops several launches together, each in its own order', async () => {
    const all = await Promise.all([bench.start(['sleep', '1000']), bench.start([...sh, 'deaf'], { stop: impatient }), bench.start(['true'])]);
    await bench.pids(2);
    const points: string[] = [];
    const results = await stopLaunches(all.map(({ spec }) => spec.directory), { seam: (point) => points.push(point) });
    expect(results.map(({ stopped, launchId }) => [launchId, stopped])).to.deep.equal(all.map(({ spec }) => [spec.id, true]));
    expect(points).to.deep.equal(['process.stop.before-effect', 'process.stop-file.after-effect', 'process.stop.after-effect', 'process.stop.after-confirm']);
  });

  it('reports what still lives when it is aborted', async () => {
    const started = await bench.start([...sh, 'deaf']);
    const pids = await bench.pids(2);
    const [result] = await stopLaunches([started.spec.directory], { seam: noSeam, signal: AbortSignal.timeout(50) });
    expect(result?.stopped).to.equal(false);
    expect(result?.survivors.map(({ pid }) => pid)).to.include.members([pids[1], started.runnerPid]);
  });

  it('leaves processes of nobody alone', async () => {
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    bench.own(stranger.pid!);
    const started = await bench.start(['sleep', '1000']);
    expect(await started.stop()).to.deep.include({ stopped: true, detached: [] });
    expect(isRunning(stranger.pid!)).to.equal(true);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
