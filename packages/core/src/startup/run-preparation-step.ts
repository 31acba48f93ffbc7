import { EnvctlError } from '../contract/index.js';
import { runPreparation } from '../services/index.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedStep } from './plan-nodes.js';
import type { ProjectRun } from './project-run.js';
import { stepLogPath, stepTimeoutMs } from './step-facts.js';

/** Installs the packages of a service, or tells why that is not needed. */
export async function runPreparationStep({ context, request }: ProjectRun, step: PlannedStep, { signal }: RunningNode): Promise<NodeResult> {
  const { preparation } = step;
  const service = step.before.join(' and ');
  if (preparation === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${step.id} has nothing to prepare.`, { kind: 'bug' });
  const startedMs = performance.now();
  const { ran, reason } = await runPreparation(context, {
    planned: preparation,
    project: request.project.name,
    service,
    runId: request.runId,
    logPath: stepLogPath(request, step),
    timeoutMs: stepTimeoutMs(context),
    refresh: step.reason === 'refresh_requested',
    signal,
  });
  const facts = { project: request.project.name, service };
  if (!ran) {
    context.events.emit('service.bootstrap.skip', { ...facts, manager: preparation.manager, step: 'install', reason });
    return { state: 'unneeded', detail: reason };
  }
  context.events.emit('service.bootstrap.phase', { ...facts, phase: 'install', status: 'done', reason, duration_ms: Math.round(performance.now() - startedMs) });
  return { state: 'ready', detail: `${preparation.manager}: ${reason}` };
}
