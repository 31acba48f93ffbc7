import { EnvctlError } from '../contract/index.js';
import { browserRefusedPorts } from './browser-refused-ports.js';
import type { LeaseRequest } from './lease-request.js';
import type { LeaseRecord } from './lease-schema.js';

/** The walk for a free port ends here. */
export const lastPort = 65000;

/** The walk found nothing; the text is the original's. */
export function exhaustedError(request: LeaseRequest): EnvctlError {
  return new EnvctlError('ENVCTL_E_PORT_EXHAUSTED', `no free port found from ${request.preferred} to ${lastPort}`, {
    kind: 'environment',
    hints: ['Free a port in this range, or lower the base port in .envctl.'],
    data: { from: request.preferred, to: lastPort, project: request.owner.project, service: request.owner.service },
  });
}

/** The one port that was wanted is not to be had; `held` is the lease in the way. */
export function conflictError(request: LeaseRequest, port: number, held: LeaseRecord | undefined): EnvctlError {
  const { project, service } = request.owner;
  return new EnvctlError('ENVCTL_E_PORT_CONFLICT', `port ${port} is not free for ${service} of ${project}: ${conflictReason(request, port, held)}`, {
    kind: 'environment',
    hints: [`ss -ltnp 'sport = :${port}'`],
    data: { port, project, service },
  });
}

/** The lease is gone or somebody else's. */
export function strangerError(port: number): EnvctlError {
  return new EnvctlError('ENVCTL_E_PORT_CONFLICT', `the lease of port ${port} no longer belongs to this launch`, { kind: 'environment', data: { port } });
}

/** A living process sits on the claim of the lease. */
export function busyError(port: number, path: string, waitedMs: number): EnvctlError {
  return new EnvctlError('ENVCTL_E_LOCK_TIMEOUT', `the lease of port ${port} is being changed by another command for more than ${waitedMs} ms: ${path}`, {
    kind: 'environment',
    data: { port, path },
  });
}

function conflictReason(request: LeaseRequest, port: number, held: LeaseRecord | undefined): string {
  if (request.http && browserRefusedPorts.has(port)) return 'browsers refuse to open it';
  if (held === undefined) return 'another program has it';
  return `it is leased to ${held.owner.service} of ${held.owner.project} in ${held.owner.repository_root}`;
}
