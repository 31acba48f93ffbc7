/**
 * Compare-and-swap on files, for processes that may die at any instruction.
 *
 * Invariant: the file at a path changes only (a) from absent to a record, by link(2), or (b) from the
 * record with id X to its successor, by a process that holds the claim on X. The claim is a file named
 * after X. Ids are never reused, so a slow process that judged X long ago finds either the claim taken
 * or another id at the path, and backs off: two breakers of one dead holder never both win. A claim
 * whose holder died is itself replaced by the same rule, through the claim on the claim's own id.
 *
 * The routines are generators over single file operations. One driver runs them on the disk, another in
 * tests runs every interleaving and every crash of them.
 */

/** A stored record as far as the protocol cares. */
export interface Stamp<R> {
  readonly id: string;
  /** Absent when the file is damaged; its id is then derived from its bytes. */
  readonly record: R | undefined;
}

export type StoreStep<R> =
  | { readonly op: 'stage'; readonly record: R }
  | { readonly op: 'link'; readonly from: string; readonly to: string }
  | { readonly op: 'rename'; readonly from: string; readonly to: string }
  | { readonly op: 'unlink'; readonly path: string }
  | { readonly op: 'read'; readonly path: string }
  | { readonly op: 'alive'; readonly stamp: Stamp<R> }
  | { readonly op: 'claim' };

export type StoreRoutine<R, T> = Generator<StoreStep<R>, T, unknown>;

/** `busy`: a living process is about to change it, try again soon; `changed`: it is not the record you saw. */
export type ReplaceOutcome = 'done' | 'changed' | 'busy';

/** Creates `path` with its content in one step; false when something is there. */
export function* publish<R>(path: string, record: R): StoreRoutine<R, boolean> {
  const staged = yield* stage(record);
  try {
    return (yield { op: 'link', from: staged, to: path }) as boolean;
  } finally {
    yield { op: 'unlink', path: staged };
  }
}

/** Replaces the record `expectedId` at `path` by `next`, or removes it. */
export function* replace<R>(path: string, expectedId: string, next: R | undefined): StoreRoutine<R, ReplaceOutcome> {
  const claim = claimName(path, expectedId);
  if (!(yield* occupy<R>(claim))) return 'busy';
  // A full disk must not leave the claim to a process that lives on.
  try {
    const current = yield* read<R>(path);
    if (current?.id !== expectedId) return 'changed';
    if (next === undefined) yield { op: 'unlink', path };
    else yield* overwrite(path, next);
    return 'done';
  } finally {
    yield { op: 'unlink', path: claim };
  }
}

/** The record at `path`; undefined when there is none. */
export function* read<R>(path: string): StoreRoutine<R, Stamp<R> | undefined> {
  return (yield { op: 'read', path }) as Stamp<R> | undefined;
}

/** Name of the claim on a record, in the directory of the record. */
export function claimName(path: string, id: string): string {
  const slash = path.lastIndexOf('/');
  return `${path.slice(0, slash + 1)}.envctl-claim-${id}`;
}

function* occupy<R>(claim: string): StoreRoutine<R, boolean> {
  const mine = (yield { op: 'claim' }) as R;
  if (yield* publish(claim, mine)) return true;
  const found = yield* read<R>(claim);
  if (found === undefined || ((yield { op: 'alive', stamp: found }) as boolean)) return false;
  return (yield* replace(claim, found.id, mine)) === 'done';
}

function* overwrite<R>(path: string, next: R): StoreRoutine<R, void> {
  const staged = yield* stage(next);
  try {
    yield { op: 'rename', from: staged, to: path };
  } catch (error) {
    yield { op: 'unlink', path: staged };
    throw error;
  }
}

function* stage<R>(record: R): StoreRoutine<R, string> {
  return (yield { op: 'stage', record }) as string;
}
