import { browserRefusedPorts } from '../ports/index.js';
import { listenersByPid, readProcessTable } from '../processes/index.js';
import type { ExecuteContext } from './project-run.js';
import type { LeasedService } from './start-service.js';

/** Why a service has another port than the one that was meant for it, and who has that; empty where it has its own, or the one it had before. */
export async function describeTaken({ leases }: Pick<ExecuteContext, 'leases'>, { service, port, movedFrom, source }: LeasedService): Promise<readonly string[]> {
  const [wanted, given] = [service.preferred_port, movedFrom ?? port];
  if (source !== 'walk' || wanted === null || given === null || given === wanted) return [];
  return [`${service.name} has port ${given}: ${wanted} ${await holderOf(leases, wanted)}`];
}

async function holderOf(leases: ExecuteContext['leases'], port: number): Promise<string> {
  if (browserRefusedPorts.has(port)) return 'is one that browsers refuse to open';
  const lease = (await leases.list()).find((view) => view.port === port);
  const whose = lease?.owner && `${lease.owner.service} of ${lease.owner.project} in ${lease.owner.repositoryRoot}`;
  if (whose !== undefined && lease?.state === 'held') return `is leased to ${whose}`;
  const names = new Map([...readProcessTable().all()].map(({ pid, comm }) => [pid, comm]));
  const pid = [...listenersByPid(names.keys())].find(([, ports]) => ports.includes(port))?.[0];
  // A port that is kept for a service may have been taken from it.
  if (pid !== undefined) return `is taken by ${names.get(pid)!} (pid ${pid})`;
  return whose === undefined ? 'is taken by another program' : `is kept for ${whose}`;
}
