import { expect } from 'chai';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProcessIdentity } from '../../dist/contract/index.js';
import { noSeam } from '../../dist/contract/index.js';
import { identityOf, livenessOf, selfIdentity, stopLaunches } from '../../dist/processes/index.js';
import { skip } from '../skip.js';
import { fixtures, patienceMs } from './support.js';

const inContainer = ['-pf', '--mount-proc', '--kill-child'] as const;

describe('livenessOf', () => {
  it('tells a process of this namespace from one that ended, one that got its pid and one of another boot', async () => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const identity = identityOf(child.pid!)!;
    expect(livenessOf(identity)).to.equal('alive');
    expect(livenessOf({ ...identity, startTicks: `${Number(identity.startTicks) - 1}` })).to.equal('gone');
    expect(livenessOf({ ...identity, bootId: 'another' })).to.equal('gone');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity)).to.equal('gone');
    expect(livenessOf(selfIdentity())).to.equal('alive');
  });
});

describe('two containers that share a state directory', function () {
  this.timeout(2 * patienceMs);
  let directory: string;
  let owner: ChildProcess | undefined;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'envctl-test-'))));
  afterEach(async () => {
    await end();
    rmSync(directory, { recursive: true, force: true });
  });

  const end = async (): Promise<void> => {
    if (owner === undefined || owner.exitCode !== null) return;
    owner.stdin?.end();
    await once(owner, 'close');
  };
  const start = async (): Promise<ProcessIdentity> => {
    owner = spawn('unshare', [...inContainer, process.execPath, join(fixtures, 'container.mjs'), 'owner', directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(owner.stdout!), 'line')) as [string];
    return (JSON.parse(line) as { identity: ProcessIdentity }).identity;
  };
  const askNeighbour = (identity: ProcessIdentity): unknown => {
    const run = spawnSync('unshare', [...inContainer, process.execPath, join(fixtures, 'container.mjs'), 'neighbour', directory, JSON.stringify(identity)], { encoding: 'utf8', timeout: patienceMs, killSignal: 'SIGKILL' });
    expect(run.stderr).to.equal('');
    return JSON.parse(run.stdout);
  };
  const unknown = { liveness: 'unknown', unknown: true, stop: { stopped: false, untouched: 'other-namespace' }, exit: 'ENVCTL_E_CANCELLED', lease: ['held'] };

  before(function () {
    if (spawnSync('unshare', [...inContainer, 'true']).status !== 0) skip(this, 'platform: pid namespaces are not permitted here');
  });

  it('never take what the other holds for abandoned, neither while it lives nor when nobody can say', async () => {
    const identity = await start();
    // While somebody holds it open the number of the namespace goes to no other: the neighbour might be given it, and then knows.
    const namespace = openSync(`/proc/${owner!.pid}/ns/pid_for_children`, 'r');
    try {
      expect(askNeighbour(identity)).to.deep.equal({ ...unknown, lock: 'ENVCTL_E_LOCK_TIMEOUT' });
      await end();
      expect(askNeighbour(identity)).to.deep.equal({ ...unknown, lock: 'taken' });
    } finally {
      closeSync(namespace);
    }
  });

  it('are seen from the machine they run on', async () => {
    const identity = await start();
    expect(livenessOf(identity)).to.equal('alive');
    expect(livenessOf({ ...identity, startTicks: '1' })).to.equal('gone');
    expect((await stopLaunches([join(directory, 'launch')], { seam: noSeam }))[0]).to.include({ stopped: false, untouched: 'other-namespace' });
    await end();
    // Only the first namespace sees all others; whether what was below it is gone cannot be told from any other.
    if (selfIdentity().pidNamespace !== 'pid:[4026531836]') return;
    expect(livenessOf(identity)).to.equal('gone');
    expect((await stopLaunches([join(directory, 'launch')], { seam: noSeam }))[0]).to.include({ stopped: true, untouched: 'other-namespace' });
  });

  it('find a launch whose parent is process 2', () => {
    const run = spawnSync('unshare', [...inContainer, 'sh', '-c', '"$@"; exit $?', 'sh', process.execPath, join(fixtures, 'container.mjs'), 'second', directory], { encoding: 'utf8', timeout: patienceMs, killSignal: 'SIGKILL' });
    expect(run.stderr).to.equal('');
    expect(JSON.parse(run.stdout)).to.deep.equal({ pid: 2, alive: true, runnerAlive: true, stopped: true, left: 0 });
  });

  it('refuse to work with a /proc that numbers other processes', () => {
    const script = `import(${JSON.stringify(join(fixtures, '../../../dist/processes/index.js'))}).then(({ readProcessTable }) => readProcessTable()).catch(({ code }) => console.log(code))`;
    const run = spawnSync('unshare', ['-pf', process.execPath, '-e', script], { encoding: 'utf8', timeout: patienceMs });
    expect(run.stdout).to.equal('ENVCTL_E_PLATFORM_UNSUPPORTED\n');
  });
});
