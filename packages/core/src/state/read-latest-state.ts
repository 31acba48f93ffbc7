import type { Mode } from '../contract/index.js';
import { findState } from './find-state.js';
import type { RunState } from './run-state-schema.js';

/**
 * The latest state of a scope as the repository's `load` gives it, read without a schema library and
 * without a lock. `undefined` when there is none. Never throws, never writes.
 */
export function readLatestState(scopeDirectory: string, mode?: Mode): RunState | undefined {
  return findState({ scopeDirectory, ...(mode === undefined ? {} : { mode }) }).found?.state;
}
