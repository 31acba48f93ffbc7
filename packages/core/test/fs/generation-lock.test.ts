import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isEnvctlError } from '../../dist/contract/index.js';
import { createGenerationLock, sweepTemporaryFiles, temporaryName } from '../../dist/fs/index.js';
import { isAlive, ownIdentity, temporaryDirectory } from './support.js';

const workerPath = fileURLToPath(new URL('./lock-worker.js', import.meta.url));

describe('generation lock', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { directory = temporaryDirectory(); });
  afterEach(() => directory.remove());

  const lockOf = (alive: (identity: { pid: number; startTicks: string }) => boolean = isAlive, pid = process.pid) =>
    createGenerationLock({ directory: directory.path, name: 'scope', identity: { ...ownIdentity(), pid }, isAlive: alive });
  const filesOf = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);

  it('gives what the work gives and leaves one released generation', async () => {
    const lock = lockOf();
    expect(await lock.hold('first', { timeoutMs: 60_000 }, async () => 1)).to.equal(1);
    expect(await lock.hold('second', { timeoutMs: 60_000 }, async () => 2)).to.equal(2);
    expect(filesOf(lock.path)).to.deep.equal(['2']);
    expect(readFileSync(join(lock.path, '2'), 'utf8')).to.include('"released"');
  });

  it('is free again when the work throws', async () => {
    const lock = lockOf();
    const failure = await lock.hold('fails', { timeoutMs: 60_000 }, async () => { throw new Error('inner'); }).catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'inner');
    expect(await lock.hold('after', { timeoutMs: 0 }, async () => 'free')).to.equal('free');
  });

  it('names holder, purpose and path when time is up', async () => {
    const lock = lockOf();
    await lock.hold('a long bring-up', { timeoutMs: 60_000 }, async () => {
      const error = await lock.hold('second', { timeoutMs: 30 }, async () => 'in').catch((reason: unknown) => reason);
      expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_LOCK_TIMEOUT');
      expect(String(error)).to.include(`process ${process.pid} (a long bring-up)`).and.to.include(lock.path);
    });
  });

  it('ends a wait on abort', async () => {
    const lock = lockOf();
    const abort = new AbortController();
    await lock.hold('holder', { timeoutMs: 60_000 }, async () => {
      const waiting = lock.hold('waiter', { timeoutMs: 60_000, signal: abort.signal }, async () => 'in').catch((reason: unknown) => reason);
      abort.abort();
      const error = await waiting;
      expect(error).to.deep.include({ kind: 'cancelled', message: `Cancelled while waiting for process ${process.pid} (holder), which holds the lock ${lock.path}.`, data: { path: lock.path, pid: process.pid, purpose: 'holder' } });
    });
    const free = await lock.hold('late', { timeoutMs: 1000, signal: abort.signal }, async () => 'in').catch((reason: unknown) => reason);
    expect(free).to.deep.include({ kind: 'cancelled', message: 'Cancelled.' });
  });

  it('is taken over from a dead holder, and not from one that may live', async () => {
    const dead = new Set<number>();
    const other = lockOf((identity) => !dead.has(identity.pid), 4_000_001);
    const mine = lockOf((identity) => !dead.has(identity.pid), 4_000_002);
    let leave: () => void = () => undefined;
    const inside = new EventEmitter();
    const entered = once(inside, 'entered');
    const held = other.hold('killed', { timeoutMs: 60_000 }, () => new Promise<void>((resolve) => { leave = resolve; inside.emit('entered'); }));
    await entered;
    const refused = await mine.hold('early', { timeoutMs: 20 }, async () => 'in').catch((error: unknown) => error);
    expect(isEnvctlError(refused) && refused.code).to.equal('ENVCTL_E_LOCK_TIMEOUT');
    dead.add(4_000_001);
    expect(await mine.hold('heir', { timeoutMs: 60_000 }, async () => 'in')).to.equal('in');
    leave();
    await held;
    expect(await mine.hold('after', { timeoutMs: 60_000 }, async () => 'in')).to.equal('in');
  });

  for (const content of ['', '{"state":"he', 'null', '\0\0\0\0', '{"state":"held","identity":{"pid":"x"}}']) {
    it(`survives a damaged lock file: ${JSON.stringify(content)}`, async () => {
      const lock = lockOf();
      await lock.hold('first', { timeoutMs: 60_000 }, async () => {
        writeFileSync(join(lock.path, '1'), content);
        const second = await lock.hold('second', { timeoutMs: 30 }, async () => 'in').catch((error: unknown) => error);
        expect(isEnvctlError(second) && second.code, 'the holder still lives').to.equal('ENVCTL_E_LOCK_TIMEOUT');
      });
      writeFileSync(join(lock.path, '1'), content);
      expect(await lock.hold('third', { timeoutMs: 60_000 }, async () => 'in')).to.equal('in');
    });
  }

  it('survives a directory in the place of its file', async () => {
    const lock = lockOf();
    await lock.hold('first', { timeoutMs: 1000 }, async () => 'in');
    unlinkSync(join(lock.path, '1'));
    mkdirSync(join(lock.path, '1/inside'), { recursive: true });
    for (const purpose of ['second', 'third']) expect(await lock.hold(purpose, { timeoutMs: 1000 }, async () => 'in')).to.equal('in');

    await lock.hold('fourth', { timeoutMs: 1000 }, async () => {
      unlinkSync(join(lock.path, '4'));
      mkdirSync(join(lock.path, '4'));
      const other = await lock.hold('fifth', { timeoutMs: 30 }, async () => 'in').catch((error: unknown) => error);
      expect(isEnvctlError(other) && other.code, 'the holder still lives').to.equal('ENVCTL_E_LOCK_TIMEOUT');
    });
    expect(await lock.hold('sixth', { timeoutMs: 1000 }, async () => 'in')).to.equal('in');
  });

  it('says what to move away where a file stands in the place of its directory', async () => {
    const lock = lockOf();
    writeFileSync(lock.path, '');
    const error = await lock.hold('first', { timeoutMs: 1000 }, async () => 'in').catch((reason: unknown) => reason);
    expect(error).to.deep.include({ code: 'ENVCTL_E_STATE_WRITE', message: `Cannot write ${lock.path}: ${lock.path} is not a directory (ENOTDIR).`, hints: [`Move it away, then run the command again: mv '${lock.path}' '${lock.path}.away'`] });
    renameSync(lock.path, `${lock.path}.away`);
    expect(await lock.hold('second', { timeoutMs: 1000 }, async () => 'in')).to.equal('in');
  });

  it('is given back even when its prepared release was swept away', async () => {
    const lock = lockOf();
    await lock.hold('first', { timeoutMs: 60_000 }, async () => {
      expect(await sweepTemporaryFiles(lock.path, () => false)).to.have.length(1);
    });
    expect(await lock.hold('second', { timeoutMs: 0 }, async () => 'in')).to.equal('in');
  });

  it('survives SIGKILLed holders: no two at once, no update lost', async function () {
    this.timeout(120_000);
    writeFileSync(join(directory.path, 'counter'), '0');
    const values: number[] = [];
    const start = (rounds: number): ChildProcess => {
      const child = spawn(process.execPath, [workerPath, directory.path, String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let rest = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        values.push(...lines.map(Number));
      });
      return child;
    };
    const steady = Array.from({ length: 3 }, () => start(60));
    let kills = 0;
    const victims = async (): Promise<void> => {
      for (let turn = 0; turn < 12; turn += 1) {
        const child = start(100_000);
        const closed = once(child, 'close');
        // Killed after a varying number of its own rounds, at whatever point it then is.
        for (let seen = 0; seen <= turn % 5; seen += 1) await once(child.stdout as NodeJS.ReadableStream, 'data');
        child.kill('SIGKILL');
        await closed;
        kills += 1;
      }
    };
    await Promise.all([...steady.map(async (child) => { await once(child, 'close'); expect(child.exitCode).to.equal(0); }), victims(), victims()]);
    expect(existsSync(join(directory.path, 'violation')) && readFileSync(join(directory.path, 'violation'), 'utf8')).to.equal(false);
    expect(kills).to.equal(24);
    expect(new Set(values).size, 'a value written twice').to.equal(values.length);
    expect(Number(readFileSync(join(directory.path, 'counter'), 'utf8'))).to.be.at.least(values.length);
    const lockPath = join(directory.path, 'hammer.lock');
    for (const place of [directory.path, lockPath]) await sweepTemporaryFiles(place, (pid, startTicks) => isAlive({ pid, startTicks }));
    expect(readdirSync(lockPath).filter((name) => name.startsWith('.envctl-tmp-'))).to.deep.equal([]);
  });

  it('keeps the temporary files of the living and sweeps those of the dead', async () => {
    const living = temporaryName(join(directory.path, 'state.json'));
    const dead = temporaryName(join(directory.path, 'state.json'), { pid: process.pid, startTicks: '1' });
    for (const path of [living, dead]) writeFileSync(path, 'x');
    writeFileSync(join(directory.path, 'state.json'), 'x');
    expect(await sweepTemporaryFiles(directory.path, (pid, startTicks) => isAlive({ pid, startTicks }))).to.deep.equal([dead]);
    expect(readdirSync(directory.path)).to.have.length(2);
    expect(await sweepTemporaryFiles(join(directory.path, 'missing'), () => false)).to.deep.equal([]);
  });

  it('judges the files of another container by their age alone', async () => {
    const gone = { pid: 4_194_305, startTicks: '1' };
    const own = temporaryName(join(directory.path, 'state.json'), gone);
    const foreign = temporaryName(join(directory.path, 'state.json'), { ...gone, pidNamespace: 'pid:[another]' });
    const old = temporaryName(join(directory.path, 'state.json'), { ...gone, bootId: 'another boot' });
    for (const path of [own, foreign, old]) writeFileSync(path, 'x');
    utimesSync(old, 1, 1);
    expect((await sweepTemporaryFiles(directory.path, () => false)).sort()).to.deep.equal([own, old].sort());
    expect(readdirSync(directory.path)).to.deep.equal([basename(foreign)]);
  });
});
