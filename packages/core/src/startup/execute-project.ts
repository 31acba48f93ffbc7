/**
 * Brings one project up as planned, or leaves it as it was: what this call started is stopped again when
 * any part fails or the command is cancelled.
 */
import { join } from 'node:path';
import { EnvctlError, errorMessage, isEnvctlError, type ConfigReader, type EdgeCondition, type ProjectedVariable } from '../contract/index.js';
import { bringUpDependency, readVariables, releaseDependencies, type BringUpResult, type DependencyHandle, type RequirementsContext } from '../requirements/index.js';
import { waitForExit } from '../processes/index.js';
import { acquireProcess, createLaunchToken, releaseProcesses, type AcquiredProcess } from '../resources/index.js';
import { commandOnPort, createLaunchListeners, serviceEnvironment, waitServiceReady, type ServiceName, type ServiceReadiness } from '../services/index.js';
import type { PortPlan, RequirementComponent, ServiceRecord } from '../state/index.js';
import type { Progress } from '../ui/index.js';
import { firstFailure, runGraph, type GraphNode, type NodeOutcome } from './graph.js';
import type { PlannedProject, PlannedService, StartPlan } from './plan.js';

export interface ExecuteContext extends RequirementsContext {
  readonly progress: Progress;
  readonly publicHost: string;
  readonly serviceTimeoutMs: (service: ServiceName) => number;
}

export interface ExecuteRequest {
  readonly plan: StartPlan;
  readonly project: PlannedProject;
  readonly handles: ReadonlyMap<string, DependencyHandle>;
  readonly runId: string;
  readonly runDirectory: string;
  /** Services of the project that stay, by type. */
  readonly kept: Readonly<Partial<Record<ServiceName, ServiceRecord>>>;
  readonly signal: AbortSignal;
}

export interface ProjectSuccess {
  readonly ok: true;
  readonly project: string;
  readonly services: Readonly<Record<string, ServiceRecord>>;
  readonly components: Readonly<Record<string, RequirementComponent>>;
  readonly ports: Readonly<Record<string, PortPlan>>;
  readonly timings: readonly NodeTiming[];
}

export interface ProjectFailure {
  readonly ok: false;
  readonly project: string;
  readonly node: string;
  readonly error: unknown;
  readonly cancelled: boolean;
  readonly timings: readonly NodeTiming[];
  /** What the undo could not take back. */
  readonly leftovers: readonly string[];
}

export interface NodeTiming {
  readonly project: string;
  readonly node: string;
  readonly duration_ms: number;
  readonly status: 'done' | 'failed' | 'skipped';
}

interface LeasedService {
  readonly service: PlannedService;
  readonly token: string;
  readonly port: number;
  readonly source: string;
}

/** What this call has acquired so far, for the undo. */
interface Acquired {
  readonly leases: LeasedService[];
  readonly processes: { readonly launch: AcquiredProcess; readonly leased: LeasedService }[];
  readonly dependencies: Map<string, BringUpResult>;
}

/** How often a project moves to other ports when a stranger took one between the lease and the bind. */
const portAttempts = 4;

export async function executeProject(context: ExecuteContext, request: ExecuteRequest): Promise<ProjectSuccess | ProjectFailure> {
  const taken = new Set<number>();
  for (let attempt = 1; ; attempt += 1) {
    const result = await attemptProject(context, request, taken);
    const port = result.ok || result.cancelled || result.leftovers.length > 0 ? undefined : stolenPort(result.error);
    if (port === undefined || attempt === portAttempts) return result;
    taken.add(port);
    context.events.emit('service.retry', { project: request.project.name, failed_port: port, attempt, error: errorMessage((result as ProjectFailure).error) });
  }
}

/** The port that a service could not bind because somebody else has it. A crash is a crash and moves nothing. */
function stolenPort(error: unknown): number | undefined {
  if (!isEnvctlError(error) || error.data['failure_class'] !== 'bind_conflict') return undefined;
  return typeof error.data['port'] === 'number' ? error.data['port'] : undefined;
}

