import type { Mode } from '../contract/index.js';
import type { LastExit } from '../processes/read-only.js';
import { diagnoseLog, tailLines } from '../services/index.js';
import type { RunState } from '../state/index.js';
import type { HealthReport } from './health.js';

/** The document of `errors --json`. */
export interface ErrorsReport {
  readonly run_id: string;
  readonly mode: Mode;
  readonly selected_services: readonly string[] | null;
  readonly failed_services: readonly { readonly name: string; readonly status: string; readonly log_path: string | null; readonly detail: string | null; readonly log_line: string | null; readonly last_exit: LastExit | null }[];
  readonly requirement_issues: HealthReport['issues']['requirement_issues'];
  readonly recent_failures: readonly string[];
  readonly ok: boolean;
}

/** What is wrong now, with the telling line of each log, which `redact` takes the secrets out of. */
export async function collectErrors(state: RunState, health: HealthReport, selected: readonly string[] | null, redact: (text: string) => string): Promise<ErrorsReport> {
  const failing = health.services.filter((service) => service.status !== 'running' && (selected === null || selected.includes(service.name)));
  const failed = await Promise.all(
    failing.map(async (service) => {
      const logPath = state.services[service.name]?.log_path ?? null;
      const diagnosis = logPath === null ? undefined : diagnoseLog(await tailLines(logPath, 100), redact);
      return { name: service.name, status: service.status, log_path: logPath, detail: service.detail, log_line: diagnosis?.line ?? null, last_exit: service.last_exit };
    }),
  );
  const issues = selected === null ? health.issues.requirement_issues : [];
  const recent = selected === null ? health.issues.recent_failures : [];
  return { run_id: state.run_id, mode: state.mode, selected_services: selected, failed_services: failed, requirement_issues: issues, recent_failures: recent, ok: failed.length + issues.length + recent.length === 0 };
}

/** The report of a start that failed before there was any state. */
export function toFailedStart(failure: { readonly runId: string; readonly mode: Mode; readonly errors: readonly string[] }): ErrorsReport {
  return { run_id: failure.runId, mode: failure.mode, selected_services: null, failed_services: [], requirement_issues: [], recent_failures: failure.errors, ok: false };
}
