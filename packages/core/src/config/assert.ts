import { EnvctlError, type Mode } from '../contract/index.js';
import type { ConfigModel, ConfigProblem } from './model.js';

/** Keys that decide where state is and which projects a command means. */
const targetKeys: readonly string[] = ['ENVCTL_DEFAULT_MODE', 'ENVCTL_RUNTIME_DIR', 'ENVCTL_STORE_DIR', 'ENVCTL_RUNTIME_SCOPE_ID'];

/**
 * Refuses a configuration with errors. `start`: any error that concerns `mode`; `save`: any error in the
 * file; `target`: only errors in the keys that decide what a command acts on, for every other command.
 * Throws ENVCTL_E_CONFIG_UNKNOWN_KEY or ENVCTL_E_CONFIG_INVALID that names them all.
 */
export function assertConfig(model: Pick<ConfigModel, 'problems'>, purpose: { readonly for: 'start'; readonly mode: Mode } | { readonly for: 'save' | 'target' }): void {
  const refused = model.problems.filter((problem) => problem.severity === 'error' && concerns(problem, purpose));
  if (refused.length > 0) throw configError(refused);
}

/** One error that names all `problems`; there must be at least one. */
export function configError(problems: readonly ConfigProblem[]): EnvctlError {
  const unknownOnly = problems.every(({ kind }) => kind === 'unknown-key' || kind === 'retired-key');
  return new EnvctlError(unknownOnly ? 'ENVCTL_E_CONFIG_UNKNOWN_KEY' : 'ENVCTL_E_CONFIG_INVALID', problems.map(describeProblem).join('\n'), {
    hints: [...new Set(problems.map((problem) => problem.hint))],
    data: { problems },
  });
}

/** The line of a problem as errors and warnings show it. */
export function describeProblem(problem: ConfigProblem): string {
  return problem.kind === 'invalid-profile' && problem.mode !== undefined ? `Invalid ${problem.mode} startup configuration: ${problem.message}` : problem.message;
}

function concerns(problem: ConfigProblem, purpose: { readonly for: string; readonly mode?: Mode }): boolean {
  if (purpose.for === 'target') return problem.kind === 'invalid-value' && targetKeys.includes(problem.key ?? '');
  // What belongs to a package that is not there stays in the file as it is.
  if (purpose.for === 'save' && problem.kind === 'absent-plugin') return false;
  return purpose.mode === undefined || problem.mode === undefined || problem.mode === purpose.mode;
}