async function attemptProject(context: ExecuteContext, request: ExecuteRequest, avoid: ReadonlySet<number>): Promise<ProjectSuccess | ProjectFailure> {
  const { project, signal } = request;
  const acquired: Acquired = { leases: [], processes: [], dependencies: new Map() };
  const services = new Map<string, ServiceRecord>();
  const variables = new Map<string, Readonly<Record<string, ProjectedVariable>>>();
  let outcomes: ReadonlyMap<string, NodeOutcome> = new Map();
  try {
    await leaseServicePorts(context, request, acquired, avoid);
    outcomes = await runGraph(toNodes(context, request, acquired, services, variables), { signal });
    signal.throwIfAborted();
    const failure = firstFailure(outcomes);
    if (failure !== undefined) return await undo(context, request, acquired, outcomes, failure.id, failure.error);
  } catch (error) {
    return undo(context, request, acquired, outcomes, project.name, error);
  }
  for (const timing of toTimings(project.name, outcomes)) {
    const isService = timing.node === 'backend' || timing.node === 'frontend';
    if (isService) context.events.emit('service.timing.component', { project: project.name, component: timing.node, duration_ms: timing.duration_ms });
    else context.events.emit('requirements.timing.component', { project: project.name, requirement: timing.node, duration_ms: timing.duration_ms, enabled: true, success: true });
  }
  return {
    ok: true,
    project: project.name,
    services: Object.fromEntries(services),
    components: Object.fromEntries([...acquired.dependencies].map(([id, result]) => [id, toComponent(id, result)])),
    ports: toPortPlans(project.name, acquired),
    timings: toTimings(project.name, outcomes),
  };
}

/** All service ports are known before anything starts, so that a frontend knows its backend. */
async function leaseServicePorts(context: ExecuteContext, { project }: ExecuteRequest, acquired: Acquired, avoid: ReadonlySet<number>): Promise<void> {
  for (const service of project.services.filter((candidate) => candidate.action !== 'keep')) {
    const token = createLaunchToken(context);
    const lease = await context.leases.acquire({
      preferred: service.preferred_port,
      owner: { scopeId: context.scope.id, project: project.name, service: service.type, repositoryRoot: context.scope.repositoryRoot },
      token,
      http: true,
      avoid,
    });
    acquired.leases.push({ service, token, port: lease.port, source: lease.source });
  }
}

function toNodes(
  context: ExecuteContext,
  request: ExecuteRequest,
  acquired: Acquired,
  services: Map<string, ServiceRecord>,
  variables: Map<string, Readonly<Record<string, ProjectedVariable>>>,
): readonly GraphNode[] {
  const { project, plan } = request;
  const nodeId = (name: string) => `${project.name}/${name}`;
  const needsOf = (name: string) => plan.edges.filter((edge) => edge.project === project.name && edge.node === name).map((edge) => ({ id: nodeId(edge.needs), condition: edge.condition as EdgeCondition }));

  const dependencies = project.dependencies.map(
    (dependency): GraphNode => ({
      id: nodeId(dependency.id),
      needs: needsOf(dependency.id),
      run: (node) =>
        told(context.progress, nodeId(dependency.id), async () => {
          const handle = handleOf(request, dependency.id);
          if (dependency.action === 'keep') {
            variables.set(dependency.id, await readVariables(context, project, handle));
            return 'kept';
          }
          const required = Object.fromEntries(dependency.requires.map((id) => [id, toPlain(variables.get(id) ?? {})]));
          const result = await bringUpDependency(context, { project, handle, runId: request.runId, required, signal: node.signal });
          acquired.dependencies.set(dependency.id, result);
          assertUsable(context.reader, dependency.display_name, result);
          variables.set(dependency.id, result.variables);
          return describeDependency(result);
        }),
    }),
  );
  const serviceNodes = acquired.leases.map(
    (leased): GraphNode => ({
      id: nodeId(leased.service.type),
      needs: needsOf(leased.service.type),
      run: (node) =>
        told(context.progress, nodeId(leased.service.type), async () => {
          const record = await startService(context, request, acquired, leased, Object.assign({}, ...variables.values()) as Record<string, ProjectedVariable>, node);
          services.set(leased.service.name, record);
          return `http://${context.publicHost}:${record.actual_port}`;
        }),
    }),
  );
  for (const service of project.services.filter((candidate) => candidate.action === 'keep')) context.progress.node(nodeId(service.type), 'kept');
  return [...dependencies, ...serviceNodes];
}

