import path from 'node:path';
import type { StartPlan } from '../startup/read-only.js';

/** The plan for people: what would be started, kept or replaced, and why each command was chosen. */
export function renderPlan(plan: StartPlan): string {
  const lines = [`${plan.command} in mode ${plan.mode}: ${plan.decision.kind} (${plan.decision.reason})`];
  for (const project of plan.projects) {
    lines.push('', `${project.name}  ${project.root}`);
    for (const dependency of project.dependencies) lines.push(`  ${dependency.action.padEnd(8)} ${dependency.id}`);
    const after = (node: string): string => describeNeeds(plan.edges.filter((edge) => edge.project === project.name && edge.node === node));
    for (const step of project.steps) lines.push(`  ${step.action.padEnd(8)} ${step.id}  ${step.label}  (${step.kind}: ${step.reason}${after(step.id)})`, ...(step.migration === undefined ? [] : [`           found by ${path.isAbsolute(step.migration.evidence) ? shortPath(project.root, step.migration.evidence) : step.migration.evidence}`]));
    for (const service of project.services) {
      lines.push(`  ${service.action.padEnd(8)} ${service.type}  ${service.command.command.join(' ')}  (${[service.command.rule, ...describeService(service)].join(', ')}${after(service.type)})`);
      if (service.reason !== undefined) lines.push(`           ${service.reason}`);
      for (const { path: file, text } of service.command.evidence ?? []) lines.push(`           found by ${shortPath(project.root, file)}: ${text}`);
      if (service.type === 'frontend' && service.environment.audience === 'backend') lines.push('           its own backend: it has code on the server, and the project has no other');
      if (service.command.envFile !== undefined) lines.push(envFileLine(project.root, service.command.envFile));
      lines.push(...environmentLines(service.environment));
    }
    for (const note of project.notes) lines.push(`  note: ${note}`);
  }
  return lines.join('\n');
}

/** What is not as it is without saying so. */
function describeService({ kind, preferred_port: port, critical, restart }: StartPlan['projects'][number]['services'][number]): readonly string[] {
  return [...(kind === 'server' ? [] : [kind]), ...(port === null ? [] : [`from port ${port}`]), ...(critical ? [] : ['not critical']), ...(restart.when === 'no' ? [] : [`restarted ${restart.when} up to ${restart.max} times`])];
}

/** `, after postgres, migrate completed, cache if there`: ready is what goes without saying. */
function describeNeeds(needs: StartPlan['edges']): string {
  if (needs.length === 0) return '';
  return `, after ${needs.map(({ needs: id, condition, optional }) => `${id}${condition === 'ready' ? '' : ` ${condition}`}${optional ? ' if there' : ''}`).join(', ')}`;
}

function shortPath(root: string, file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith('..') ? file : relative;
}

function envFileLine(root: string, { path: file, names, overrides }: NonNullable<StartPlan['projects'][number]['services'][number]['command']['envFile']>): string {
  return `           env from ${shortPath(root, file)}${overrides ? ', instead of what dependencies offer' : ''}: ${names.length === 0 ? 'nothing' : names.join(', ')}`;
}

/** Where the variables of a service come from; names only. */
function environmentLines({ dependencies, sections, skipped, withheld }: StartPlan['projects'][number]['services'][number]['environment']): readonly string[] {
  return [
    ...dependencies.filter(({ names }) => names.length > 0).map(({ id, names }) => `           env from ${id}: ${names.join(', ')}`),
    ...sections.map(({ name, section, line, sources }) => `           env from .envctl:${line}, ${section}: ${name}${sources.length === 0 ? '' : ` from ${sources.join(', ')}`}`),
    ...skipped.map(({ name, section, line, reason }) => `           not set: ${name} (.envctl:${line}, ${section}): ${reason}`),
    ...(withheld.length === 0 ? [] : [`           kept from the frontend: ${withheld.join(', ')}`]),
  ];
}
