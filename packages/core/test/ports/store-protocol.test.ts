import { expect } from 'chai';
import { claimName, publish, read, replace, type StoreRoutine } from '../../dist/ports/store-protocol.js';
import { explore, type ModelContext, type ModelProcess, type ModelRecord } from './interleavings.js';

const path = 'leases/8000.json';
const dead: ModelRecord = { id: 'x', holder: 'dead' };
const deadLease = new Map([[path, dead]]);
const deadLeaseAndClaim = new Map([
  [path, dead],
  [claimName(path, 'x'), { id: 'c', holder: 'dead' }],
]);

describe('store protocol', () => {
  for (const [what, start] of [
    ['nothing there', new Map()],
    ['a dead holder', deadLease],
    ['a dead holder and a breaker that died before', deadLeaseAndClaim],
  ] as const) {
    for (const [count, crashes] of [
      [2, 2],
      [3, 1],
    ] as const) {
      it(`gives ${what} to one of ${count} processes at most, in every interleaving with up to ${crashes} killed`, function () {
        this.timeout(120_000);
        const exploration = explore(start, Array.from({ length: count }, () => acquire), crashes);
        expect(exploration.violations).to.deep.equal([]);
        expect(exploration.states).to.be.greaterThan(30);
      });
    }

    it(`gives ${what} to somebody when nobody is killed`, () => {
      const { outcomes } = explore(start, [acquire, acquire], 0);
      expect([...outcomes].filter((outcome) => !outcome.includes('"held"'))).to.deep.equal([]);
    });
  }

  it('keeps one holder at a time while holders give back and others take over', function () {
    this.timeout(120_000);
    const exploration = explore(deadLease, [acquireAndRelease, acquireAndRelease, acquire], 0);
    expect(exploration.violations).to.deep.equal([]);
    expect(explore(deadLease, [acquireAndRelease, acquireAndRelease], 1).violations).to.deep.equal([]);
  });

  it('gives the claim and the staged file back when the disk fails', () => {
    for (const failing of ['stage', 'rename', 'read'] as const) {
      const routine = replace<ModelRecord>(path, 'x', { id: 'y', holder: 'p0' });
      const open = new Set<string>();
      let turn = routine.next();
      let thrown: unknown;
      try {
        while (turn.done !== true) {
          const step = turn.value;
          if (step.op === failing && open.has(claimName(path, 'x'))) turn = routine.throw(new Error('disk full'));
          else if (step.op === 'stage') turn = routine.next(staged(open, `tmp-${step.record.id}`));
          else if (step.op === 'claim') turn = routine.next({ id: 'c', holder: 'p0' });
          else if (step.op === 'link') turn = routine.next(open.add(step.to).size > 0);
          else if (step.op === 'read') turn = routine.next({ id: 'x', record: dead });
          else if (step.op === 'unlink') turn = routine.next(open.delete(step.path));
          else turn = routine.next();
        }
      } catch (error) {
        thrown = error;
      }
      expect((thrown as Error).message, failing).to.equal('disk full');
      expect([...open], failing).to.deep.equal([]);
    }
  });

  it('sees two holders when breakers simply unlink and link', () => {
    expect(explore(deadLease, [naive, naive], 0).violations).to.not.deep.equal([]);
  });

  it('sees two holders when breakers do not look again under the claim', () => {
    expect(explore(deadLease, [careless, careless], 0).violations).to.not.deep.equal([]);
  });
});

function* acquire(context: ModelContext): StoreRoutine<ModelRecord, string> {
  return (yield* take(context)) === undefined ? 'gave up' : 'held';
}

function* acquireAndRelease(context: ModelContext): StoreRoutine<ModelRecord, string> {
  const mine = yield* take(context);
  if (mine === undefined) return 'gave up';
  context.believe('holds-not');
  const outcome = yield* replace<ModelRecord>(path, mine.id, undefined);
  return outcome === 'done' ? 'held' : outcome;
}

/** The lease table's own steps, without its waiting. */
function* take(context: ModelContext): StoreRoutine<ModelRecord, ModelRecord | undefined> {
  const mine = context.record();
  const found = yield* read<ModelRecord>(path);
  if (found === undefined) {
    if (!(yield* publish(path, mine))) return undefined;
  } else {
    if ((yield { op: 'alive', stamp: found }) as boolean) return undefined;
    if ((yield* replace(path, found.id, mine)) !== 'done') return undefined;
  }
  context.believe('holds');
  return mine;
}

const naive: ModelProcess = function* (context) {
  const mine = context.record();
  const found = yield* read<ModelRecord>(path);
  if (found === undefined || ((yield { op: 'alive', stamp: found }) as boolean)) return;
  yield { op: 'unlink', path };
  if (yield* publish(path, mine)) context.believe('holds');
};

const careless: ModelProcess = function* (context) {
  const mine = context.record();
  const found = yield* read<ModelRecord>(path);
  if (found === undefined || ((yield { op: 'alive', stamp: found }) as boolean)) return;
  const claim = claimName(path, found.id);
  if (!(yield* publish(claim, context.record()))) return;
  const staged = (yield { op: 'stage', record: mine }) as string;
  yield { op: 'rename', from: staged, to: path };
  yield { op: 'unlink', path: claim };
  context.believe('holds');
};

function staged(open: Set<string>, name: string): string {
  open.add(name);
  return name;
}
