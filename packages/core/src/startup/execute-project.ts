/**
 * Brings one project up as planned, or leaves it as it was: what this call started is stopped again when
 * any part fails or the command is cancelled.
 */
import { EnvctlError, errorMessage, isEnvctlError, type DependencyDeclaration, type EdgeCondition, type FailedOutcome, type ProjectedVariable } from '../contract/index.js';
import { readVariables, releaseDependencies, type BringUpResult, type DependencyHandle, type RequirementsContext } from '../requirements/index.js';
import { createLaunchToken, describeIncomplete, releaseLease, releaseProcesses, type AcquiredProcess } from '../resources/index.js';
import type { ServiceName } from '../services/index.js';
import type { PortPlan, RequirementComponent, ServiceRecord } from '../state/index.js';
import type { NodeState, Progress } from '../ui/index.js';
import { createHeadStart } from './head-start.js';
import { firstFailure, isConsequenceOf, runGraph, type GraphNode, type NodeOutcome } from './graph.js';
import type { PlannedProject, StartPlan } from './plan.js';
import { toComponent, toFailedComponent, toPortPlans, toTimings, type NodeTiming } from './project-results.js';
import { startDependency } from './start-dependency.js';
import { startService, toFailedRecord, type LeasedService } from './start-service.js';

export interface ExecuteContext extends RequirementsContext {
  /** What dependencies and services said is told, and goes on record. */
  readonly redaction: { readonly text: (text: string) => string };
  readonly progress: Progress;
  /** Of every dependency that is installed. */
  readonly declarations: readonly DependencyDeclaration[];
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
  /** Variables of the command line for the services that are started. */
  readonly forwarded: Readonly<Record<string, string>>;
  /** Names of the services that the last good state lists. */
  readonly recorded: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface ProjectSuccess {
  readonly ok: true;
  readonly project: string;
  readonly services: Readonly<Record<string, ServiceRecord>>;
  readonly components: Readonly<Record<string, RequirementComponent>>;
  readonly ports: Readonly<Record<string, PortPlan>>;
  readonly timings: readonly NodeTiming[];
  /** Takes back what this call started: it could not be put on record. */
  readonly undo: (error: unknown) => Promise<ProjectFailure>;
}

export interface ProjectFailure {
  readonly ok: false;
  readonly project: string;
  readonly node: string;
  readonly error: unknown;
  readonly cancelled: boolean;
  readonly timings: readonly NodeTiming[];
  /** What was launched before the failure, as it was left: failed or stopped. */
  readonly services: Readonly<Record<string, ServiceRecord>>;
  /** What the undo could not take back. */
  readonly leftovers: readonly string[];
}

/** What this call has acquired so far, for the undo. */
interface Acquired {
  readonly leases: LeasedService[];
  readonly processes: { readonly launch: AcquiredProcess; readonly leased: LeasedService }[];
  readonly dependencies: Map<string, BringUpResult>;
  /** Dependencies that the project does without. */
  readonly failed: Map<string, FailedOutcome>;
}

/** The step of the graph in which all service ports are leased; not one that people wait for. */
const portsNode = 'ports';

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
  const acquired: Acquired = { leases: [], processes: [], dependencies: new Map(), failed: new Map() };
  const services = new Map<string, ServiceRecord>();
  const variables = new Map<string, Readonly<Record<string, ProjectedVariable>>>();
  let outcomes: ReadonlyMap<string, NodeOutcome> = new Map();
  try {
    outcomes = await runGraph(toNodes(context, request, acquired, services, variables, avoid), { signal });
    signal.throwIfAborted();
    const failure = firstFailure(outcomes);
    if (failure !== undefined) return await undo(context, request, acquired, outcomes, failure.id, failure.error);
  } catch (error) {
    return undo(context, request, acquired, outcomes, project.name, error);
  }
  for (const timing of toTimings(project.name, shownOutcomes(project.name, outcomes))) {
    const isService = timing.node === 'backend' || timing.node === 'frontend';
    if (isService) context.events.emit('service.timing.component', { project: project.name, component: timing.node, duration_ms: timing.duration_ms });
    else context.events.emit('requirements.timing.component', { project: project.name, requirement: timing.node, duration_ms: timing.duration_ms, enabled: true, success: !acquired.failed.has(timing.node) });
  }
  return {
    ok: true,
    project: project.name,
    services: Object.fromEntries(services),
    components: Object.fromEntries([
      ...[...acquired.dependencies].map(([id, result]) => [id, toComponent(id, result)] as const),
      ...[...acquired.failed].map(([id, outcome]) => [id, toFailedComponent(id, outcome)] as const),
    ]),
    ports: toPortPlans(project.name, acquired.leases),
    timings: toTimings(project.name, shownOutcomes(project.name, outcomes)),
    undo: (error) => undo(context, request, acquired, outcomes, project.name, error),
  };
}

