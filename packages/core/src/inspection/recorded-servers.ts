import { readBootstrapConfig } from '../config/read-only.js';
import { resolveRepository } from '../projects/read-only.js';
import { readLatestState, type RunState } from '../state/read-only.js';
import type { HotInputs } from './hot.js';

/** Whether the latest state of the mode has servers that a plan must ask; throws as `readBootstrapConfig` and `resolveRepository`. */
export function hasRecordedServers({ env, cwd, repo, mode }: HotInputs): boolean {
  const { scopeDirectory, defaultMode } = readBootstrapConfig(resolveRepository(cwd, repo).root, env);
  const state = readLatestState(scopeDirectory, mode ?? defaultMode);
  return state !== undefined && hasServers(state, Object.keys(state.requirements));
}

/** Whether a dependency was brought up for one of these projects. */
export function hasServers(state: RunState, projects: readonly string[]): boolean {
  return projects.some((name) => Object.values(state.requirements[name]?.components ?? {}).some(({ enabled }) => enabled));
}
