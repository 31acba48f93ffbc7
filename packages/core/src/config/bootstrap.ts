import { EnvctlError } from '../contract/index.js';
import { quoteForShell } from '../processes/read-only.js';
import type { ConfigModel } from './model.js';

type Located = Pick<ConfigModel, 'exists' | 'path' | 'repositoryRoot' | 'legacyPath'>;

/**
 * For commands that need an `.envctl`: throws ENVCTL_E_CONFIG_MISSING when there is none. A terminal asks
 * first (see the wizard); this is the answer where nobody can be asked.
 */
export function requireConfigFile(model: Located): void {
  const missing = missingConfigFile(model);
  if (missing !== undefined) throw missing;
}

/** What {@link requireConfigFile} throws; undefined when there is an `.envctl`. */
export function missingConfigFile(model: Located): EnvctlError | undefined {
  if (model.exists) return undefined;
  const legacy = model.legacyPath === null ? '' : ` Values of ${model.legacyPath} are taken along.`;
  return new EnvctlError('ENVCTL_E_CONFIG_MISSING', `Missing repo-local .envctl and no interactive TTY is available. Expected ${model.path}.${legacy}`, {
    hints: [`envctl config --repo ${quoteForShell(model.repositoryRoot)} --set ENVCTL_DEFAULT_MODE=main`, 'envctl config'],
    data: { path: model.path },
  });
}
