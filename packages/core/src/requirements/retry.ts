import type { FailedOutcome } from '../contract/index.js';

export interface RetryLimits {
  /** ENVCTL_REQUIREMENT_BIND_MAX_RETRIES, at least 1. */
  readonly bind: number;
  readonly transient: number;
}

export interface RetryCounts {
  readonly bind: number;
  readonly transient: number;
}

export type RetryDecision = { readonly retry: false } | { readonly retry: true; readonly port: 'same' | 'next'; readonly counts: RetryCounts };

/** Core alone decides what is tried again: a taken port moves on, a silent server gets time, anything else is final. */
export function decideRetry(outcome: FailedOutcome, counts: RetryCounts, limits: RetryLimits): RetryDecision {
  switch (outcome.class) {
    case 'bind_conflict_retryable':
      return counts.bind < limits.bind ? { retry: true, port: 'next', counts: { ...counts, bind: counts.bind + 1 } } : { retry: false };
    case 'transient_probe_timeout_retryable':
      return counts.transient < limits.transient ? { retry: true, port: 'same', counts: { ...counts, transient: counts.transient + 1 } } : { retry: false };
    case 'bootstrap_soft_failure':
    case 'hard_start_failure':
      return { retry: false };
  }
}
