import type { ReadinessReport } from './artifact-schema.js';

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
