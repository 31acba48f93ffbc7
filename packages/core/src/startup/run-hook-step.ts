import { EnvctlError, errorMessage, type HookRequirement, type ProjectedVariable } from '../contract/index.js';
import { findHooks, runHook, type HookPayloads } from '../hooks/index.js';
import { createDetectionFiles, findPython } from '../services/index.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedStep } from './plan-nodes.js';
import type { ProjectRun } from './project-run.js';
import { startDefined } from './start-defined.js';

const defaultTimeoutSeconds = 120;

/** Runs a hook of the project and puts what it gave back in the place of what was planned. */
export async function runHookStep(run: ProjectRun, step: PlannedStep, running: RunningNode): Promise<NodeResult> {
  const { context, request: { project } } = run;
  const { signal } = running;
  const hooks = findHooks(project.root);
  if (step.hook === undefined || hooks === undefined) throw new EnvctlError('ENVCTL_E_HOOK_FAILED', `The hooks of ${project.root} are gone since the start began.`, { hints: ['envctl start'] });
  const invoke = <N extends keyof HookPayloads>(hook: N) =>
    runHook(context, {
      hook,
      hooks,
      context: {
        repo_root: context.scope.repositoryRoot,
        project_name: project.name,
        project_root: project.root,
        mode: context.scope.mode,
        run_id: run.request.runId,
        ports: Object.fromEntries(run.acquired.leases.flatMap(({ service, port }) => (port === null ? [] : [[service.type, port]]))),
        env: Object.fromEntries([...run.variables.values()].flatMap((variables) => Object.entries(variables).map(([name, { value }]) => [name, value]))),
      },
      python: findPython({ directory: project.root, projectRoot: project.root, searchPath: context.env['PATH'] ?? '', files: createDetectionFiles() }).words,
      callerEnv: context.env,
      runDirectory: run.request.runDirectory,
      timeoutMs: (context.reader.integer('ENVCTL_HOOK_TIMEOUT_SECONDS') ?? defaultTimeoutSeconds) * 1000,
      signal,
      redact: context.redaction.text,
    });
  return step.hook.name === 'setupInfrastructure' ? setUp(run, signal, () => invoke('setupInfrastructure')) : define(run, running, () => invoke('defineServices'));
}

async function setUp(run: ProjectRun, signal: AbortSignal, invoke: () => Promise<{ readonly payload: HookPayloads['setupInfrastructure'] }>): Promise<NodeResult> {
  const { context } = run;
  const isStrict = context.reader.boolean('ENVCTL_REQUIREMENTS_STRICT') !== false;
  try {
    const { payload } = await invoke();
    if (payload.skip_default_requirements !== true) return { state: 'ready' };
    const requirements = payload.requirements ?? {};
    const known = context.declarations.map(({ id }) => id);
    const unknown = Object.keys(requirements).filter((id) => !known.includes(id));
    if (unknown.length > 0) throw new EnvctlError('ENVCTL_E_HOOK_FAILED', `setupInfrastructure of ${run.request.project.name} names ${unknown.join(', ')} in requirements: no installed dependency is called so.`, { hints: [`dependencies: ${known.join(', ')}`, `change what setupInfrastructure gives back in ${run.request.project.root}`], data: { project: run.request.project.name } });
    const unusable = Object.keys(requirements).filter((id) => requirements[id]?.success === false);
    if (isStrict && unusable.length > 0) throw new EnvctlError('ENVCTL_E_HOOK_FAILED', `setupInfrastructure could not bring up ${unusable.join(', ')}.`, { kind: 'dependency', hints: ['ENVCTL_REQUIREMENTS_STRICT=false starts without them'] });
    run.hooked.requirements = requirements;
    for (const [id, { env = {} }] of Object.entries(requirements)) run.variables.set(id, toVariables(run, env));
    return { state: 'ready', detail: describeRequirements(requirements) };
  } catch (error) {
    if (isStrict || signal.aborted) throw error;
    return { state: 'unusable', detail: `setup_hook:${context.redaction.text(errorMessage(error))}` };
  }
}

async function define(run: ProjectRun, running: RunningNode, invoke: () => Promise<{ readonly payload: HookPayloads['defineServices'] }>): Promise<NodeResult> {
  const { services = [] } = (await invoke()).payload;
  if (services.length === 0) return { state: 'ready' };
  run.hooked.services = services;
  await startDefined(run, services, running);
  return { state: 'ready', detail: services.map(({ name }) => name).join(', ') };
}

/** What stands in such a variable is not known: it is treated as a secret, and no frontend gets it. */
function toVariables({ context }: ProjectRun, env: Readonly<Record<string, string>>): Record<string, ProjectedVariable> {
  for (const value of Object.values(env)) if (value.length >= 8) context.onSecret(value);
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, { value, secret: true }]));
}

function describeRequirements(requirements: Readonly<Record<string, HookRequirement>>): string {
  const parts = Object.entries(requirements).map(([id, { final }]) => `${id}${final === undefined || final === null ? '' : ` on port ${final}`}`);
  return parts.length === 0 ? 'no dependencies' : parts.join(', ');
}
