import type { ReadinessReport } from './artifact-schema.js';

/** Judges whether a run may ship; its report is the readiness artifact of the run. */
export interface ReadinessPort {
  evaluate(signal: AbortSignal): Promise<ReadinessReport>;
}

/** No evaluator is installed: every run's report says `not_applicable`, never pending. */
export const noReadinessEvaluator: ReadinessPort = { evaluate: () => Promise.resolve(notApplicableReadiness()) };

/** The readiness report while no evaluator is installed: there is nothing to pass or fail. */
export function notApplicableReadiness(): ReadinessReport {
  return {
    status: 'not_applicable',
    passed: null,
    pending: false,
    errors: [],
    warnings: [],
    summary: { blocking_gap_count: null, high_gap_count: null, medium_gap_count: null, low_gap_count: null, total_gap_count: null },
  };
}
