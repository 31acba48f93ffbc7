/**
 * Brings one project up as planned, or leaves it as it was: what this call started is stopped again when
 * any part fails or the command is cancelled.
 */
import { errorMessage } from '../contract/index.js';
import { absentComponent, type PortPlan, type RequirementComponent, type ServiceRecord } from '../state/index.js';
import { firstFailure, runGraph, type NodeOutcome } from './graph.js';
import { describeTaken } from './describe-taken.js';
import { describeMove } from './follow-move.js';
import { isShownNode, toGraphNodes } from './graph-nodes.js';
import { createHeadStart } from './head-start.js';
import { criticalDependencies } from './plan-nodes.js';
import { toComponent, toDependencyPortPlans, toFailedComponent, toHookedComponent, toPortPlans, toTimings, type NodeTiming } from './project-results.js';
import type { Untrue } from './last-look.js';
import type { ExecuteContext, ExecuteRequest, ProjectRun } from './project-run.js';
import { settleProject } from './settle-project.js';
import { toFailedRecord } from './start-service.js';
import { stolenPort, undoProject, type Undone } from './undo-project.js';

export interface ProjectSuccess {
  readonly ok: true;
  readonly project: string;
  readonly services: Readonly<Record<string, ServiceRecord>>;
  readonly components: Readonly<Record<string, RequirementComponent>>;
  readonly ports: Readonly<Record<string, PortPlan>>;
  readonly timings: readonly NodeTiming[];
  /** What somebody should know of how it came up. */
  readonly notes: readonly string[];
  /** What becomes of it with what the last look found; see {@link settleProject}. */
  readonly settle: (untrue: Untrue) => Promise<ProjectSuccess | ProjectFailure>;
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
  /** The dependency that failed, if it was one. */
  readonly components: Readonly<Record<string, RequirementComponent>>;
  /** What the undo could not take back. */
  readonly leftovers: readonly string[];
  readonly detached: Undone['detached'];
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

async function attemptProject(context: ExecuteContext, request: ExecuteRequest, avoid: ReadonlySet<number>): Promise<ProjectSuccess | ProjectFailure> {
  const { project, signal } = request;
  const run: ProjectRun = {
    context,
    request,
    acquired: { leases: [], processes: [], dependencies: new Map(), failed: new Map() },
    services: new Map(),
    notes: [],
    warnings: new Map(),
    variables: new Map(),
    hooked: {},
    headStart: createHeadStart(project.dependencies.filter(({ action, requires }) => action !== 'keep' && requires.length === 0).map(({ id }) => id)),
  };
  let outcomes: ReadonlyMap<string, NodeOutcome> = new Map();
  const timings = () => toTimings(project.name, new Map([...outcomes].filter(([id]) => isShownNode(run, id))));
  const fail = async (node: string, error: unknown): Promise<ProjectFailure> => {
    const undone = await undoProject(run, outcomes, error);
    return { ok: false, project: project.name, node, error, cancelled: signal.aborted, timings: timings(), services: describeLaunched(run, node, error), components: describeBroken(run, node, error), ...undone };
  };
  try {
    outcomes = await runGraph(toGraphNodes(run, avoid), { signal });
    signal.throwIfAborted();
  } catch (error) {
    return fail(project.name, error);
  }
  const failure = firstFailure(outcomes);
  if (failure !== undefined) return fail(failure.id, failure.error);
  try {
    // What the project goes on without does not run on.
    await request.former.stopAll();
  } catch (error) {
    return fail(project.name, error);
  }
  tellTimings(run, timings());
  const { acquired } = run;
  const settle = async (untrue: Untrue): Promise<ProjectSuccess | ProjectFailure> => {
    try {
      const found = await settleProject(run, untrue);
      if (found === undefined) return await toSuccess();
      outcomes = new Map([...outcomes, [found.node, { status: 'failed', durationMs: 0, error: found.error }]]);
      return await fail(found.node, found.error);
    } catch (error) {
      return fail(project.name, error);
    }
  };
  const toSuccess = async (): Promise<ProjectSuccess> => ({
    ok: true,
    project: project.name,
    services: Object.fromEntries(run.services),
    components: describeComponents(run),
    ports: { ...toPortPlans(project.name, acquired.leases), ...toDependencyPortPlans(project.name, acquired.dependencies, context.declarations) },
    timings: timings(),
    notes: [...(await Promise.all(acquired.leases.map((leased) => describeTaken(context, leased)))).flat(), ...acquired.leases.flatMap(describeMove), ...run.notes],
    settle,
    undo: (error) => fail(project.name, error),
  });
  return toSuccess();
}

function describeComponents({ acquired, hooked, request: { project } }: ProjectRun): ProjectSuccess['components'] {
  const critical = criticalDependencies(project);
  const components = [
    ...[...acquired.dependencies].map(([id, result]) => [id, toComponent(id, result)] as const),
    ...[...acquired.failed].map(([id, outcome]) => [id, toFailedComponent(id, outcome)] as const),
    ...Object.entries(hooked.requirements ?? {}).map(([id, requirement]) => [id, toHookedComponent(id, requirement)] as const),
  ];
  const isKnown = (id: string) => project.dependencies.some((dependency) => dependency.id === id);
  return Object.fromEntries(components.map(([id, component]) => [id, { ...component, critical: critical.has(id) || !isKnown(id) }]));
}

/** @param node id of the graph's node that failed */
function describeLaunched({ context, request, acquired }: ProjectRun, node: string, error: unknown): ProjectFailure['services'] {
  return Object.fromEntries(
    acquired.processes.map(({ launch, leased }) => {
      const failure = node === `${request.project.name}/${leased.service.type}` ? context.redaction.text(errorMessage(error)) : undefined;
      return [leased.service.name, toFailedRecord(context, request, leased, launch, failure)];
    }),
  );
}

/** @param node id of the graph's node that failed */
function describeBroken({ context, request: { project } }: ProjectRun, node: string, error: unknown): ProjectFailure['components'] {
  const broken = project.dependencies.filter(({ id }) => node === `${project.name}/${id}`);
  return Object.fromEntries(broken.map(({ id }) => [id, { ...absentComponent(id), enabled: true, health: 'unhealthy', error: context.redaction.text(errorMessage(error)) }]));
}

function tellTimings({ context, request: { project }, acquired }: ProjectRun, timings: readonly NodeTiming[]): void {
  for (const { node, duration_ms } of timings) {
    const kind = project.nodes.find(({ id }) => id === node)?.kind;
    if (kind === 'service') context.events.emit('service.timing.component', { project: project.name, component: node, duration_ms });
    if (kind === 'dependency') context.events.emit('requirements.timing.component', { project: project.name, requirement: node, duration_ms, enabled: true, success: !acquired.failed.has(node) });
  }
}
