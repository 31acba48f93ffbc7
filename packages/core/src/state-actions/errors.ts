import type { Mode } from '../contract/index.js';
import type { LastExit } from '../processes/read-only.js';
import { diagnoseLog, scanLogIssues, tailLines, type LogIssue } from '../services/index.js';
import type { RunState } from '../state/index.js';
import { isGoodStatus } from '../truth/index.js';
import type { HealthReport } from './health.js';
import type { Redact } from './logs.js';

/** The document of `errors --json`. */
export interface ErrorsReport {
  readonly run_id: string;
  readonly mode: Mode;
  readonly selected_services: readonly string[] | null;
  readonly failed_services: readonly { readonly name: string; readonly status: string; readonly log_path: string | null; readonly detail: string | null; readonly log_line: string | null; readonly last_exit: LastExit | null }[];
  /** Errors that were logged since the start, the oldest first of each service. */
  readonly log_issues: readonly (LogIssue & { readonly service: string })[];
  /** Different errors that are not among them: of each service the newest are told. */
  readonly log_issues_left_out: number;
  readonly requirement_issues: HealthReport['issues']['requirement_issues'];
  readonly recent_failures: readonly string[];
  readonly ok: boolean;
}

/** What is wrong now, with the telling line of each log, and what was logged as an error since the start of each service; all of it is what `redact` leaves. */
export async function collectErrors(state: RunState, health: HealthReport, selected: readonly string[] | null, redact: Redact): Promise<ErrorsReport> {
  const isSelected = ({ name }: { readonly name: string }): boolean => selected === null || selected.includes(name);
  const failing = health.services.filter((service) => !isGoodStatus(service.status) && isSelected(service));
  const failed = await Promise.all(
    failing.map(async (service) => {
      const logPath = state.services[service.name]?.log_path ?? null;
      const diagnosis = logPath === null ? undefined : diagnoseLog(await tailLines(logPath, 100), redact);
      return { name: service.name, status: service.status, log_path: logPath, detail: service.detail, log_line: diagnosis?.line ?? null, last_exit: service.last_exit };
    }),
  );
  const started = health.services.filter((service) => isGoodStatus(service.status) && isSelected(service));
  const unprepared = started.flatMap(({ name, status }) => failedSteps(state, name).map((step) => ({ name, status, log_path: null, detail: redact(step), log_line: null, last_exit: null })));
  const { logIssues, leftOut } = await collectLogIssues(state, health.services.filter(isSelected).map(({ name }) => name), redact);
  const issues = selected === null ? health.issues.requirement_issues : [];
  const recent = selected === null ? health.issues.recent_failures : [];
  return { run_id: state.run_id, mode: state.mode, selected_services: selected, failed_services: [...failed, ...unprepared], log_issues: logIssues, log_issues_left_out: leftOut, requirement_issues: issues, recent_failures: recent, ok: failed.length + unprepared.length + logIssues.length + issues.length + recent.length === 0 };
}

/** What a migration or seed said that failed, and without which the service was started all the same. */
function failedSteps(state: RunState, name: string): readonly string[] {
  const steps = state.services[name]?.['failed_steps'];
  return Array.isArray(steps) ? steps.filter((step): step is string => typeof step === 'string') : [];
}

async function collectLogIssues(state: RunState, names: readonly string[], redact: Redact) {
  const scanned = await Promise.all(
    names.map(async (name) => {
      const path = state.services[name]?.log_path ?? null;
      const { issues, left_out: leftOut } = path === null ? { issues: [], left_out: 0 } : await scanLogIssues(path, redact);
      return { issues: issues.map((issue) => ({ service: name, ...issue })), leftOut };
    }),
  );
  return { logIssues: scanned.flatMap(({ issues }) => issues), leftOut: scanned.reduce((sum, { leftOut }) => sum + leftOut, 0) };
}

export interface FailedStart {
  readonly runId: string;
  readonly mode: Mode;
  readonly errors: readonly string[];
}

/** The report of a start that failed before there was any state. `run` is what it had come to, if that is on record. */
export async function toFailedStart(failure: FailedStart, run: RunState | undefined, redact: Redact): Promise<ErrorsReport> {
  const { logIssues, leftOut } = run === undefined ? { logIssues: [], leftOut: 0 } : await collectLogIssues(run, Object.keys(run.services), redact);
  return { run_id: failure.runId, mode: failure.mode, selected_services: null, failed_services: [], log_issues: logIssues, log_issues_left_out: leftOut, requirement_issues: [], recent_failures: failure.errors, ok: false };
}
