import { EnvctlError, type Mode } from '../contract/index.js';
import type { ConfigModel, ConfigProblem } from './model.js';

/** Keys that decide where state is. */
const targetKeys: readonly string[] = ['ENVCTL_RUNTIME_DIR', 'ENVCTL_STORE_DIR', 'ENVCTL_RUNTIME_SCOPE_ID'];

export type ConfigPurpose =
  /** `isModeGiven`: the words say the mode, so that ENVCTL_DEFAULT_MODE decides nothing. */
  | { readonly for: 'start'; readonly mode: Mode; readonly isModeGiven?: boolean }
  | { readonly for: 'save' | 'target' };

/**
 * Refuses a configuration with errors. `start`: any error that concerns `mode`; `save`: any error in the
 * file; `target`: only errors in the keys that decide what a command acts on, for every other command.
 * Throws ENVCTL_E_CONFIG_UNKNOWN_KEY or ENVCTL_E_CONFIG_INVALID that names them all.
 */
export function assertConfig(model: Pick<ConfigModel, 'problems'>, purpose: ConfigPurpose): void {
  const refused = model.problems.filter((problem) => problem.severity === 'error' && concerns(problem, purpose));
  if (refused.length > 0) throw configError(refused);
}

/**
 * What a command says of a configuration it goes on with. A start tells what is odd, and what would refuse one of another mode;
 * every other command what would refuse a start.
 */
export function problemsToTell({ problems }: Pick<ConfigModel, 'problems'>, purpose: { readonly for: 'start'; readonly mode: Mode } | { readonly for: 'target' }): readonly ConfigProblem[] {
  if (purpose.for === 'target') return problems.filter(({ severity }) => severity === 'error');
  return problems.filter(({ severity, mode }) => severity === 'warning' || (severity === 'error' && mode !== undefined && mode !== purpose.mode));
}

/** One error that names all `problems`; there must be at least one. */
export function configError(problems: readonly ConfigProblem[]): EnvctlError {
  const unknownOnly = problems.every(({ kind }) => kind === 'unknown-key' || kind === 'retired-key');
  return new EnvctlError(unknownOnly ? 'ENVCTL_E_CONFIG_UNKNOWN_KEY' : 'ENVCTL_E_CONFIG_INVALID', [...new Set(problems.map(describeProblem))].join('\n'), {
    hints: [...new Set(problems.map((problem) => problem.hint))],
    data: { problems },
  });
}

/** The line of a problem as errors and warnings show it. */
export function describeProblem(problem: ConfigProblem): string {
  return problem.kind === 'invalid-profile' && problem.mode !== undefined ? `Invalid ${problem.mode} startup configuration: ${problem.message}` : problem.message;
}

function concerns(problem: ConfigProblem, purpose: ConfigPurpose): boolean {
  switch (purpose.for) {
    case 'target':
      return problem.kind === 'invalid-value' && targetKeys.includes(problem.key ?? '');
    case 'save':
      // What belongs to a package that is not there stays in the file as it is.
      return problem.kind !== 'absent-plugin';
    case 'start':
      if (purpose.isModeGiven === true && problem.kind === 'invalid-value' && problem.key === 'ENVCTL_DEFAULT_MODE') return false;
      return problem.mode === undefined || problem.mode === purpose.mode;
  }
}
