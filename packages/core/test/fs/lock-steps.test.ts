import { expect } from 'chai';
import { firstLockStep, type LockReply, type LockStep, nextLockStep, toLockRequest } from '../../dist/fs/lock-steps.js';

/** What a generation's file says: who wrote it, and whether it was released. */
interface Generation { readonly holder: number; readonly released: boolean }
interface Contender { readonly step: LockStep; readonly alive: boolean; readonly turns: number; readonly inside: boolean }
interface World { readonly disk: Readonly<Record<string, Generation>>; readonly contenders: readonly Contender[]; readonly crashes: number }

/** The real machine, or a broken one, over a disk where each request is one atomic system call. */
type Next = typeof nextLockStep;

function answer(world: World, step: LockStep, who: number): { reply: LockReply; disk: World['disk'] } {
  const request = toLockRequest(step);
  const { disk, contenders } = world;
  switch (request.op) {
    case 'list': return { reply: { generations: Object.keys(disk).map(Number) }, disk };
    case 'judge': {
      const file = disk[request.generation];
      if (file === undefined) return { reply: { verdict: 'missing' }, disk };
      return { reply: { verdict: file.released || contenders[file.holder]?.alive === false ? 'free' : 'held' }, disk };
    }
    case 'create':
      if (disk[request.generation] !== undefined) return { reply: { created: false }, disk };
      return { reply: { created: true }, disk: { ...disk, [request.generation]: { holder: who, released: false } } };
    case 'remove': {
      const { [request.generation]: _gone, ...rest } = disk;
      return { reply: { done: true }, disk: rest };
    }
    case 'wait':
    case 'enter': return { reply: { done: true }, disk };
  }
}

/** Every world that one turn of contender `who` leads to. */
function turnsOf(world: World, who: number, next: Next): readonly World[] {
  const contender = world.contenders[who];
  if (contender === undefined || !contender.alive || contender.turns === 0) return [];
  const replace = (change: Partial<Contender>, disk = world.disk, crashes = world.crashes): World => ({
    disk, crashes, contenders: world.contenders.map((item, index) => (index === who ? { ...item, ...change } : item)),
  });
  const crashed = world.crashes > 0 ? [replace({ alive: false, inside: false }, world.disk, world.crashes - 1)] : [];
  const request = toLockRequest(contender.step);
  if (contender.inside && request.op === 'enter') {
    const released = { ...world.disk, [request.generation]: { holder: who, released: true } };
    return [...crashed, replace({ inside: false, step: firstLockStep, turns: contender.turns - 1 }, released)];
  }
  if (request.op === 'enter') return [...crashed, replace({ inside: true })];
  const { reply, disk } = answer(world, contender.step, who);
  return [...crashed, replace({ step: next(contender.step, reply) }, disk)];
}

function explore(count: number, turns: number, crashes: number, next: Next = nextLockStep): { worlds: number; violation: World | undefined; stuck: World | undefined } {
  const start: World = { disk: {}, crashes, contenders: Array.from({ length: count }, () => ({ step: firstLockStep, alive: true, turns, inside: false })) };
  const seen = new Set<string>([JSON.stringify(start)]);
  const open = [start];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    if (world.contenders.filter((item) => item.inside).length > 1) return { worlds: seen.size, violation: world, stuck: undefined };
    const unfinished = world.contenders.some((item) => item.alive && item.turns > 0);
    if (unfinished && !canFinish(world, next)) return { worlds: seen.size, violation: undefined, stuck: world };
    for (let who = 0; who < count; who += 1) {
      for (const following of turnsOf(world, who, next)) {
        const key = JSON.stringify(following);
        if (seen.has(key)) continue;
        seen.add(key);
        open.push(following);
      }
    }
  }
  return { worlds: seen.size, violation: undefined, stuck: undefined };
}

/** With everybody taking turns and nobody dying any more, all get their turns. */
function canFinish(world: World, next: Next): boolean {
  let current: World = { ...world, crashes: 0 };
  for (let round = 0; round < 200; round += 1) {
    if (!current.contenders.some((item) => item.alive && item.turns > 0)) return true;
    for (let who = 0; who < current.contenders.length; who += 1) {
      const [following] = turnsOf(current, who, next);
      if (following !== undefined) current = following;
    }
  }
  return false;
}

describe('generation lock protocol, all interleavings', function () {
  this.timeout(120_000);

  for (const [contenders, turns, crashes] of [[2, 3, 0], [2, 3, 2], [3, 1, 3], [3, 2, 0]] as const) {
    it(`never has two holders and never sticks: ${contenders} contenders, ${turns} turns each, ${crashes} crashes`, () => {
      const result = explore(contenders, turns, crashes);
      expect(result.violation, JSON.stringify(result.violation)).to.equal(undefined);
      expect(result.stuck, JSON.stringify(result.stuck)).to.equal(undefined);
      expect(result.worlds).to.be.greaterThan(500);
    });
  }

  it('finds two holders when a contender does not look again after creating', () => {
    const hasty: Next = (step, reply) => {
      const next = nextLockStep(step, reply);
      return next.at === 'verify' ? { at: 'hold', generation: next.generation } : next;
    };
    expect(explore(3, 2, 0, withCleaningHolder(hasty)).violation).not.to.equal(undefined);
  });
});

/** A machine that cleans older generations at once, so that a slow contender's number may be free again. */
function withCleaningHolder(next: Next): Next {
  return (step, reply) => {
    const following = next(step, reply);
    return following.at === 'hold' && step.at === 'create' && following.generation > 1
      ? { at: 'clean', generation: following.generation, old: [following.generation - 1] }
      : following;
  };
}
