/** What the hot inspection commands share: the repository, its scope and its latest state, read cheaply. */
import type { Mode } from '../contract/index.js';
import { readBootstrapConfig } from '../config/read-only.js';
import { resolveRepository } from '../projects/read-only.js';
import { describePassedOver, inspectLatestState, type RunState } from '../state/read-only.js';

export interface HotInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly repo: string | undefined;
  readonly mode: Mode | undefined;
}

export interface RecordedScope {
  readonly runtimeDirectory: string;
  readonly scopeDirectory: string;
  readonly mode: Mode;
  readonly state: RunState | undefined;
  /** One line for each damaged file that was passed over. */
  readonly warnings: readonly string[];
}

/** Without a mode token any mode's latest state may be used (contracts, section 1.9). */
export function readRecordedScope(inputs: HotInputs): RecordedScope {
  const repository = resolveRepository(inputs.cwd, inputs.repo);
  const config = readBootstrapConfig(repository.root, inputs.env);
  const { found, damaged } = inspectLatestState(config.scopeDirectory, inputs.mode);
  const state = found?.state;
  return { runtimeDirectory: config.runtimeDirectory, scopeDirectory: config.scopeDirectory, mode: inputs.mode ?? state?.mode ?? config.defaultMode, state, warnings: damaged.map((candidate) => describePassedOver(candidate, found?.path)) };
}
