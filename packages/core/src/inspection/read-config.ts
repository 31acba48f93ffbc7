/* The whole configuration for a hot inspection command: keys from the merged manifest, no schema library, no plugin code. */
import type { Mode } from '../contract/index.js';
import { loadConfig, refinersInUse, type ConfigModel, type RefineConfig } from '../config/read-only.js';
import { resolveRepository } from '../projects/read-only.js';
import type { Declared, HotInputs } from './hot.js';

export interface ConfiguredInputs extends HotInputs {
  readonly declared: Declared;
  /** Absent where no plugin code may run. */
  readonly refine: RefineConfig | undefined;
}

/**
 * Undefined when a plugin in use judges configurations and there is no `refine`.
 * Throws ENVCTL_E_REPO_NOT_FOUND, ENVCTL_E_REPO_INVALID or ENVCTL_E_CONFIG_UNREADABLE.
 */
export async function readConfig({ cwd, repo, env, declared, refine }: ConfiguredInputs, modesOf: (config: ConfigModel) => readonly Mode[]): Promise<{ readonly config: ConfigModel; readonly executionRoot: string } | undefined> {
  const { root, executionRoot } = resolveRepository(cwd, repo);
  const config = loadConfig({ repositoryRoot: root, env, declarations: declared.configKeys, dependencies: declared.dependencies });
  const modes = modesOf(config);
  if (refinersInUse(config, declared.refiners, modes).length === 0) return { executionRoot, config };
  return refine === undefined ? undefined : { executionRoot, config: await refine(config, modes) };
}
