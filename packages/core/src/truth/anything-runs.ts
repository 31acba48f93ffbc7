import type { ConfigModel } from '../config/read-only.js';
import { readLatestState, type RunState } from '../state/read-only.js';
import { examineServices } from './examine-services.js';
import { examineServers } from './server-truth.js';
import { isEndedStatus } from './status-level.js';

/** True when a recorded service or native server of a scope lives, in any mode. Containers are not asked for. Never throws for a record that cannot be read. */
export async function isAnythingRunning(scopeDirectory: string, { nowMs, truth }: { readonly nowMs: number; readonly truth: ConfigModel['truth'] }): Promise<boolean> {
  const states = (['main', 'trees'] as const).flatMap((mode) => readLatestState(scopeDirectory, mode) ?? []);
  const services = await Promise.all(states.map((state) => examineServices(state, { nowMs, truth, isMeant: () => true })));
  if (services.flat().some(({ status, pid }) => pid !== null && !isEndedStatus(status))) return true;
  const servers = await examineServers(scopeDirectory, states.flatMap(instancesOf).map((instance) => ({ instance, port: null })));
  return servers.some((status) => status !== 'gone');
}

function instancesOf({ requirements }: RunState): readonly string[] {
  return Object.values(requirements).flatMap(({ components }) => Object.values(components).flatMap((component) => (component.driver === 'external' ? [] : [component.instance_id ?? component.id])));
}
