import { EnvctlError, type ProjectedVariable } from '../contract/index.js';
import { readVariables, type BringUpResult, type DependencyHandle } from '../requirements/index.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedDependency } from './plan.js';
import type { ExecuteRequest, ProjectRun } from './project-run.js';
import { startDependency } from './start-dependency.js';

/** Brings a dependency up for the project, or reads what the one that runs offers. */
export async function runDependencyNode({ context, request, acquired, variables, headStart }: ProjectRun, dependency: PlannedDependency, { signal, reached, critical }: RunningNode): Promise<NodeResult> {
  const { project } = request;
  const toHandle = () => handleOf(request, dependency.id);
  if (dependency.action === 'keep') {
    variables.set(dependency.id, await readVariables(context, project, toHandle()));
    reached('healthy');
    return { state: 'kept' };
  }
  const required = Object.fromEntries(dependency.requires.map((id) => [id, toPlain(variables.get(id) ?? {})]));
  const onLaunched = () => headStart.launched(dependency.id);
  await headStart.before(dependency.id, signal);
  const start = await startDependency(context, { dependency, critical, toHandle, project, runId: request.runId, required, failed: new Set(acquired.failed.keys()), signal, onLaunched }).finally(onLaunched);
  if (!start.usable) {
    const outcome = { ...start.outcome, message: context.redaction.text(start.outcome.message) };
    acquired.failed.set(dependency.id, outcome);
    throw new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `${dependency.display_name}: ${outcome.message}`, { kind: 'dependency', hints: outcome.hints ?? [], data: { reason: outcome.reasonCode, class: outcome.class } });
  }
  acquired.dependencies.set(dependency.id, start.result);
  variables.set(dependency.id, start.result.variables);
  if (start.result.outcome.status !== 'degraded') reached('healthy');
  return { state: 'ready', detail: describeDependency(start.result) };
}

function handleOf(request: ExecuteRequest, id: string): DependencyHandle {
  const handle = request.handles.get(id);
  if (handle === undefined) throw new EnvctlError('ENVCTL_E_DEPENDENCY_UNKNOWN', `No installed plugin brings the dependency ${id}.`, { hints: [`envctl plugins install @envctl/plugin-${id}`] });
  return handle;
}

function describeDependency(result: BringUpResult): string {
  const port = Object.values(result.ports)[0];
  return `${result.started ? 'started' : 'shared'}${port === undefined ? '' : ` on port ${port}`}`;
}

function toPlain(variables: Readonly<Record<string, ProjectedVariable>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.value]));
}
