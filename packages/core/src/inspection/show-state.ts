import { join } from 'node:path';
import { scrubText } from '../events/read-only.js';
import { readLaunchHistory, toLastExit, type LastExit } from '../processes/read-only.js';
import { isLegacyState, type RunState } from '../state/read-only.js';
import { readRecordedScope, type RecordedScope } from './hot.js';
import type { ConfiguredInputs } from './read-config.js';

/** What the runner of a service wrote down since. */
interface RecordedEnd {
  readonly restarts: number;
  readonly last_exit: LastExit | null;
}

/**
 * The document of `show-state --json`: what was recorded, as it was recorded. `ends` has the services that ended or were
 * restarted since, as their runners wrote it down; whether they live now is not asked.
 */
export type StateReport =
  | { readonly found: true; readonly runtime_root: string; readonly run_state_path: string; readonly state: object; readonly ends: Readonly<Record<string, RecordedEnd>> }
  | { readonly found: false; readonly mode: string; readonly error: 'state_not_found' };

/** Undefined and throws as {@link readRecordedScope}. */
export async function showState(inputs: ConfiguredInputs): Promise<{ readonly report: StateReport; readonly warnings: readonly string[] } | undefined> {
  const scope = await readRecordedScope(inputs);
  return scope === undefined ? undefined : { report: toReport(scope), warnings: scope.warnings };
}

function toReport({ runtimeDirectory, scopeDirectory, mode, state, path }: RecordedScope): StateReport {
  if (state === undefined) return { found: false, mode, error: 'state_not_found' };
  return { found: true, runtime_root: runtimeDirectory, run_state_path: path !== undefined && isLegacyState(state) ? path : join(scopeDirectory, 'runs', state.run_id, 'run_state.json'), state: toDocument(state), ends: readEnds(state) };
}

export function renderState(report: StateReport): string {
  if (!report.found) return `No active run state found for mode ${report.mode}.`;
  const ends = Object.entries(report.ends).map(([name, end]) => `\n${describeEnd(name, end)}`);
  return `${report.run_state_path}\n${JSON.stringify(report.state, undefined, 2)}${ends.join('')}`;
}

function readEnds(state: RunState): Readonly<Record<string, RecordedEnd>> {
  return Object.fromEntries(
    Object.values(state.services).flatMap((service) => {
      const history = service.launch_directory === null ? undefined : readLaunchHistory(service.launch_directory);
      if (history?.lastEnd === undefined) return [];
      return [[service.name, { restarts: history.restarts, last_exit: toLastExit(history.lastEnd) }]];
    }),
  );
}

function describeEnd(name: string, { restarts, last_exit: end }: RecordedEnd): string {
  const how = end === null ? '' : `, last ${end.signal ?? `exit ${end.code}`} at ${end.at}`;
  return `${name}: ${restarts === 0 ? 'not restarted' : restarts === 1 ? 'restarted once' : `restarted ${restarts} times`}${how}`;
}

/** Names are the keys of the maps on disk; in memory each record carries its own too. A health URL may carry a token. */
function toDocument(state: RunState): object {
  return {
    ...state,
    services: Object.fromEntries(Object.entries(state.services).map(([name, { name: _name, ...service }]) => [name, { ...service, health_url: service.health_url === null ? null : scrubText(service.health_url) }])),
    requirements: Object.fromEntries(Object.entries(state.requirements).map(([project, { project: _project, ...requirements }]) => [project, requirements])),
  };
}