async function startService(
  context: ExecuteContext,
  request: ExecuteRequest,
  acquired: Acquired,
  leased: LeasedService,
  projected: Readonly<Record<string, ProjectedVariable>>,
  node: { readonly signal: AbortSignal; readonly reached: (condition: EdgeCondition) => void },
): Promise<ServiceRecord> {
  const { project } = request;
  const { service, port, token } = leased;
  const { command, env, healthUrl } = commandOnPort(service.command, port);
  const environment = serviceEnvironment({ service: service.type, processEnv: context.env, projectName: project.name, port, commandEnv: env, dependencies: projected, urls: peerUrls(context, request, acquired) });
  const logPath = join(request.runDirectory, `${project.name.replace(/[/ ]/g, '_')}_${service.type}.log`);
  context.events.emit('service.start', { project: project.name, service: service.type, port, retry: false });
  const launch = await acquireProcess(context, {
    name: service.name,
    kind: 'service',
    token,
    project: project.name,
    runId: request.runId,
    command,
    cwd: service.command.cwd,
    env: environment,
    logPath,
    ports: [port],
    dataDirectories: [],
    stop: [
      { signal: 'SIGTERM', target: 'group', waitMs: 10_000 },
      { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
    ],
    restart: { when: 'no', max: 0, backoffMs: 0 },
  });
  acquired.processes.push({ launch, leased });
  node.reached('started');
  const listeners = createLaunchListeners(launch.directory);
  const readiness = await waitServiceReady({
    launch: { logPath, exited: (signal) => waitForExit(launch.directory, signal) },
    port,
    healthUrl,
    timeoutMs: context.serviceTimeoutMs(service.type),
    signal: node.signal,
    listenersOf: listeners.listenersOf,
  });
  if (readiness.status !== 'ready') throw notReady(context, service, project.name, port, readiness);
  context.events.emit('service.bind.actual', { project: project.name, service: service.type, actual_port: port });
  return {
    type: service.type,
    cwd: service.command.cwd,
    name: service.name,
    pid: listeners.childPid(),
    requested_port: service.preferred_port,
    actual_port: port,
    log_path: logPath,
    status: 'running',
    synthetic: false,
    started_at: context.now() / 1000,
    listener_pids: [...listeners.pidsOn(port)],
    project: project.name,
    service_slug: service.type,
    launch_id: launch.launchId,
    launch_directory: launch.directory,
    run_id: request.runId,
    listener_expected: true,
    public_url: `http://${context.publicHost}:${port}`,
    health_url: healthUrl ?? null,
    failure_detail: null,
    critical: true,
    degraded: false,
  };
}

/** Base URLs of the project's services as a browser reaches them. */
function peerUrls(context: ExecuteContext, request: ExecuteRequest, acquired: Acquired): Partial<Record<ServiceName, string>> {
  const portOf = (type: ServiceName) => acquired.leases.find((lease) => lease.service.type === type)?.port ?? request.kept[type]?.actual_port;
  return Object.fromEntries(
    (['backend', 'frontend'] as const).flatMap((type) => {
      const port = portOf(type);
      return port === undefined || port === null ? [] : [[type, `http://${context.publicHost}:${port}`]];
    }),
  );
}

function notReady(context: ExecuteContext, service: PlannedService, project: string, port: number, readiness: Exclude<ServiceReadiness, { readonly status: 'ready' }>): EnvctlError {
  const failureClass = readiness.status === 'timeout' ? 'listener_not_detected' : readiness.reason === 'bind_conflict' ? 'bind_conflict' : 'process_exited';
  context.events.emit('service.failure', { project, service: service.type, failure_class: failureClass, port, detail: readiness.detail });
  return new EnvctlError(readiness.status === 'timeout' ? 'ENVCTL_E_SERVICE_NOT_READY' : 'ENVCTL_E_SERVICE_FAILED', `${service.name} ${readiness.detail}`, {
    hints: readiness.hints,
    data: { service: service.name, port, failure_class: failureClass },
  });
}

/** Stops what this call started, gives its ports back and releases what it newly held. */
async function undo(context: ExecuteContext, request: ExecuteRequest, acquired: Acquired, outcomes: ReadonlyMap<string, NodeOutcome>, node: string, error: unknown): Promise<ProjectFailure> {
  const { project } = request;
  if (request.signal.aborted) context.events.emit('startup.command.cancelled', { command: request.plan.command, reason: 'signal' });
  context.events.emit('startup.undo.started', { reason: errorMessage(error), projects: [project.name], resources: acquired.processes.length });
  const launched = acquired.processes.map(({ launch, leased }) => ({ entryId: launch.entry.id, directory: launch.directory, token: leased.token, ports: [leased.port] }));
  const { incomplete } = await releaseProcesses(context, launched, { keepReserved: false });
  for (const leased of acquired.leases.filter((candidate) => !acquired.processes.some((process) => process.leased === candidate))) {
    await context.leases.release(leased.port, leased.token, { keepReserved: false });
  }
  const joined = [...acquired.dependencies.values()].filter((result) => result.joined).map((result) => result.instance);
  const problems = await releaseDependencies(context, [project.name], { keepReserved: false, instances: joined });
  for (const service of acquired.leases) context.progress.node(`${project.name}/${service.service.type}`, 'undone');
  const cancelled = request.signal.aborted;
  context.events.emit('startup.undo.finished', { projects: [project.name], resources: acquired.processes.length, survivors: incomplete.length });
  context.events.emit('startup.project.failed', { project: project.name, error: errorMessage(error) });
  return {
    ok: false,
    project: project.name,
    node,
    error,
    cancelled,
    timings: toTimings(project.name, outcomes),
    leftovers: [...incomplete.map((report) => `${report.launchId}: ${report.survivors.map((survivor) => `pid ${survivor.pid} (${survivor.comm})`).join(', ')}`), ...problems],
  };
}

async function told(progress: Progress, id: string, work: () => Promise<string>): Promise<void> {
  progress.node(id, 'running');
  try {
    const detail = await work();
    if (detail === 'kept') progress.node(id, 'kept');
    else progress.node(id, 'ready', detail);
  } catch (error) {
    progress.node(id, 'failed', errorMessage(error));
    throw error;
  }
}

function handleOf(request: ExecuteRequest, id: string): DependencyHandle {
  const handle = request.handles.get(id);
  if (handle === undefined) throw new EnvctlError('ENVCTL_E_DEPENDENCY_UNKNOWN', `No installed plugin brings the dependency ${id}.`, { hints: [`envctl plugins install @envctl/plugin-${id}`] });
  return handle;
}

/** A failed dependency stops the start unless `ENVCTL_REQUIREMENTS_STRICT=false`. */
function assertUsable(reader: ConfigReader, name: string, result: BringUpResult): void {
  const { outcome } = result;
  if (outcome.status !== 'failed' || reader.boolean('ENVCTL_REQUIREMENTS_STRICT') === false) return;
  throw new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `${name}: ${outcome.message}`, { kind: 'dependency', hints: [...(outcome.hints ?? [])], data: { reason: outcome.reasonCode, class: outcome.class } });
}