/** All service ports are known before a service starts, so that a frontend knows its backend. */
async function leaseServicePorts(context: ExecuteContext, { project }: ExecuteRequest, acquired: Acquired, avoid: ReadonlySet<number>): Promise<void> {
  const leased = project.services.filter((candidate) => candidate.action !== 'keep').map(async (service) => {
    const token = createLaunchToken(context);
    const lease = await context.leases.acquire({
      preferred: service.preferred_port,
      owner: { scopeId: context.scope.id, project: project.name, service: service.type, repositoryRoot: context.scope.repositoryRoot },
      token,
      http: true,
      avoid,
    });
    acquired.leases.push({ service, token, port: lease.port, source: lease.source });
  });
  // Every lease that was granted is known to the undo, also when another one fails.
  const failed = (await Promise.allSettled(leased)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function toNodes(
  context: ExecuteContext,
  request: ExecuteRequest,
  acquired: Acquired,
  services: Map<string, ServiceRecord>,
  variables: Map<string, Readonly<Record<string, ProjectedVariable>>>,
  avoid: ReadonlySet<number>,
): readonly GraphNode[] {
  const { project, plan } = request;
  const nodeId = (name: string) => `${project.name}/${name}`;
  const needsOf = (name: string) => plan.edges.filter((edge) => edge.project === project.name && edge.node === name).map((edge) => ({ id: nodeId(edge.needs), condition: edge.condition as EdgeCondition }));

  const headStart = createHeadStart(project.dependencies.filter(({ action, requires }) => action !== 'keep' && requires.length === 0).length);
  const dependencies = project.dependencies.map(
    (dependency): GraphNode => ({
      id: nodeId(dependency.id),
      needs: needsOf(dependency.id),
      run: (node) =>
        told(context.progress, nodeId(dependency.id), node.signal, async () => {
          const toHandle = () => handleOf(request, dependency.id);
          if (dependency.action === 'keep') {
            variables.set(dependency.id, await readVariables(context, project, toHandle()));
            return { state: 'kept' };
          }
          const required = Object.fromEntries(dependency.requires.map((id) => [id, toPlain(variables.get(id) ?? {})]));
          const start = await startDependency(context, { dependency, toHandle, project, runId: request.runId, required, failed: new Set(acquired.failed.keys()), signal: node.signal, ...(dependency.requires.length === 0 ? { onLaunched: headStart.once() } : {}) });
          if (!start.usable) {
            const outcome = { ...start.outcome, message: context.redaction.text(start.outcome.message) };
            acquired.failed.set(dependency.id, outcome);
            return { state: 'unusable', detail: outcome.message };
          }
          acquired.dependencies.set(dependency.id, start.result);
          variables.set(dependency.id, start.result.variables);
          return { state: 'ready', detail: describeDependency(start.result) };
        }),
    }),
  );
  // Beside the dependencies: their servers need not wait for the ports of services.
  const ports: GraphNode = {
    id: nodeId(portsNode),
    needs: [],
    run: async ({ signal }) => {
      await headStart.over(signal);
      await leaseServicePorts(context, request, acquired, avoid);
    },
  };
  const serviceNodes = project.services.filter((service) => service.action !== 'keep').map(
    (service): GraphNode => ({
      id: nodeId(service.type),
      needs: [{ id: ports.id, condition: 'ready' }, ...needsOf(service.type)],
      run: (node) =>
        told(context.progress, nodeId(service.type), node.signal, async () => {
          const leased = acquired.leases.find((lease) => lease.service === service);
          if (leased === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${service.name} has no leased port.`, { kind: 'bug' });
          const record = await startService(context, request, {
            leased,
            leases: acquired.leases,
            // Of what it waited for: the same variables however fast the others were.
            variables: Object.assign({}, ...service.environment.dependencies.map(({ id }) => variables.get(id) ?? {})) as Record<string, ProjectedVariable>,
            onLaunched: (launch) => acquired.processes.push({ launch, leased }),
            ...node,
          });
          const lacking = needsOf(service.type).map((edge) => edge.id.slice(project.name.length + 1)).filter((id) => acquired.failed.has(id));
          services.set(service.name, lacking.length === 0 ? record : { ...record, degraded: true, failure_detail: `started without ${lacking.join(', ')}` });
          return { state: 'ready', detail: record.public_url ?? 'running' };
        }),
    }),
  );
  for (const service of project.services.filter((candidate) => candidate.action === 'keep')) context.progress.node(nodeId(service.type), 'kept');
  const shown = [...dependencies, ...serviceNodes];
  for (const node of shown) {
    const awaited = node.needs.filter((edge) => edge.id !== ports.id).map((edge) => edge.id.slice(project.name.length + 1));
    context.progress.node(node.id, 'waiting', awaited.length === 0 ? undefined : `for ${awaited.join(', ')}`);
  }
  return [ports, ...shown];
}

/** Stops what this call started, gives its ports back and releases the dependencies it joined. */
async function undo(context: ExecuteContext, request: ExecuteRequest, acquired: Acquired, outcomes: ReadonlyMap<string, NodeOutcome>, node: string, error: unknown): Promise<ProjectFailure> {
  const { project } = request;
  if (request.signal.aborted) context.events.emit('startup.command.cancelled', { command: request.plan.command, reason: 'signal' });
  context.events.emit('startup.undo.started', { reason: errorMessage(error), projects: [project.name], resources: acquired.processes.length });
  const survivors = await releaseServices(context, request, acquired, stolenPort(error));
  const joined = [...acquired.dependencies].filter(([, result]) => result.joined);
  const problems = await releaseDependencies(context, [project.name], { keepReserved: false, instances: joined.map(([, result]) => result.instance) }).catch((failed: unknown) => [errorMessage(failed)]);
  const undone = [...acquired.processes.map(({ leased }) => leased.service.type), ...joined.map(([id]) => id)].map((name) => `${project.name}/${name}`);
  for (const id of undone) if (outcomes.get(id)?.status !== 'failed') context.progress.node(id, 'undone');
  context.events.emit('startup.undo.finished', { projects: [project.name], resources: acquired.processes.length, survivors: survivors.length });
  context.events.emit('startup.project.failed', { project: project.name, error: errorMessage(error) });
  return {
    ok: false,
    project: project.name,
    node,
    error,
    cancelled: request.signal.aborted,
    timings: toTimings(project.name, shownOutcomes(project.name, outcomes)),
    services: Object.fromEntries(acquired.processes.map(({ launch, leased }) => {
      const failure = node === `${project.name}/${leased.service.type}` ? context.redaction.text(errorMessage(error)) : undefined;
      return [leased.service.name, toFailedRecord(context, request, leased, launch, failure)];
    })),
    leftovers: [...survivors, ...problems],
  };
}

/** A service that was recorded keeps its port reserved: it comes back to it. Returns what could not be stopped. */
async function releaseServices(context: ExecuteContext, request: ExecuteRequest, { leases, processes }: Acquired, stolen: number | undefined): Promise<readonly string[]> {
  const isRecorded = ({ service, port }: LeasedService) => request.recorded.has(service.name) && port !== stolen;
  const reports = await Promise.all(
    [true, false].map((keepReserved) => {
      const ending = processes.filter(({ leased }) => isRecorded(leased) === keepReserved);
      return releaseProcesses(context, ending.map(({ launch, leased }) => ({ entryId: launch.entry.id, directory: launch.directory, token: leased.token, ports: [leased.port] })), { keepReserved });
    }),
  );
  for (const leased of leases.filter((candidate) => !processes.some((process) => process.leased === candidate))) {
    await releaseLease(context, leased.port, leased.token, { keepReserved: isRecorded(leased) });
  }
  return reports.flatMap(({ incomplete }) => incomplete).map((report) => describeIncomplete([report]));
}

async function told(progress: Progress, id: string, signal: AbortSignal, work: () => Promise<{ readonly state: NodeState; readonly detail?: string }>): Promise<void> {
  progress.node(id, 'running');
  try {
    const { state, detail } = await work();
    progress.node(id, state, detail);
  } catch (error) {
    if (isConsequenceOf(signal, error)) progress.node(id, 'skipped', 'given up');
    else progress.node(id, 'failed', errorMessage(error));
    throw error;
  }
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

function shownOutcomes(project: string, outcomes: ReadonlyMap<string, NodeOutcome>): ReadonlyMap<string, NodeOutcome> {
  return new Map([...outcomes].filter(([id]) => id !== `${project}/${portsNode}`));
}
