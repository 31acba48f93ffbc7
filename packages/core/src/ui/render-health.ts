import type { HealthReport } from '../state-actions/index.js';
import { describeLeft } from '../truth/index.js';

export function renderHealth(report: HealthReport): string {
  const { ok, warn, bad } = report.status_counts;
  const starting = [...report.services, ...report.dependencies].filter(({ status }) => status === 'starting').length;
  return [
    `run_id: ${report.run_id}   mode: ${report.mode}   healthy/running ${ok} | starting ${starting} | warnings ${warn - starting} | issues ${bad}`,
    ...(report.legacy_state ? ['  recorded by the original envctl: nothing of it is proven, and only the original can stop it'] : []),
    ...report.services.map((service) => `  ${glyph[service.level]} ${service.name.padEnd(20)} ${service.status.padEnd(12)} ${service.url ?? ''}${describe(service, report)}`.trimEnd()),
    ...report.dependencies.map((dependency) => `  ${glyph[dependency.level]} ${`${dependency.project} ${dependency.component}`.padEnd(20)} ${dependency.status.padEnd(12)} ${dependency.port === null ? '' : `port ${dependency.port}`}${dependency.detail === null || isTold(dependency.detail, report) ? '' : `  ${dependency.detail}`}`.trimEnd()),
    ...report.detached.map((process) => `  • pid ${process.pid} (${process.comm}) left its service and is not managed: ${process.reason}`),
    ...report.left_running.map((left) => `  • ${describeLeft(left)}`),
    ...report.issues.recent_failures.map((failure) => `  last start failed: ${failure}`),
    ...report.hints.map((hint) => `  → ${hint}`),
  ].join('\n');
}

/** The detail, and when it ended where the detail does not say so itself. */
function describe({ detail, status, last_exit: end }: HealthReport['services'][number], report: HealthReport): string {
  if (detail === null || isTold(detail, report)) return '';
  return `  ${detail}${status === 'stale' && end !== null && !detail.includes(end.at) ? ` at ${end.at}` : ''}`;
}

/** Told below, among the failures of the last start. */
function isTold(detail: string, { issues }: HealthReport): boolean {
  return issues.recent_failures.some((failure) => failure.includes(detail));
}

const glyph = { ok: '✓', warn: '•', bad: '!' } as const;
