import type { ProjectSummary, StartSummary } from '../startup/index.js';

/** The summary that ends every start: URLs, time to ready, slowest nodes. */
export function renderStart(summary: StartSummary): string {
  const lines = [`run_id: ${summary.run_id}   mode: ${summary.mode}   ${summary.decision.kind}: ${summary.decision.reason}`];
  for (const project of summary.projects) lines.push('', ...renderProject(project));
  lines.push('', summary.decision.kind === 'reuse' ? `Everything${summary.command === 'resume' ? ' on record' : ''} was running already.` : `Ready in ${seconds(summary.total_ms)}.`);
  const slow = summary.slowest.filter((timing) => timing.duration_ms > 0).slice(0, 3);
  if (slow.length > 0) lines.push(`Slowest: ${slow.map((timing) => `${timing.project}/${timing.node} ${seconds(timing.duration_ms)}`).join(', ')}`);
  return lines.join('\n');
}

function renderProject(project: ProjectSummary): readonly string[] {
  return [
    `${project.name}  ${project.root}`,
    ...project.services.map((service) => `  ${service.type.padEnd(10)} ${service.url ?? '-'}${service.status === 'started' ? '' : `   (${service.status})`}`),
    ...project.dependencies.map((dependency) => `  ${dependency.id.padEnd(10)} ${dependency.port === null ? '-' : `port ${dependency.port}`}${dependency.status === 'kept' ? '   (kept)' : ''}${dependency.health === 'healthy' ? '' : `   ${dependency.health}`}`),
    ...project.notes.map((note) => `  note: ${note}`),
  ];
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