function describeDependency(result: BringUpResult): string {
  const port = Object.values(result.ports)[0];
  return result.outcome.status === 'failed' ? `not usable: ${result.outcome.message}` : `${result.started ? 'started' : 'shared'}${port === undefined ? '' : ` on port ${port}`}`;
}

function toPlain(variables: Readonly<Record<string, ProjectedVariable>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.value]));
}

function toComponent(id: string, result: BringUpResult): RequirementComponent {
  const { outcome } = result;
  const primary = result.ports['primary'] ?? Object.values(result.ports)[0];
  const requested = result.requested['primary'] ?? Object.values(result.requested)[0];
  return {
    id,
    enabled: true,
    success: outcome.status !== 'failed',
    simulated: false,
    health: outcome.status === 'failed' ? 'unhealthy' : outcome.status === 'degraded' ? 'degraded' : 'healthy',
    resources: { ...result.ports, ...(primary === undefined ? {} : { primary }), ...(requested === undefined ? {} : { requested }) },
    retries: result.retries,
    reason_code: 'reasonCode' in outcome ? outcome.reasonCode : null,
    failure_class: outcome.status === 'failed' ? outcome.class : null,
    error: 'message' in outcome ? outcome.message : null,
    runtime_status: null,
    container_name: null,
    driver: result.driver,
    instance_id: result.instance,
    launch_id: null,
    launch_directory: null,
  };
}

function toPortPlans(project: string, acquired: Acquired): Record<string, PortPlan> {
  return Object.fromEntries(
    acquired.leases.map(({ service, port, source }): [string, PortPlan] => [
      service.type,
      { project, requested: service.preferred_port, assigned: port, final: port, source: source === 'walk' ? 'retry' : 'env', retries: port === service.preferred_port ? 0 : 1 },
    ]),
  );
}

function toTimings(project: string, outcomes: ReadonlyMap<string, NodeOutcome>): readonly NodeTiming[] {
  return [...outcomes].map(([node, outcome]) => ({ project, node: node.slice(project.length + 1), duration_ms: outcome.status === 'skipped' ? 0 : Math.round(outcome.durationMs), status: outcome.status }));
}
