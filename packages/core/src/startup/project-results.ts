/** What a bring-up came to, in the words of the state. */
import type { DependencyDeclaration, FailedOutcome, HookRequirement } from '../contract/index.js';
import type { BringUpResult } from '../requirements/index.js';
import { absentComponent, type PortPlan, type RequirementComponent } from '../state/index.js';
import type { NodeOutcome } from './graph.js';
import type { LeasedService } from './start-service.js';

export interface NodeTiming {
  readonly project: string;
  readonly node: string;
  readonly duration_ms: number;
  readonly status: 'done' | 'failed' | 'skipped';
}

export function toComponent(id: string, result: BringUpResult): RequirementComponent {
  const { outcome } = result;
  const primary = result.ports['primary'] ?? Object.values(result.ports)[0];
  const requested = result.requested['primary'] ?? Object.values(result.requested)[0];
  return {
    id,
    enabled: true,
    success: outcome.status !== 'failed',
    simulated: false,
    health: outcome.status === 'failed' ? 'unhealthy' : outcome.status === 'degraded' ? 'degraded' : 'healthy',
    resources: { ...result.ports, ...(primary === undefined ? {} : { primary }), ...(requested === undefined ? {} : { requested }) },
    retries: result.retries,
    reason_code: 'reasonCode' in outcome ? outcome.reasonCode : null,
    failure_class: outcome.status === 'failed' ? outcome.class : null,
    error: 'message' in outcome ? outcome.message : null,
    runtime_status: null,
    container_name: null,
    driver: result.driver,
    instance_id: result.instance,
    launch_id: null,
    launch_directory: null,
    critical: true,
  };
}

/** A dependency that a hook of the project looks after. */
export function toHookedComponent(id: string, { success = true, final = null, retries = 0, simulated = false }: HookRequirement): RequirementComponent {
  const primary = final === null ? {} : { primary: final };
  return { ...absentComponent(id), enabled: true, success, simulated, health: success ? 'healthy' : 'unhealthy', resources: primary, retries, reason_code: success ? null : 'hook_failure', driver: 'hook' };
}

/** A dependency that the project does without. */
export function toFailedComponent(id: string, outcome: FailedOutcome): RequirementComponent {
  return { ...absentComponent(id), enabled: true, health: 'unhealthy', reason_code: outcome.reasonCode, failure_class: outcome.class, error: outcome.message };
}

export function toPortPlans(project: string, leases: readonly LeasedService[]): Record<string, PortPlan> {
  return Object.fromEntries(
    leases.flatMap(({ service, port, movedFrom, source }): [string, PortPlan][] => {
      const requested = service.preferred_port;
      if (port === null || requested === null) return [];
      const assigned = movedFrom ?? port;
      const retries = Number(assigned !== requested) + Number(port !== assigned);
      return [[service.type, { project, requested, assigned, final: port, source: source === 'walk' ? 'retry' : 'env', retries }]];
    }),
  );
}

/** By the names that planned ports have: `db`, `redis`. A server that was given has no port of ours. */
export function toDependencyPortPlans(project: string, results: ReadonlyMap<string, BringUpResult>, declarations: readonly DependencyDeclaration[]): Record<string, PortPlan> {
  return Object.fromEntries(
    declarations.flatMap(({ id, resources }) => {
      const result = results.get(id);
      return resources.flatMap(({ name, portKey }): [string, PortPlan][] => {
        const [port, requested] = [result?.ports[name], result?.requested[name]];
        if (result === undefined || port === undefined || requested === undefined) return [];
        return [[portKey, { project, requested, assigned: port, final: port, source: port === requested ? 'planner' : 'retry', retries: result.retries }]];
      });
    }),
  );
}

export function toTimings(project: string, outcomes: ReadonlyMap<string, NodeOutcome>): readonly NodeTiming[] {
  return [...outcomes].map(([node, outcome]) => ({ project, node: node.slice(project.length + 1), duration_ms: outcome.status === 'skipped' ? 0 : Math.round(outcome.durationMs), status: outcome.status }));
}
