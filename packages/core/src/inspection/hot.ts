/** What the hot inspection commands share: the repository, its scope and its latest state, read cheaply. */
import type { ConfigKeyDeclaration, DependencyDeclaration, Mode } from '../contract/index.js';
import { type BootstrapConfig, type ConfigModel, type DeclaredRefiner, describeProblem, problemsToTell, readBootstrapConfig } from '../config/read-only.js';
import { resolveRepository } from '../projects/read-only.js';
import { completeRoute } from '../routing/index.js';
import { describeLegacyState, describePassedOver, inspectLatestState, isLegacyState, toLegacyPlaces, type RunState, warnOfDamagedRecords } from '../state/read-only.js';
import { warnOfLeftRunning } from '../truth/read-only.js';
import { readConfig, type ConfiguredInputs } from './read-config.js';

export interface HotInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly repo: string | undefined;
  readonly mode: Mode | undefined;
}

/** What the manifests of the plugins declare. */
export interface Declared {
  readonly dependencies: readonly DependencyDeclaration[];
  readonly configKeys: readonly ConfigKeyDeclaration[];
  readonly refiners: readonly DeclaredRefiner[];
  readonly warnings: readonly string[];
}

export interface RecordedScope {
  readonly runtimeDirectory: string;
  readonly scopeDirectory: string;
  readonly mode: Mode;
  readonly state: RunState | undefined;
  /** The file of the state. */
  readonly path: string | undefined;
  readonly truth: BootstrapConfig['truth'];
  /** What would refuse a start, one line for each damaged file that was passed over and for what an interrupted command left running, and one for a state of the original. */
  readonly warnings: readonly string[];
}

/**
 * Without a mode token any mode's latest state may be used (contracts, section 1.9); the original's when there is none of ours.
 * Undefined and throws as {@link readConfig}.
 */
export async function readRecordedScope(inputs: ConfiguredInputs): Promise<RecordedScope | undefined> {
  const repository = resolveRepository(inputs.cwd, inputs.repo);
  const config = readBootstrapConfig(repository.root, inputs.env);
  const { runtimeDirectory, scopeDirectory, truth, scopeId } = config;
  const read = await readConfig(inputs, (loaded) => [completeRoute(inputs, loaded).mode]);
  if (read === undefined) return undefined;
  const legacy = toLegacyPlaces({ mode: config.stateCompatMode, runtimeDirectory: config.legacyRuntimeDirectory, scopeId, repositoryRoot: repository.root, uid: process.getuid?.() ?? -1 });
  const { found, damaged } = inspectLatestState(scopeDirectory, inputs.mode, legacy);
  const state = found?.state;
  const told = found !== undefined && isLegacyState(found.state) ? [describeLegacyState(found.path)] : [];
  return {
    runtimeDirectory,
    scopeDirectory,
    mode: inputs.mode ?? state?.mode ?? config.defaultMode,
    state,
    path: found?.path,
    truth,
    warnings: [...inputs.declared.warnings.map((line) => `Warning: ${line}`), ...toWarnings(read.config.problems), ...damaged.map((candidate) => describePassedOver(candidate, found?.path)), ...warnOfDamagedRecords(scopeDirectory), ...warnOfLeftRunning(scopeDirectory), ...told],
  };
}

/** The problems that would refuse a start: reading goes on and tells them. */
export function toWarnings(problems: ConfigModel['problems']): readonly string[] {
  return problemsToTell({ problems }, { for: 'target' }).map((problem) => `Warning: ${describeProblem(problem)}\n  ${problem.hint}`);
}
