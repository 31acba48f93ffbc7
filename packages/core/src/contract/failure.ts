import { errorMessage, isEnvctlError } from './errors.js';
import type { DependencyOutcome, FailedOutcome, FailureClass } from './outcome.js';

const outcomeKey = Symbol.for('envctl/failed-outcome');

/** Throws a failure that is classified already; `toOutcome` at the border of the plugin returns its outcome. */
export function failStart(failureClass: FailureClass, reasonCode: string, message: string, hints: readonly string[] = []): never {
  const outcome: FailedOutcome = { status: 'failed', class: failureClass, reasonCode, message, hints };
  throw Object.assign(new Error(message), { [outcomeKey]: outcome });
}

/**
 * Runs the body of a `start` or `probe`: rejects on abort only, returns what `failStart` threw as an outcome, and
 * calls anything else a `hard_start_failure` with `reasonCode`.
 */
export async function toOutcome(signal: AbortSignal, reasonCode: string, work: () => Promise<DependencyOutcome>): Promise<DependencyOutcome> {
  try {
    signal.throwIfAborted();
    const outcome = await work();
    signal.throwIfAborted();
    return outcome;
  } catch (error) {
    signal.throwIfAborted();
    const known = (error as { readonly [outcomeKey]?: FailedOutcome } | null)?.[outcomeKey];
    return known ?? { status: 'failed', class: 'hard_start_failure', reasonCode, message: errorMessage(error), ...(isEnvctlError(error) && error.hints.length > 0 ? { hints: error.hints } : {}) };
  }
}
