import type { DependencyOutcome, FailedOutcome, FailureClass } from '@envctl/core';
import { errorMessage } from '@envctl/core';

/** A failure that has been classified already; carried to the border of the plugin. */
export class ClassifiedFailure extends Error {
  constructor(readonly outcome: FailedOutcome) {
    super(outcome.message);
    this.name = 'ClassifiedFailure';
  }
}

/** Throws a classified failure. */
export function fail(failureClass: FailureClass, reasonCode: string, message: string, hints: readonly string[] = []): never {
  throw new ClassifiedFailure({ status: 'failed', class: failureClass, reasonCode, message, hints });
}

/** Runs `work` and turns what it throws into an outcome; rejects on abort only. */
export async function toOutcome(signal: AbortSignal, work: () => Promise<DependencyOutcome>): Promise<DependencyOutcome> {
  try {
    signal.throwIfAborted();
    const outcome = await work();
    signal.throwIfAborted();
    return outcome;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClassifiedFailure) return error.outcome;
    return { status: 'failed', class: 'hard_start_failure', reasonCode: 'redis_connection_failed', message: errorMessage(error) };
  }
}
