import type { RequirementComponent, RequirementsResult, RunState } from './run-state-schema.js';

/** Metadata whose keys are projects: merged key by key. */
const projectMetadata = ['project_roots', 'project_test_summaries', 'project_pr_links', 'project_action_reports'] as const;

/** A state without anything in it. */
export function emptyState(runId: string, mode: RunState['mode']): RunState {
  return { schema_version: 1, run_id: runId, mode, services: {}, requirements: {}, pointers: {}, metadata: {} };
}

/**
 * `previous` with each service, dependency and metadata value of `change` in place of its own: commands that bring
 * up different things at once take nothing from each other. What a project's dependencies sum up to is told anew.
 */
export function mergeByProject(previous: RunState | undefined, change: RunState): RunState {
  const requirements = Object.entries(change.requirements).map(([project, result]) => [project, mergeRequirements(previous?.requirements[project], result)] as const);
  return {
    ...previous,
    ...change,
    services: { ...previous?.services, ...change.services },
    requirements: { ...previous?.requirements, ...Object.fromEntries(requirements) },
    metadata: mergeMetadata(previous?.metadata ?? {}, change.metadata),
  };
}

function mergeRequirements(previous: RequirementsResult | undefined, change: RequirementsResult): RequirementsResult {
  const components = { ...previous?.components, ...change.components };
  const failures = Object.values(components).filter((component) => component.enabled && !component.success).map(describeFailure);
  return { ...previous, ...change, components, health: failures.length === 0 ? 'healthy' : 'degraded', failures };
}

function describeFailure({ id, failure_class: failureClass, error }: RequirementComponent): string {
  return `${id}:${failureClass}:${error}`;
}

function mergeMetadata(previous: RunState['metadata'], change: RunState['metadata']): RunState['metadata'] {
  const merged: Record<string, unknown> = { ...previous, ...change };
  for (const key of projectMetadata) {
    const before = previous[key];
    const after = change[key];
    if (isRecord(before) && isRecord(after)) merged[key] = { ...before, ...after };
  }
  return merged;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
