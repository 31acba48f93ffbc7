import { join } from 'node:path';
import type { PlannedStep } from './plan-nodes.js';
import type { ExecuteContext, ExecuteRequest } from './project-run.js';

const defaultTimeoutSeconds = 300;

/** Where the output of a step goes, beside the logs of the services. */
export function stepLogPath({ runDirectory, project }: Pick<ExecuteRequest, 'runDirectory' | 'project'>, step: Pick<PlannedStep, 'id'>): string {
  return join(runDirectory, `${project.name.replace(/[/ ]/g, '_')}_${step.id}.log`);
}

/** How long each command of a step may take. */
export function stepTimeoutMs({ reader }: Pick<ExecuteContext, 'reader'>): number {
  return (reader.integer('ENVCTL_SERVICE_PREP_TIMEOUT_SECONDS') ?? defaultTimeoutSeconds) * 1000;
}
