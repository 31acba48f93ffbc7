import { basename } from 'node:path';
import type { Mode } from '../contract/index.js';
import { findState, type StateSearchResult } from './find-state.js';
import type { LegacyPlaces } from './legacy/legacy-places.js';
import type { RunState } from './run-state-schema.js';

/**
 * The latest state of a scope as the repository's `load` gives it, read without a schema library and
 * without a lock. `undefined` when there is none. Never throws, never writes.
 */
export function readLatestState(scopeDirectory: string, mode?: Mode): RunState | undefined {
  return inspectLatestState(scopeDirectory, mode).found?.state;
}

/** As {@link readLatestState}, and with the damaged candidates that were passed over. `legacy`: also the original's state, when there is none of ours. */
export function inspectLatestState(scopeDirectory: string, mode?: Mode, legacy?: LegacyPlaces): StateSearchResult {
  const name = basename(scopeDirectory);
  return findState({
    scopeDirectory,
    // A scope directory carries the scope's id; a state of another repository is not read from it.
    ...(/^repo-[0-9a-f]{12}$/.test(name) ? { scopeId: name } : {}),
    ...(mode === undefined ? {} : { mode }),
    legacy,
  });
}
