import type { RunState } from './run-state-schema.js';
import { projectOf, projectsOf } from './service-naming.js';


/** Metadata whose keys are projects: merged key by key. */
const projectMetadata = ['project_roots', 'project_test_summaries', 'project_pr_links', 'project_action_reports'] as const;

/** A state without anything in it. */
export function emptyState(runId: string, mode: RunState['mode']): RunState {
  return { schema_version: 1, run_id: runId, mode, services: {}, requirements: {}, pointers: {}, metadata: {} };
}

/**
 * `previous` with everything of the projects in `change` replaced by what `change` says about them (given
 * `projects`: of those, so that a project can be emptied). Other projects stay untouched.
 */
export function mergeByProject(previous: RunState | undefined, change: RunState, projects: readonly string[] = projectsOf(change)): RunState {
  if (previous === undefined) return change;
  const kept = withoutProjects(previous, projects);
  return {
    ...previous,
    ...change,
    services: sorted({ ...kept.services, ...change.services }),
    requirements: sorted({ ...kept.requirements, ...change.requirements }),
    pointers: change.pointers,
    metadata: mergeMetadata(kept.metadata, change.metadata),
  };
}

/** `state` without the services, requirements and metadata of `projects`. */
export function withoutProjects(state: RunState, projects: readonly string[]): RunState {
  const gone = new Set(projects);
  return {
    ...state,
    services: filtered(state.services, (service) => !gone.has(projectOf(service))),
    requirements: filtered(state.requirements, (_requirements, project) => !gone.has(project)),
    metadata: Object.fromEntries(Object.entries(state.metadata).map(([key, value]) =>
      isProjectMetadata(key) && isRecord(value) ? [key, filtered(value, (_item, project) => !gone.has(project))] : [key, value])),
  };
}

/** The original's merge: the later state wins for each key of the four maps; run id and mode are the last one's. */
export function mergeStates(states: readonly [RunState, ...RunState[]]): RunState {
  return states.reduce((merged, state) => ({
    ...merged,
    ...state,
    services: sorted({ ...merged.services, ...state.services }),
    requirements: sorted({ ...merged.requirements, ...state.requirements }),
    pointers: sorted({ ...merged.pointers, ...state.pointers }),
    metadata: sorted({ ...merged.metadata, ...state.metadata }),
  }));
}

function mergeMetadata(previous: RunState['metadata'], change: RunState['metadata']): RunState['metadata'] {
  const merged: Record<string, unknown> = { ...previous, ...change };
  for (const key of projectMetadata) {
    const before = previous[key];
    const after = change[key];
    if (isRecord(before) && isRecord(after)) merged[key] = { ...before, ...after };
  }
  return sorted(merged);
}

function isProjectMetadata(key: string): boolean {
  return (projectMetadata as readonly string[]).includes(key);
}

function filtered<T>(record: Readonly<Record<string, T>>, keep: (item: T, key: string) => boolean): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key, item]) => keep(item, key)));
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

