/** Starts what a hook of the project defined, in the place of the services envctl would have found; what runs already is put on record and left alone. */
import { EnvctlError, type DefinedService } from '../contract/index.js';
import { identityOf } from '../processes/index.js';
import { splitShellWords } from '../processes/read-only.js';
import { createLaunchToken, releaseLease } from '../resources/index.js';
import { healthUrlOf, substitutePort } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';
import type { RunningNode } from './node-runner.js';
import { planEnvironment } from './planned-environment.js';
import { definedName, definedType, planDefined } from './plan-defined.js';
import type { PlannedService } from './plan.js';
import type { ProjectRun } from './project-run.js';
import { runServiceNode } from './run-service.js';

/** Throws ENVCTL_E_HOOK_FAILED for services that cannot be meant so, before any is started. */
export async function startDefined(run: ProjectRun, services: readonly DefinedService[], running: RunningNode): Promise<void> {
  const { name: project } = run.request.project;
  const together = services.map(({ name }) => definedName(project, name));
  const types = services.map((service) => definedType(project, service));
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) throw invalid(run, `two services have the type ${twice}`);
  const kept = run.request.project.services.filter(({ action }) => action === 'keep').map(({ name }) => name);
  const known = together.find((name) => kept.includes(name));
  if (known !== undefined) throw invalid(run, `${known} runs already, from before there was the hook`, ['envctl restart']);
  const external = services.filter(({ command }) => command === undefined).map((service) => toExternalRecord(run, service));
  const planned = plan(run, services.filter(({ command }) => command !== undefined));
  // What a hook defines runs all or not at all.
  await run.request.former.stopAll();
  await leaseFor(run, planned);
  for (const record of external) run.services.set(record.name, { ...record, defined_with: together });
  const own: ProjectRun = { ...run, request: { ...run.request, project: { ...run.request.project, services: planned } } };
  const failure = new AbortController();
  const signal = AbortSignal.any([running.signal, failure.signal]);
  const results = await Promise.allSettled(
    planned.map(async (service) => {
      try {
        await runServiceNode(own, service, { ...running, signal, reached: () => undefined });
        const record = run.services.get(service.name);
        if (record !== undefined) run.services.set(service.name, { ...record, defined_by: 'hook', defined_with: together });
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }),
  );
  running.signal.throwIfAborted();
  // The first failure is the one to tell; the others are its consequences.
  failure.signal.throwIfAborted();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function plan(run: ProjectRun, services: readonly DefinedService[]): readonly PlannedService[] {
  const { context, request: { project, plan: { mode } } } = run;
  const found = services.map((service) => planDefined(project, service, readCommand(run, service)));
  const addressed = found.filter(({ listens }) => listens).map(({ type }) => type);
  const dependencies = context.declarations.filter(({ id }) => project.dependencies.some((dependency) => dependency.id === id));
  return found.map((service) => ({
    ...service,
    environment: planEnvironment({ service: service.type, audience: service.type === 'frontend' ? 'frontend' : 'backend', lines: context.config.envLines(mode, service.type), dependencies, installed: context.declarations, callerEnv: context.env, addressed }),
  }));
}

function readCommand(run: ProjectRun, { name, command }: DefinedService): { readonly words: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> } {
  if (typeof command !== 'string') return { words: command as readonly [string, ...string[]], env: {} };
  const split = splitShellWords(command);
  if (!split.ok) throw invalid(run, `the command of ${name} ${{ 'unterminated-quote': 'has a quote that is never closed', 'shell-syntax': 'uses shell syntax, but is run without a shell', empty: 'names no program' }[split.reason]}`);
  return { words: split.words as readonly [string, ...string[]], env: split.assignments };
}

/** A service that asks for the port of the planned one whose place it takes has that; others get what they ask for, and ports that nobody takes are given back. */
async function leaseFor(run: ProjectRun, planned: readonly PlannedService[]): Promise<void> {
  const { context, request: { project }, acquired } = run;
  const before = acquired.leases.splice(0, acquired.leases.length);
  for (const lease of before) {
    const heir = planned.find(({ type, preferred_port: port }) => type === lease.service.type && port === lease.port);
    if (heir !== undefined && lease.port !== null) acquired.leases.push({ ...lease, service: heir });
    else if (lease.port !== null) await releaseLease(context, lease.port, lease.token, { keepReserved: true });
  }
  for (const service of planned.filter((candidate) => !acquired.leases.some((lease) => lease.service === candidate))) {
    const token = createLaunchToken(context);
    if (service.preferred_port === null) {
      acquired.leases.push({ service, token, port: null, source: 'none' });
      continue;
    }
    const lease = await context.leases.acquire({ preferred: service.preferred_port, owner: { scopeId: context.scope.id, project: project.name, service: service.type, repositoryRoot: context.scope.repositoryRoot }, token, http: true });
    acquired.leases.push({ service, token, port: lease.port, source: lease.source });
  }
}

/** What runs already is known by its pid and when it started: another process with the pid is not it. */
function toExternalRecord(run: ProjectRun, service: DefinedService): ServiceRecord {
  const { context, request: { project, runId } } = run;
  const identity = identityOf(service.pid ?? 0);
  if (identity === undefined) throw invalid(run, `${service.name} should run already, but there is no process ${service.pid}`);
  const port = service.actual_port ?? service.port ?? service.requested_port ?? null;
  return {
    name: definedName(project.name, service.name),
    type: definedType(project.name, service),
    cwd: service.cwd ?? project.root,
    pid: identity.pid,
    requested_port: service.port ?? service.requested_port ?? port,
    actual_port: port,
    log_path: service.log_path ?? null,
    status: 'running',
    synthetic: false,
    started_at: context.now() / 1000,
    listener_pids: null,
    project: project.name,
    service_slug: definedType(project.name, service),
    launch_id: null,
    launch_directory: null,
    run_id: runId,
    listener_expected: port !== null,
    public_url: port === null ? null : `http://${context.publicHost}:${port}`,
    health_url: service.health_url === undefined || service.health_url === null ? null : substitutePort(healthUrlOf(service.health_url), port),
    failure_detail: null,
    critical: true,
    degraded: false,
    kind: port === null ? 'worker' : 'server',
    success_exit_codes: [0],
    depends_on: [],
    given_ports: {},
    defined_by: 'hook',
    external: { start_ticks: identity.startTicks, boot_id: identity.bootId, pid_namespace: identity.pidNamespace },
  };
}

function invalid({ request: { project } }: ProjectRun, what: string, hints: readonly string[] = [`change what defineServices gives back in ${project.root}`]): EnvctlError {
  return new EnvctlError('ENVCTL_E_HOOK_FAILED', `defineServices of ${project.name}: ${what}.`, { hints, data: { project: project.name } });
}
