import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLedger, readLatestState, type RunState, sweepScope } from '../../dist/state/index.js';
import { isAlive, ownIdentity, repositoryIn, stateOf, temporaryDirectory } from './support.js';

const workerPath = fileURLToPath(new URL('./commit-worker.js', import.meta.url));

describe('state after SIGKILL at every seam point', function () {
  this.timeout(120_000);
  let root: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { root = temporaryDirectory(); });
  afterEach(() => root.remove());

  async function prepared(name: string): Promise<{ scope: string; before: RunState }> {
    const scope = join(root.path, name);
    const before = await repositoryIn(scope).commit({ runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000) });
    return { scope, before };
  }

  async function work(scope: string, what: string, killAt: number): Promise<{ points: readonly string[]; signal: string | null }> {
    const child = spawn(process.execPath, [workerPath, scope, what, String(killAt)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
    await once(child, 'close');
    return { points: output.trim().split('\n'), signal: child.signalCode };
  }

  async function kindsOfEnd(what: string, check: (scope: string, before: RunState) => Promise<string>): Promise<ReadonlySet<string>> {
    const rehearsal = await prepared('rehearsal');
    const { points, signal } = await work(rehearsal.scope, what, 0);
    expect(signal).to.equal(null);
    const ends = new Set<string>();
    const queue = points.map((point, index) => ({ point, killAt: index + 1 }));
    const lane = async (): Promise<void> => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        const { scope, before } = await prepared(`kill-${job.killAt}`);
        expect((await work(scope, what, job.killAt)).signal, job.point).to.equal('SIGKILL');
        const end = await check(scope, before).catch((error: unknown) => { throw new Error(`${job?.point}: ${String(error)}`); });
        ends.add(end);
        await sweepScope(scope, (pid, startTicks) => isAlive({ pid, startTicks }));
        const left = readdirSync(scope, { recursive: true }).map(String).filter((name) => name.includes('.envctl-tmp-'));
        expect(left, job.point).to.deep.equal([]);
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    expect(points.length).to.be.greaterThan(3);
    return ends;
  }

  async function nextCommitWorks(scope: string): Promise<void> {
    const state = await repositoryIn(scope).commit({ runId: 'run-3', mode: 'main', merge: () => stateOf('run-3', 'Main', 7000) });
    expect((await repositoryIn(scope).load())?.state).to.deep.equal(state);
  }

  it('commit leaves the old state or the new one, whole', async () => {
    const ends = await kindsOfEnd('commit', async (scope, before) => {
      const loaded = await repositoryIn(scope).load();
      expect(loaded?.damaged).to.deep.equal([]);
      expect(readLatestState(scope)).to.deep.equal(loaded?.state);
      const runId = loaded?.state.run_id ?? 'none';
      if (runId === 'run-1') expect(loaded?.state).to.deep.equal(before);
      else expect(loaded?.state.services['Main Backend']?.actual_port).to.equal(9000);
      // Whatever a pointer names is there and whole.
      for (const pointer of ['.last_state', '.last_state.main']) JSON.parse(readFileSync(readFileSync(join(scope, pointer), 'utf8').trim(), 'utf8'));
      await nextCommitWorks(scope);
      return runId;
    });
    expect([...ends].sort()).to.deep.equal(['run-1', 'run-2']);
  });

  it('update leaves the run before or after the change', async () => {
    const ends = await kindsOfEnd('update', async (scope) => {
      const state = (await repositoryIn(scope).load())?.state;
      expect(state?.run_id).to.equal('run-1');
      await nextCommitWorks(scope);
      return String(Object.keys(state?.services ?? {}).length);
    });
    expect([...ends].sort()).to.deep.equal(['0', '1']);
  });

  it('a recorded failure never touches the last good state', async () => {
    const ends = await kindsOfEnd('failure', async (scope, before) => {
      expect((await repositoryIn(scope).load())?.state).to.deep.equal(before);
      await nextCommitWorks(scope);
      return 'kept';
    });
    expect([...ends]).to.deep.equal(['kept']);
  });

  it('clear leaves the whole state or none, never an older one', async () => {
    const ends = await kindsOfEnd('clear', async (scope, before) => {
      const loaded = await repositoryIn(scope).load();
      if (loaded !== undefined) expect(loaded.state).to.deep.equal(before);
      await repositoryIn(scope).clear();
      expect(await repositoryIn(scope).load()).to.equal(undefined);
      await nextCommitWorks(scope);
      return loaded === undefined ? 'none' : 'whole';
    });
    expect([...ends].sort()).to.deep.equal(['none', 'whole']);
  });

  it('the ledger knows a resource from the intent to the release', async () => {
    const ends = await kindsOfEnd('ledger', async (scope) => {
      const ledger = createLedger({ directory: join(scope, 'ledger'), now: () => 1, self: ownIdentity() });
      const { entries, damaged } = await ledger.list();
      expect(damaged).to.deep.equal([]);
      return entries.map((entry) => entry.phase).join() || 'none';
    });
    expect([...ends].sort()).to.deep.equal(['confirmed', 'intent', 'none']);
  });

  it('a copied scope directory still loads', async () => {
    const { scope, before } = await prepared('original');
    cpSync(scope, join(root.path, 'copy'), { recursive: true });
    expect((await repositoryIn(join(root.path, 'copy')).load())?.state).to.deep.equal(before);
  });
});
