/**
 * Brings one dependency of a project up. One that cannot be had fails the start, or, where it is not critical, is told as
 * failed: the project goes on without it and without its variables, and so does what requires it.
 */
import { EnvctlError, errorMessage, isEnvctlError, type FailedOutcome } from '../contract/index.js';
import { bringUpDependency, type BringUpRequest, type BringUpResult, type RequirementsContext } from '../requirements/index.js';
import type { PlannedDependency } from './plan.js';

export interface DependencyRequest extends Omit<BringUpRequest, 'handle'> {
  readonly dependency: PlannedDependency;
  readonly critical: boolean;
  /** Throws when no installed plugin brings it. */
  readonly toHandle: () => BringUpRequest['handle'];
  /** Ids of the project's dependencies that failed before. */
  readonly failed: ReadonlySet<string>;
}

export type DependencyStart = { readonly usable: true; readonly result: BringUpResult } | { readonly usable: false; readonly outcome: FailedOutcome };

/** Throws what the bring-up threw, and ENVCTL_E_DEPENDENCY_FAILED for a failed outcome; a cancel is thrown in any case. */
export async function startDependency(context: RequirementsContext, request: DependencyRequest): Promise<DependencyStart> {
  const { dependency, critical: isStrict, toHandle, failed, ...rest } = request;
  const lacking = dependency.requires.filter((id) => failed.has(id));
  if (lacking.length > 0) return { usable: false, outcome: failure('requirement_failed', `it requires ${lacking.join(', ')}`) };
  try {
    const result = await bringUpDependency(context, { ...rest, handle: toHandle() });
    if (result.outcome.status !== 'failed') return { usable: true, result };
    if (isStrict) throw toError(dependency, result.outcome);
    return { usable: false, outcome: result.outcome };
  } catch (error) {
    if (isStrict || request.signal.aborted) throw error;
    return { usable: false, outcome: failure('hard_start_failure', errorMessage(error), isEnvctlError(error) ? error.hints : []) };
  }
}

function failure(reasonCode: string, message: string, hints: readonly string[] = []): FailedOutcome {
  return { status: 'failed', class: 'hard_start_failure', reasonCode, message, hints };
}

function toError(dependency: PlannedDependency, outcome: FailedOutcome): EnvctlError {
  return new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `${dependency.display_name}: ${outcome.message}`, {
    kind: 'dependency',
    hints: [...(outcome.hints ?? [])],
    data: { reason: outcome.reasonCode, class: outcome.class },
  });
}
