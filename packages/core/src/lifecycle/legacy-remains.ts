/**
 * What the original envctl recorded and left running. A recorded pid does not prove whose process it is, so nothing of it
 * is signalled: it is named, with the way to end it.
 */
import type { Mode } from '../contract/index.js';
import { readProcessTable, type ProcessTable } from '../processes/index.js';
import { selectServices, type ServiceSelectors } from '../projects/index.js';
import type { EngineContext } from '../scope/index.js';
import { isLegacyState, type LoadedRun } from '../state/index.js';
import { examineLegacyService, namedServices } from '../truth/index.js';

export interface LegacyRemains {
  /** What lives. */
  readonly alive: readonly { readonly what: string; readonly detail: string }[];
  /** Told when a state is there and nothing of it lives. */
  readonly warnings: readonly string[];
}

/** The state of the original, when there is none of ours for the mode. */
export async function loadLegacyRun(context: Pick<EngineContext, 'state'>, mode: Mode | undefined): Promise<LoadedRun | undefined> {
  const loaded = await context.state.load({ ...(mode === undefined ? {} : { mode }), legacy: true });
  return loaded !== undefined && isLegacyState(loaded.state) ? loaded : undefined;
}

/** Throws ENVCTL_E_TARGET_UNKNOWN for selectors that mean nothing in the state. */
export function describeLegacyRemains({ state, path }: LoadedRun, selectors: ServiceSelectors): LegacyRemains {
  const selected = selectServices(namedServices(state), selectors, { projects: Object.keys(state.requirements) });
  let snapshot: ProcessTable | undefined;
  const table = (): ProcessTable => (snapshot ??= readProcessTable());
  const uid = process.getuid?.() ?? -1;
  const alive = selected.flatMap((service) => {
    const { pid } = examineLegacyService(service, { table, uid });
    return pid === null ? [] : [{ what: service.name, detail: `not touched: pid ${pid} (${table().get(pid)?.comm ?? ''}) was recorded by the original envctl in ${path}, and a pid alone does not prove whose process it is; stop it with that envctl, or look at it (ps -fp ${pid}) and end it yourself (kill ${pid})` }];
  });
  return { alive, warnings: alive.length > 0 ? [] : [`${path} is a state of the original envctl; nothing of what was asked for runs`] };
}
