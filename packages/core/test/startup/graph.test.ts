import { expect } from 'chai';
import fc from 'fast-check';
import { EnvctlError, type EdgeCondition } from '../../dist/contract/index.js';
import { assertAcyclic, firstFailure, runGraph, type GraphEdge, type GraphNode } from '../../dist/startup/graph.js';

const never = new AbortController().signal;

/** A promise with its handles outside. */
function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function node(id: string, needs: readonly (string | GraphEdge)[], run: GraphNode['run'] = () => Promise.resolve()): GraphNode {
  return { id, needs: needs.map((need) => (typeof need === 'string' ? { id: need, condition: 'ready' } : need)), run };
}

/** Rejects when the node's signal aborts, like everything a node awaits. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

describe('runGraph', () => {
  it('runs what does not depend on each other at the same time', async () => {
    const both = [deferred(), deferred()] as const;
    // Each ends only when the other has begun: one after the other would never end.
    const outcomes = await runGraph([node('a', [], () => (both[0].resolve(), both[1].promise)), node('b', [], () => (both[1].resolve(), both[0].promise))], { signal: never });
    expect([...outcomes.values()].map(({ status }) => status)).to.deep.equal(['done', 'done']);
  });

  it('starts a node when what it needs has reached the condition, not later', async () => {
    const dependentRan = deferred();
    const server = node('server', [], async ({ reached }) => {
      reached('started');
      await dependentRan.promise;
    });
    const outcomes = await runGraph([server, node('watcher', [{ id: 'server', condition: 'started' }], () => Promise.resolve(dependentRan.resolve()))], { signal: never });
    expect(outcomes.get('watcher')).to.include({ status: 'done' });
  });

  it('keeps a node that needs ready waiting while started is all there is', async () => {
    const order: string[] = [];
    const server = node('server', [], async ({ reached }) => {
      reached('started');
      await Promise.resolve();
      order.push('server ready');
    });
    await runGraph([node('app', ['server'], () => Promise.resolve(void order.push('app'))), server], { signal: never });
    expect(order).to.deep.equal(['server ready', 'app']);
  });

  it('a failure aborts what runs and skips what waits; only the culprit has failed', async () => {
    const broken = new Error('broken');
    const sibling = deferred();
    const outcomes = await runGraph(
      [
        node('bad', [], () => sibling.promise.then(() => Promise.reject(broken))),
        node('sibling', [], ({ signal }) => (sibling.resolve(), untilAborted(signal))),
        node('after', ['bad']),
        node('polite', [], ({ signal }) => untilAborted(signal).catch(() => Promise.reject(Object.assign(new Error('aborted'), { name: 'AbortError' })))),
      ],
      { signal: never },
    );
    expect(firstFailure(outcomes)).to.deep.equal({ id: 'bad', error: broken, message: 'broken' });
    expect(Object.fromEntries([...outcomes].map(([id, { status }]) => [id, status]))).to.deep.equal({ bad: 'failed', sibling: 'skipped', after: 'skipped', polite: 'skipped' });
  });

  it('a node that fails by itself while others are aborted is a failure too', async () => {
    const outcomes = await runGraph(
      [node('first', [], () => Promise.reject(new Error('first'))), node('second', [], ({ signal }) => untilAborted(signal).catch(() => Promise.reject(new Error('second'))))],
      { signal: never },
    );
    expect(outcomes.get('second')).to.have.nested.property('error.message', 'second');
    expect(firstFailure(outcomes)).to.include({ id: 'first' });
  });

  it('a cancelled graph resolves with everything skipped', async () => {
    const cancel = new AbortController();
    const outcomes = await runGraph([node('a', [], ({ signal }) => (cancel.abort(new Error('cancelled')), untilAborted(signal))), node('b', ['a'])], { signal: cancel.signal });
    expect([...outcomes.values()]).to.deep.equal([{ status: 'skipped', reason: 'cancelled' }, { status: 'skipped', reason: 'cancelled' }]);
    expect(firstFailure(outcomes)).to.equal(undefined);
  });

  const conditions: readonly EdgeCondition[] = ['started', 'log-ready', 'ready', 'healthy', 'completed'];
  const implied: Readonly<Record<EdgeCondition, readonly EdgeCondition[]>> = {
    started: ['started'],
    'log-ready': ['started', 'log-ready'],
    ready: ['started', 'ready'],
    healthy: ['started', 'ready', 'healthy'],
    completed: ['started', 'completed'],
  };
  for (const reached of conditions) {
    it(`what is ${reached} lets exactly those run that need ${implied[reached].join(' or ')}`, async () => {
      const ran: string[] = [];
      const watchers = conditions.map((condition) => ({ ...node(condition, [{ id: 'server', condition }], () => Promise.resolve(void ran.push(condition))), critical: false }));
      const outcomes = await runGraph([{ ...node('server', []), reaches: reached }, ...watchers], { signal: never });
      expect(ran).to.have.members([...implied[reached]]);
      for (const condition of conditions.filter((candidate) => !ran.includes(candidate))) {
        expect(outcomes.get(condition)).to.deep.equal({ status: 'skipped', reason: `not started: ${condition} needs server, which did not become ${condition}`, blockedBy: 'server', tolerated: true });
      }
    });
  }

  it('failure is transitive, with every link of the chain; what needs nothing of it runs', async () => {
    const told: string[] = [];
    const chain = (id: string, needs: readonly (string | GraphEdge)[]): GraphNode => ({ ...node(id, needs), critical: false, skipped: (reason) => void told.push(`${id}: ${reason}`) });
    const outcomes = await runGraph(
      [chain('web', ['worker']), chain('worker', [{ id: 'migrate', condition: 'completed' }]), { ...node('migrate', [], () => Promise.reject(new Error('exited with code 3'))), label: 'the migration', critical: false }, chain('other', [])],
      { signal: never },
    );
    expect(told).to.deep.equal([
      'worker: not started: worker needs the migration, which failed: exited with code 3',
      'web: not started: web needs worker, which was not started: worker needs the migration, which failed: exited with code 3',
    ]);
    expect(outcomes.get('other')).to.include({ status: 'done' });
    expect(outcomes.get('web')).to.include({ blockedBy: 'migrate' });
    expect(firstFailure(outcomes)).to.equal(undefined);
  });

  it('a critical node that needs what failed is a failure, with the advice of what failed', async () => {
    const sibling = deferred();
    const broken = new EnvctlError('ENVCTL_E_SERVICE_FAILED', 'exited with code 3', { hints: ['mend it'] });
    const outcomes = await runGraph(
      [
        { ...node('migrate', [], () => sibling.promise.then(() => Promise.reject(broken))), critical: false },
        node('worker', [{ id: 'migrate', condition: 'completed' }]),
        node('sibling', [], ({ signal }) => (sibling.resolve(), untilAborted(signal))),
      ],
      { signal: never },
    );
    const failure = firstFailure(outcomes);
    expect(failure).to.include({ id: 'worker', message: 'not started: worker needs migrate, which failed: exited with code 3' });
    expect(failure?.error).to.have.property('hints').that.deep.equals(['mend it']);
    expect(outcomes.get('sibling')).to.include({ status: 'skipped' });
  });

  it('an optional edge waits for what it names, and does without it when it fails', async () => {
    const order: string[] = [];
    const cache = deferred();
    const app = (need: string): GraphNode => node(`app of ${need}`, [{ id: need, condition: 'ready', optional: true }], () => Promise.resolve(void order.push(`app of ${need}`)));
    await runGraph(
      [
        { ...node('cache', [], () => cache.promise.then(() => void order.push('cache'))), critical: false },
        { ...node('broken', [], () => (cache.resolve(), Promise.reject(new Error('broken')))), critical: false },
        app('cache'),
        app('broken'),
      ],
      { signal: never },
    );
    expect(order).to.have.members(['cache', 'app of cache', 'app of broken']);
    expect(order.indexOf('cache')).to.be.below(order.indexOf('app of cache'));
  });

  it('names a circle', () => {
    expect(() => assertAcyclic([node('a', ['b']), node('b', ['c']), node('c', ['b'])])).to.throw('b → c → b').with.property('code', 'ENVCTL_E_DEPENDENCY_CYCLE');
    expect(() => assertAcyclic([node('a', ['ghost'])])).to.throw('ghost').with.property('code', 'ENVCTL_E_BUG');
  });

  it('property: after every step exactly those run whose needs are met', async () => {
    const graphs = fc.integer({ min: 1, max: 9 }).chain((size) => fc.tuple(fc.constant(size), fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 20 }), fc.infiniteStream(fc.nat())));
    await fc.assert(
      fc.asyncProperty(graphs, async ([size, pairs, choices]) => {
        const ids = Array.from({ length: size }, (_value, index) => String(index));
        const needsOf = (id: string) => [...new Set(pairs.filter(([from, to]) => String(Math.max(from, to)) === id && from !== to).map(([from, to]) => String(Math.min(from, to))))];
        const gates = new Map(ids.map((id) => [id, deferred()]));
        const running = new Set<string>();
        const done = new Set<string>();
        const finished = runGraph(ids.map((id) => node(id, needsOf(id), () => (running.add(id), gates.get(id)!.promise))), { signal: never });
        while (done.size < size) {
          await new Promise((resolve) => setImmediate(resolve));
          const expected = ids.filter((id) => !done.has(id) && needsOf(id).every((need) => done.has(need)));
          expect([...running].filter((id) => !done.has(id)).sort()).to.deep.equal(expected.sort());
          const next = expected[(choices.next().value as number) % expected.length]!;
          done.add(next);
          gates.get(next)!.resolve();
        }
        expect((await finished).size).to.equal(size);
      }),
      { numRuns: 60 },
    );
  });
});
