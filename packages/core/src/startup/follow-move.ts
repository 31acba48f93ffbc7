/** A dev server that found its port taken and moved to another one: the lease, the records and the other services follow. */
import { recordLaunchPorts } from '../processes/index.js';
import { releaseLease, type AcquiredProcess } from '../resources/index.js';
import type { ExecuteContext, ExecuteRequest } from './project-run.js';
import type { LeasedService } from './start-service.js';

export interface Move {
  readonly leased: LeasedService;
  readonly launch: AcquiredProcess;
  readonly port: number;
  /** Pid of the command, when known. */
  readonly pid: number | null;
}

/**
 * Leases the port the service moved to, and gives its own back, still reserved. What starts from now on is told the new one.
 * Throws ENVCTL_E_PORT_CONFLICT when somebody else holds it, or no browser would open it.
 */
export async function followMove(context: ExecuteContext, request: ExecuteRequest, { leased, launch, port, pid }: Move): Promise<void> {
  const { service, token, port: assigned } = leased;
  const { project } = request;
  const owner = { scopeId: context.scope.id, project: project.name, service: service.type, repositoryRoot: context.scope.repositoryRoot };
  await context.leases.adopt({ preferred: port, owner, token, http: true }, launch.runner);
  leased.port = port;
  if (assigned !== null) leased.movedFrom = assigned;
  await recordLaunchPorts(launch.directory, [port]);
  if (assigned !== null) await releaseLease(context, assigned, token, { keepReserved: true });
  context.events.emit('service.bind.actual.discovered', { service: service.type, pid, requested_port: assigned, discovered_port: port });
  context.events.emit('port.rebound', { project: project.name, service: service.type, port });
}

/** Says that a service has moved, when it has. */
export function describeMove({ service, movedFrom, port }: LeasedService): readonly string[] {
  return movedFrom === undefined ? [] : [`${service.name} moved from port ${movedFrom} to ${port}`];
}
