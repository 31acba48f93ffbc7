import type { Stamp, StoreRoutine, StoreStep } from '../../dist/ports/store-protocol.js';

/** What the model stores: an id, and which process wrote it. */
export interface ModelRecord {
  readonly id: string;
  readonly holder: string;
}

/** What a modelled process reports while it runs. */
export type Belief = 'holds' | 'holds-not';

export interface ModelContext {
  readonly name: string;
  /** A fresh record of this process. */
  record(): ModelRecord;
  believe(belief: Belief): void;
}

export type ModelProcess = (context: ModelContext) => StoreRoutine<ModelRecord, unknown>;

export interface Exploration {
  readonly states: number;
  readonly violations: readonly string[];
  /** Results of all processes in each final state without a crash. */
  readonly outcomes: ReadonlySet<string>;
}

interface Snapshot {
  readonly files: ReadonlyMap<string, ModelRecord>;
  /** Answers each process got so far; a generator is replayed from them. */
  readonly answers: readonly (readonly unknown[])[];
  readonly crashed: ReadonlySet<number>;
}

/**
 * Runs every interleaving of the processes' file operations, with up to `crashes` processes killed at any
 * point, and checks after each step that no two living processes believe they hold.
 */
export function explore(start: ReadonlyMap<string, ModelRecord>, processes: readonly ModelProcess[], crashes: number): Exploration {
  const seen = new Set<string>();
  const violations: string[] = [];
  const outcomes = new Set<string>();
  const stack: Snapshot[] = [{ files: start, answers: processes.map(() => []), crashed: new Set() }];

  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const key = JSON.stringify([[...state.files].sort(), state.answers, [...state.crashed].sort()]);
    if (seen.has(key)) continue;
    seen.add(key);
    const runs = processes.map((process, index) => replay(process, index, state.answers[index] ?? []));
    const holding = runs.flatMap((run, index) => (run.belief === 'holds' && !state.crashed.has(index) ? [index] : []));
    if (holding.length > 1) violations.push(`processes ${holding.join(' and ')} hold at once: ${key}`);
    const open = runs.flatMap((run, index) => (run.step === undefined || state.crashed.has(index) ? [] : [index]));
    if (open.length === 0 && state.crashed.size === 0) outcomes.add(JSON.stringify(runs.map((run) => run.result)));
    for (const index of open) {
      const step = runs[index]?.step;
      if (step === undefined) continue;
      const files = new Map(state.files);
      const answer = perform(step, files, state.crashed);
      stack.push({ ...state, files, answers: state.answers.with(index, [...(state.answers[index] ?? []), answer]) });
      if (state.crashed.size < crashes) stack.push({ ...state, crashed: new Set([...state.crashed, index]) });
    }
  }
  return { states: seen.size, violations, outcomes };
}

interface Run {
  readonly step: StoreStep<ModelRecord> | undefined;
  readonly belief: Belief;
  readonly result: unknown;
}

/** The process after it got `answers`: its next visible step, or its result. */
function replay(process: ModelProcess, index: number, answers: readonly unknown[]): Run {
  let count = 0;
  let belief: Belief = 'holds-not';
  const name = `p${index}`;
  const fresh = (): ModelRecord => ({ id: `${name}-${(count += 1)}`, holder: name });
  const routine = process({ name, record: fresh, believe: (next) => (belief = next) });
  const staged = new Map<string, ModelRecord>();
  let position = 0;
  let turn = routine.next();
  while (turn.done !== true) {
    const step = turn.value;
    // Staged files and new claim records are private to a process: they commute with everything.
    if (step.op === 'stage') {
      const path = `tmp/${name}/${step.record.id}`;
      staged.set(path, step.record);
      turn = routine.next(path);
    } else if (step.op === 'claim') turn = routine.next(fresh());
    else if (step.op === 'unlink' && staged.delete(step.path)) turn = routine.next();
    else if (position < answers.length) turn = routine.next(answers[position++]);
    else return { step: withContent(step, staged), belief, result: undefined };
  }
  return { step: undefined, belief, result: turn.value };
}

type VisibleStep = StoreStep<ModelRecord> & { content?: ModelRecord | undefined };

function withContent(step: StoreStep<ModelRecord>, staged: ReadonlyMap<string, ModelRecord>): VisibleStep {
  return step.op === 'link' || step.op === 'rename' ? { ...step, content: staged.get(step.from) } : step;
}

function perform(step: VisibleStep, files: Map<string, ModelRecord>, crashed: ReadonlySet<number>): unknown {
  switch (step.op) {
    case 'link':
      if (files.has(step.to) || step.content === undefined) return false;
      files.set(step.to, step.content);
      return true;
    case 'rename':
      if (step.content === undefined) throw new Error(`nothing staged at ${step.from}`);
      files.set(step.to, step.content);
      return null;
    case 'unlink':
      files.delete(step.path);
      return null;
    case 'read': {
      const record = files.get(step.path);
      return record === undefined ? undefined : ({ id: record.id, record } satisfies Stamp<ModelRecord>);
    }
    case 'alive': {
      const holder = step.stamp.record?.holder ?? 'dead';
      return holder !== 'dead' && !crashed.has(Number(holder.slice(1)));
    }
    default:
      throw new Error(`unexpected step ${step.op}`);
  }
}
