/**
 * The one writer of a scope's state. Order of every write: the run's own directory, then the latest
 * artifacts, then the index, then the pointers; all staged before the first is published, each group on
 * the disk before the next. So a crash leaves the old state or the new one, and a full disk the old one.
 */
import { dirname } from 'node:path';
import { type FaultSeam, type Mode, noSeam } from '../contract/index.js';
import type { GenerationLock } from '../fs/index.js';
import { clearState } from './clear-state.js';
import { commitRun, recordFailure, type RunChange, type RunFailure, type RunUpdate, updateRun } from './commit-run.js';
import type { DamagedCandidate } from './candidate-files.js';
import { findState } from './find-state.js';
import type { LegacyPlaces } from './legacy/legacy-places.js';
import { isLegacyState } from './legacy/legacy-state.js';
import { type MirrorOptions, syncMirror } from './legacy/mirror.js';
import { loadIndex } from './run-index.js';
import type { RunIndex } from './run-index-schema.js';
import { explainRunStateDocument, type RunState } from './run-state-schema.js';
import { runDirectory } from './state-paths.js';

export interface StateRepositoryOptions {
  /** `<runtime root>/engine/<scope id>`. */
  readonly scopeDirectory: string;
  readonly scopeId: string;
  /** The scope lock; held for each read-modify-write, never longer. */
  readonly lock: GenerationLock;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly seam?: FaultSeam;
  /** Where the original may have kept a state; absent = it is never looked for. */
  readonly legacy?: LegacyPlaces | undefined;
  /** The mirror for readers of the original; absent = none is kept. */
  readonly mirror?: MirrorOptions;
  /** Longest wait for the scope lock; default 30 s. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface StateQuery {
  /** Only a state of this mode; absent = the latest of any. */
  readonly mode?: Mode;
  /** Only this run. */
  readonly runId?: string;
  /** Also the original's state, when there is none of ours; default false. It is marked, and never merged or changed. */
  readonly legacy?: boolean;
}

export interface LoadedRun {
  readonly state: RunState;
  /** The file it was read from. */
  readonly path: string;
  /** The run's own directory: logs, history. */
  readonly directory: string;
  /** Candidates that should have been better and were not readable. */
  readonly damaged: readonly DamagedCandidate[];
}

export interface StateRepository {
  /** The latest state, validated; `undefined` when there is none. Takes no lock. */
  load(query?: StateQuery): Promise<LoadedRun | undefined>;
  /** As `load`, but tells of the damaged candidates even when no good one is left. */
  inspect(query?: StateQuery): Promise<{ readonly loaded: LoadedRun | undefined; readonly damaged: readonly DamagedCandidate[] }>;
  /** Makes a run the latest of its mode. `merge` is called under the scope lock with the state it replaces. */
  commit(change: RunChange): Promise<RunState>;
  /** Keeps a failed start as history: `runs/<id>/` and the latest error report; the latest state stays. */
  commitFailure(failure: RunFailure): Promise<void>;
  /** Changes a run in place, and the latest artifacts when it is the latest. ENVCTL_E_STATE_NOT_FOUND for an unknown run. */
  update(runId: string, change: (state: RunState) => RunState, options?: RunUpdate): Promise<RunState>;
  /** Forgets what runs (of one mode): pointers and latest artifacts; with `runs` the history too. */
  clear(options?: { readonly mode?: Mode; readonly runs?: boolean }): Promise<void>;
  index(): Promise<RunIndex>;
}

const defaultLockTimeoutMs = 30_000;

/**
 * The repository of one scope. Its writing methods throw ENVCTL_E_STATE_WRITE (the old state is then
 * intact), ENVCTL_E_LOCK_TIMEOUT, and ENVCTL_E_STATE_UNREADABLE for a state of a newer envctl.
 */
export function createStateRepository(options: StateRepositoryOptions): StateRepository {
  const { scopeDirectory, scopeId, lock, now } = options;
  const scope = { scopeDirectory, scopeId, now, seam: options.seam ?? noSeam };

  const underLock = <T>(purpose: string, work: () => Promise<T>): Promise<T> =>
    lock.hold(purpose, { timeoutMs: options.lockTimeoutMs ?? defaultLockTimeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) }, work);

  /** A change of the state, and of its mirror under the same lock. */
  const changing = <T>(purpose: string, work: () => Promise<T>): Promise<T> =>
    underLock(purpose, async () => {
      const result = await work();
      if (options.mirror !== undefined) await syncMirror(scope, options.mirror);
      return result;
    });

  const inspect: StateRepository['inspect'] = async ({ legacy = false, ...query } = {}) => {
    const { found, damaged } = findState({ scopeDirectory, scopeId, explain: explainRunStateDocument, ...query, legacy: legacy ? options.legacy : undefined });
    const loaded = found === undefined ? undefined : { ...found, directory: isLegacyState(found.state) ? dirname(found.path) : runDirectory(scopeDirectory, found.state.run_id), damaged };
    return { loaded, damaged };
  };

  return {
    inspect,
    load: async (query) => (await inspect(query)).loaded,
    commit: (change) => changing(`commit ${change.runId}`, () => commitRun(scope, change)),
    commitFailure: (failure) => changing(`record failure ${failure.runId}`, () => recordFailure(scope, failure)),
    update: (runId, change, update = {}) => changing(`update ${runId}`, () => updateRun(scope, runId, change, update)),
    clear: (clearOptions = {}) => changing('clear state', () => clearState(scope, clearOptions)),
    index: async () => (await loadIndex(scopeDirectory, scopeId)).index,
  };
}
