import { EnvctlError, type ProjectedVariable } from '../contract/index.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedService } from './plan.js';
import type { ProjectRun } from './project-run.js';
import { startService } from './start-service.js';

/** Starts a service on its leased port and puts down what is recorded of it. */
export async function runServiceNode({ context, request, acquired, services, variables }: ProjectRun, service: PlannedService, running: RunningNode): Promise<NodeResult> {
  const leased = acquired.leases.find((lease) => lease.service === service);
  if (leased === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${service.name} has no leased port.`, { kind: 'bug' });
  const awaited = service.environment.dependencies.map(({ id }) => id);
  const record = await startService(context, request, {
    leased,
    leases: acquired.leases,
    // Of what it waited for: the same variables however fast the others were.
    variables: Object.assign({}, ...awaited.map((id) => variables.get(id) ?? {})) as Record<string, ProjectedVariable>,
    onLaunched: (launch) => acquired.processes.push({ launch, leased }),
    ...running,
  });
  const lacking = awaited.filter((id) => acquired.failed.has(id));
  services.set(service.name, lacking.length === 0 ? record : { ...record, degraded: true, failure_detail: `started without ${lacking.join(', ')}` });
  return { state: 'ready', detail: record.public_url ?? 'running' };
}
