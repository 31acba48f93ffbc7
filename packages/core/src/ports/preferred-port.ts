import { createHash } from 'node:crypto';

export type PreferredPortStrategy = 'project_slot' | 'legacy_spacing';

/** What a preferred port is computed from. Pure data, so that a plan and the start that follows agree. */
export interface PreferredPortRequest {
  readonly strategy: PreferredPortStrategy;
  /** Configured base of the service or dependency. */
  readonly base: number;
  readonly scopeId: string;
  readonly project: string;
  /** Number of slots, from {@link portSpan}; used by `project_slot`. */
  readonly span: number;
  /** Position of the project in its run; used by `legacy_spacing`. */
  readonly index: number;
  /** `PORT_SPACING`; used by `legacy_spacing` for services. */
  readonly spacing: number;
  /** Services are spaced, dependencies follow each other. */
  readonly kind: 'service' | 'dependency';
}

/** The port to try first (original contracts, section 6.1). May lie above 65000: the walk then fails. */
export function preferredPort(request: PreferredPortRequest): number {
  if (request.strategy === 'project_slot') return request.base + projectSlot(request.scopeId, request.project, request.span);
  return request.base + request.index * (request.kind === 'service' ? request.spacing : 1);
}

/** Slot of a project in `0 … span - 1`: 0 for `Main`, else stable per repository and independent of discovery order. */
export function projectSlot(scopeId: string, project: string, span: number): number {
  const name = normalizedProject(project);
  if (name === '' || name === 'main' || span <= 1) return 0;
  const digest = createHash('sha1').update(`${scopeId}:${name}`).digest('hex');
  return Number.parseInt(digest.slice(0, 8), 16) % span;
}

/** Smallest gap between the distinct bases; with fewer than two, `max(spacing, 1)`. */
export function portSpan(bases: readonly number[], spacing = 1): number {
  const sorted = [...new Set(bases)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((base, position) => base - (sorted[position] ?? base));
  return gaps.length === 0 ? Math.max(spacing, 1) : Math.min(...gaps);
}

function normalizedProject(project: string): string {
  return project.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
