/** Takes back what an attempt acquired: its processes end, ports and dependencies are given back. */
import { errorMessage, isEnvctlError } from '../contract/index.js';
import { releaseDependencies } from '../requirements/index.js';
import { describeIncomplete, releaseLease, releaseProcesses, toStopOrder, type ReleaseReport } from '../resources/index.js';
import type { StopResult } from '../processes/index.js';
import type { NodeOutcome } from './graph.js';
import type { ProjectRun } from './project-run.js';
import type { LeasedService } from './start-service.js';

export interface Undone {
  /** What could not be taken back. */
  readonly leftovers: readonly string[];
  /** What left a service for a life of its own, and was not touched. */
  readonly detached: StopResult['detached'];
}

export async function undoProject(run: ProjectRun, outcomes: ReadonlyMap<string, NodeOutcome>, error: unknown): Promise<Undone> {
  const { context, request, acquired } = run;
  const { project } = request;
  if (request.signal.aborted) context.events.emit('startup.command.cancelled', { command: request.plan.command, reason: 'signal' });
  context.events.emit('startup.undo.started', { reason: errorMessage(error), projects: [project.name], resources: acquired.processes.length });
  const { leftovers: survivors, detached } = await releaseServices(run, stolenPort(error));
  const joined = [...acquired.dependencies].filter(([, result]) => result.joined);
  const problems = await releaseDependencies(context, [project.name], { keepReserved: false, instances: joined.map(([, result]) => result.instance) }).catch((failed: unknown) => [errorMessage(failed)]);
  const undone = [...acquired.processes.map(({ leased }) => leased.service.type), ...joined.map(([id]) => id)].map((name) => `${project.name}/${name}`);
  for (const id of undone) if (outcomes.get(id)?.status !== 'failed') context.progress.node(id, 'undone');
  context.events.emit('startup.undo.finished', { projects: [project.name], resources: acquired.processes.length, survivors: survivors.length });
  context.events.emit('startup.project.failed', { project: project.name, error: errorMessage(error) });
  return { leftovers: [...survivors, ...problems], detached };
}

/** The port that a service could not bind because somebody else has it. A crash is a crash and moves nothing. */
export function stolenPort(error: unknown): number | undefined {
  if (!isEnvctlError(error) || error.data['failure_class'] !== 'bind_conflict') return undefined;
  return typeof error.data['port'] === 'number' ? error.data['port'] : undefined;
}

/** A service that was recorded keeps its port reserved: it comes back to it. */
async function releaseServices(run: ProjectRun, stolen: number | undefined): Promise<Undone> {
  const { context, request, acquired } = run;
  const { leases, processes } = acquired;
  const isRecorded = ({ service, port }: LeasedService) => request.recorded.has(service.name) && port !== stolen;
  const ending = processes.map(({ launch, leased }) => ({ entryId: launch.entry.id, directory: launch.directory, token: leased.token, ports: leased.port === null ? [] : [leased.port], leased }));
  const reports: ReleaseReport[] = [];
  // Dependents end before what they wait for.
  for (const group of toStopOrder(ending, ({ leased }) => ending.filter((other) => needs(run, leased, other.leased)))) {
    reports.push(...(await Promise.all([true, false].map((keepReserved) => releaseProcesses(context, group.filter(({ leased }) => isRecorded(leased) === keepReserved), { keepReserved })))));
  }
  for (const leased of leases.filter((candidate) => !processes.some((process) => process.leased === candidate))) {
    if (leased.port === null || (await request.former.returnLease(leased))) continue;
    await releaseLease(context, leased.port, leased.token, { keepReserved: isRecorded(leased) });
  }
  return {
    leftovers: reports.flatMap(({ incomplete }) => incomplete).map((report) => describeIncomplete([report])),
    detached: reports.flatMap((released) => released.reports.flatMap(({ detached }) => detached)),
  };
}

function needs({ request }: ProjectRun, left: LeasedService, right: LeasedService): boolean {
  return request.project.nodes.some(({ kind, id, needs: edges }) => kind === 'service' && id === left.service.type && edges.some((edge) => edge.id === right.service.type));
}
