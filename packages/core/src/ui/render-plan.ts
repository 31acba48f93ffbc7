import type { StartPlan } from '../startup/index.js';

/** The plan for people: what would be started, kept or replaced, and why each command was chosen. */
export function renderPlan(plan: StartPlan): string {
  const lines = [`${plan.command} in mode ${plan.mode}: ${plan.decision.kind} (${plan.decision.reason})`];
  for (const project of plan.projects) {
    lines.push('', `${project.name}  ${project.root}`);
    for (const dependency of project.dependencies) lines.push(`  ${dependency.action.padEnd(8)} ${dependency.id}`);
    for (const service of project.services) {
      const needs = plan.edges.filter((edge) => edge.project === project.name && edge.node === service.type).map((edge) => edge.needs);
      lines.push(`  ${service.action.padEnd(8)} ${service.type}  ${service.command.command.join(' ')}  (${service.command.rule}, from port ${service.preferred_port}${needs.length > 0 ? `, after ${needs.join(', ')}` : ''})`);
    }
    for (const note of project.notes) lines.push(`  note: ${note}`);
  }
  return lines.join('\n');
}
