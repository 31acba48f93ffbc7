/**
 * The generation lock as a pure step machine, so that a model checker and the real disk run the same code.
 *
 * The lock is a directory of files named by growing integers. The highest generation is the lock: it is
 * free when its content says released or its holder is dead, and whoever creates the next one by an
 * exclusive link(2) takes it. Invariants: the highest generation is never removed, so it only grows; a
 * generation that was free never becomes held again. A contender that looked away may create a generation
 * below the highest (its number was cleaned up meanwhile): it looks again after creating and steps back.
 */

export type LockRequest =
  | { readonly op: 'list' }
  | { readonly op: 'judge'; readonly generation: number }
  | { readonly op: 'create'; readonly generation: number }
  | { readonly op: 'remove'; readonly generation: number }
  /** The holder lives: wait a little, answer `done`. */
  | { readonly op: 'wait'; readonly generation: number }
  /** The lock is ours; release it by rewriting this generation. */
  | { readonly op: 'enter'; readonly generation: number };

export type LockReply =
  | { readonly generations: readonly number[] }
  | { readonly verdict: 'free' | 'held' | 'missing' }
  | { readonly created: boolean }
  | { readonly done: true };

export type LockStep =
  | { readonly at: 'look' }
  | { readonly at: 'judge'; readonly generation: number }
  | { readonly at: 'wait'; readonly generation: number }
  | { readonly at: 'create'; readonly generation: number }
  | { readonly at: 'verify'; readonly generation: number }
  | { readonly at: 'step-back'; readonly generation: number }
  | { readonly at: 'clean'; readonly generation: number; readonly old: readonly number[] }
  | { readonly at: 'hold'; readonly generation: number };

export const firstLockStep: LockStep = { at: 'look' };

/** What to do in a step. */
export function toLockRequest(step: LockStep): LockRequest {
  switch (step.at) {
    case 'look':
    case 'verify': return { op: 'list' };
    case 'judge': return { op: 'judge', generation: step.generation };
    case 'wait': return { op: 'wait', generation: step.generation };
    case 'create': return { op: 'create', generation: step.generation };
    case 'step-back': return { op: 'remove', generation: step.generation };
    case 'clean': {
      const [oldest] = step.old;
      return oldest === undefined ? { op: 'enter', generation: step.generation } : { op: 'remove', generation: oldest };
    }
    case 'hold': return { op: 'enter', generation: step.generation };
  }
}

/** The step after the answer to {@link toLockRequest}. */
export function nextLockStep(step: LockStep, reply: LockReply): LockStep {
  switch (step.at) {
    case 'look': {
      const highest = highestOf(reply);
      return highest === 0 ? { at: 'create', generation: 1 } : { at: 'judge', generation: highest };
    }
    case 'judge': {
      const verdict = 'verdict' in reply ? reply.verdict : 'missing';
      if (verdict === 'free') return { at: 'create', generation: step.generation + 1 };
      return verdict === 'held' ? { at: 'wait', generation: step.generation } : firstLockStep;
    }
    case 'wait': return firstLockStep;
    case 'create': return 'created' in reply && reply.created ? { at: 'verify', generation: step.generation } : firstLockStep;
    case 'verify': {
      const highest = highestOf(reply);
      if (highest > step.generation) return { at: 'step-back', generation: step.generation };
      // Somebody removed the whole directory: what was created there is not a lock any more.
      if (highest < step.generation) return firstLockStep;
      return toClean(step.generation, generationsOf(reply).filter((generation) => generation < step.generation));
    }
    case 'step-back': return firstLockStep;
    case 'clean': return toClean(step.generation, step.old.slice(1));
    case 'hold': return step;
  }
}

function toClean(generation: number, old: readonly number[]): LockStep {
  return old.length === 0 ? { at: 'hold', generation } : { at: 'clean', generation, old };
}

function generationsOf(reply: LockReply): readonly number[] {
  return 'generations' in reply ? reply.generations : [];
}

function highestOf(reply: LockReply): number {
  return Math.max(0, ...generationsOf(reply));
}
