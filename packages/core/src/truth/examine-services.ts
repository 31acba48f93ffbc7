/** The truth of a state's services: from the records and the kernel alone. */
import type { ConfigModel } from '../config/read-only.js';
import { readProcessTable, type ProcessTable } from '../processes/read-only.js';
import { isLegacyState, type RunState, type ServiceRecord } from '../state/read-only.js';
import { examineLegacyService } from './legacy-truth.js';
import { examineService, type ServiceTruth } from './service-truth.js';

export type RecordedServiceTruth = ServiceTruth & { readonly project: string; readonly type: string };

export interface ServicesToExamine {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly truth: ConfigModel['truth'];
  /** Looks also for processes that left their group; default false. */
  readonly findDetached?: boolean;
  readonly isMeant: (service: { readonly name: string; readonly project: string }) => boolean;
}

export async function examineServices(state: RunState, { nowMs, truth, findDetached = false, isMeant }: ServicesToExamine): Promise<readonly RecordedServiceTruth[]> {
  let snapshot: ProcessTable | undefined;
  const table = (): ProcessTable => (snapshot ??= readProcessTable());
  const options = { table, findDetached, nowMs, graceMs: truth.graceMs, reboundMaxDelta: truth.reboundMaxDelta, enforceListeners: truth.mode !== 'best_effort' };
  const isLegacy = isLegacyState(state);
  const uid = process.getuid?.() ?? -1;
  return Promise.all(
    namedServices(state)
      .filter(isMeant)
      .map(async (service) => ({ ...(isLegacy ? examineLegacyService(service, { table, uid }) : await examineService(service, options)), project: service.project, type: service.type })),
  );
}

/** The recorded services with their names, sorted by project, backend before frontend. */
export function namedServices(state: RunState): readonly (ServiceRecord & { readonly project: string })[] {
  return Object.values(state.services)
    .map((service) => ({ ...service, project: service.project ?? service.name.replace(/ \S+$/, '') }))
    .sort((left, right) => compare(left.project, right.project) || compare(left.type, right.type));
}

/** By code points: the order of a locale costs its tables. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
