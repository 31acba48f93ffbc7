import { join } from 'node:path';
import { isLegacyState, type RunState } from '../state/read-only.js';
import { readRecordedScope, type HotInputs, type RecordedScope } from './hot.js';

/** The document of `show-state --json`: what was recorded, as it was recorded. */
export type StateReport =
  | { readonly found: true; readonly runtime_root: string; readonly run_state_path: string; readonly state: object }
  | { readonly found: false; readonly mode: string; readonly error: 'state_not_found' };

export function showState(inputs: HotInputs): { readonly report: StateReport; readonly warnings: readonly string[] } {
  const scope = readRecordedScope(inputs);
  return { report: toReport(scope), warnings: scope.warnings };
}

function toReport({ runtimeDirectory, scopeDirectory, mode, state, path }: RecordedScope): StateReport {
  if (state === undefined) return { found: false, mode, error: 'state_not_found' };
  return { found: true, runtime_root: runtimeDirectory, run_state_path: path !== undefined && isLegacyState(state) ? path : join(scopeDirectory, 'runs', state.run_id, 'run_state.json'), state: toDocument(state) };
}

export function renderState(report: StateReport): string {
  if (!report.found) return `No active run state found for mode ${report.mode}.`;
  return `${report.run_state_path}\n${JSON.stringify(report.state, undefined, 2)}`;
}

/** Names are the keys of the maps on disk; in memory each record carries its own too. */
function toDocument(state: RunState): object {
  return {
    ...state,
    services: Object.fromEntries(Object.entries(state.services).map(([name, { name: _name, ...service }]) => [name, service])),
    requirements: Object.fromEntries(Object.entries(state.requirements).map(([project, { project: _project, ...requirements }]) => [project, requirements])),
  };
}
