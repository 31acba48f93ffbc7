import { EnvctlError, errorMessage, type ProjectedVariable } from '../contract/index.js';
import { releaseLease, releaseProcesses } from '../resources/index.js';
import { probeHealth } from '../services/index.js';
import { isConsequenceOf } from './graph.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedService } from './plan.js';
import type { ProjectRun } from './project-run.js';
import { startService, toAbsentRecord, toFailedRecord, type LeasedService } from './start-service.js';

const keptHealthMs = 10_000;

/** Starts a service on its leased port and puts down what is recorded of it. Of one that is not critical and fails nothing is left. */
export async function runServiceNode(run: ProjectRun, service: PlannedService, running: RunningNode): Promise<NodeResult> {
  const { context, request, acquired, services, variables } = run;
  const leased = acquired.leases.find((lease) => lease.service === service);
  if (leased === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${service.name} has no leased port.`, { kind: 'bug' });
  // What a hook looks after is known when it has run.
  const hooked = service.environment.audience === 'backend' ? Object.keys(run.hooked.requirements ?? {}) : [];
  const awaited = [...new Set([...service.environment.dependencies.map(({ id }) => id), ...hooked])];
  try {
    await request.former.stop(service.name);
    running.signal.throwIfAborted();
    const record = await startService(context, request, {
      leased,
      leases: acquired.leases,
      // Of what it waited for: the same variables however fast the others were.
      variables: Object.assign({}, ...awaited.map((id) => variables.get(id) ?? {})) as Record<string, ProjectedVariable>,
      dependencies: awaited.map((id) => ({ id, ports: portsOf(run, id), variables: Object.keys(variables.get(id) ?? {}) })),
      onLaunched: (launch, waitAgain) => acquired.processes.push({ launch, leased, waitAgain }),
      ...running,
    });
    const lacking = awaited.filter((id) => acquired.failed.has(id));
    const problems = [...(lacking.length === 0 ? [] : [`started without ${lacking.join(', ')}`]), ...(run.warnings.get(service.type) ?? [])];
    services.set(service.name, problems.length === 0 ? record : { ...record, degraded: true, failure_detail: problems.join('; '), ...(run.warnings.has(service.type) ? { failed_steps: run.warnings.get(service.type) } : {}) });
    return { state: 'ready', detail: record.status === 'completed' ? 'completed' : (record.public_url ?? 'running') };
  } catch (error) {
    if (!running.critical && !isConsequenceOf(running.signal, error)) await releaseFailed(run, leased, error);
    throw error;
  }
}

function portsOf({ request, acquired, hooked }: ProjectRun, id: string): readonly number[] {
  const looked = hooked.requirements?.[id]?.final;
  if (typeof looked === 'number') return [looked];
  const started = acquired.dependencies.get(id);
  return started === undefined ? (request.ports[id] ?? []) : Object.values(started.ports);
}

/** A service that stays was ready once; that it is healthy is asked again where somebody needs it. */
export async function keepService({ request }: ProjectRun, service: PlannedService, { signal, reached }: Pick<RunningNode, 'signal' | 'reached'>): Promise<void> {
  reached('log-ready');
  const url = request.kept[service.type]?.health_url ?? null;
  const isAsked = request.project.nodes.some(({ needs }) => needs.some(({ id, condition }) => id === service.type && condition === 'healthy'));
  if (isAsked && url !== null && (await probeHealth(url, { timeoutMs: Math.min(service.ready.timeout_ms, keptHealthMs), signal })).healthy) reached('healthy');
}

/** What could not be ended stays on record with its launch, for a stop to try again. */
export async function releaseFailed({ context, request, acquired, services }: ProjectRun, leased: LeasedService, error: unknown): Promise<void> {
  const { service, token, port } = leased;
  const mine = acquired.processes.filter((process) => process.leased === leased);
  const ports = port === null ? [] : [port];
  const { incomplete } = await releaseProcesses(context, mine.map(({ launch }) => ({ entryId: launch.entry.id, directory: launch.directory, token, ports })), { keepReserved: true });
  const failure = context.redaction.text(errorMessage(error));
  if (incomplete.length > 0) {
    services.set(service.name, { ...toFailedRecord(context, request, leased, mine[0]!.launch, failure), degraded: true });
    return;
  }
  if (mine.length === 0 && port !== null) await releaseLease(context, port, token, { keepReserved: true });
  acquired.processes.splice(0, acquired.processes.length, ...acquired.processes.filter((process) => process.leased !== leased));
  acquired.leases.splice(0, acquired.leases.length, ...acquired.leases.filter((lease) => lease !== leased));
  services.set(service.name, toAbsentRecord(context, request, service, failure));
}
