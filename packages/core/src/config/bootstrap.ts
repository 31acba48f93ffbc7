import { EnvctlError } from '../contract/index.js';
import { quoteForShell } from '../processes/index.js';
import type { ConfigModel } from './model.js';

/**
 * For commands that need an `.envctl`: throws ENVCTL_E_CONFIG_MISSING when there is none. A terminal asks
 * first (see the wizard); this is the answer where nobody can be asked.
 */
export function requireConfigFile(model: Pick<ConfigModel, 'exists' | 'path' | 'repositoryRoot' | 'legacyPath'>): void {
  if (model.exists) return;
  const legacy = model.legacyPath === null ? '' : ` Values of ${model.legacyPath} are taken along.`;
  throw new EnvctlError('ENVCTL_E_CONFIG_MISSING', `Missing repo-local .envctl and no interactive TTY is available. Expected ${model.path}.${legacy}`, {
    hints: [`envctl config --repo ${quoteForShell(model.repositoryRoot)} --set ENVCTL_DEFAULT_MODE=main`, 'envctl config'],
    data: { path: model.path },
  });
}
