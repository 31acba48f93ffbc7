import type { Mode } from '../contract/index.js';
import type { RunState } from '../state/index.js';
import { portsOfProject, staleAddresses } from '../truth/index.js';
import type { NodeTiming } from './project-results.js';
import { isDefinedByHook } from './plan-defined.js';
import type { PlannedService, StartPlan } from './plan.js';
import type { RunDecision } from './run-decision.js';

/** What a start tells at its end; the document of `start --json`. */
export interface StartSummary {
  readonly command: StartPlan['command'];
  readonly run_id: string;
  readonly mode: Mode;
  readonly decision: RunDecision;
  readonly projects: readonly ProjectSummary[];
  readonly total_ms: number;
  /** Slowest first, at most five. */
  readonly slowest: readonly NodeTiming[];
}

/** `failed`: the project goes on without it; `completed`: a job that has done well. */
export type ServiceStartStatus = 'started' | 'kept' | 'completed' | 'failed';

export interface ProjectSummary {
  readonly name: string;
  readonly root: string;
  readonly services: readonly { readonly name: string; readonly type: string; readonly status: ServiceStartStatus; readonly url: string | null; readonly port: number | null; readonly log_path: string | null }[];
  /** `failed`: the project runs without it: nothing that is critical needs it, or ENVCTL_REQUIREMENTS_STRICT=false. */
  readonly dependencies: readonly { readonly id: string; readonly status: 'started' | 'kept' | 'failed'; readonly port: number | null; readonly health: string }[];
  readonly notes: readonly string[];
}

export function toStartSummary(inputs: { readonly plan: StartPlan; readonly state: RunState; readonly timings: readonly NodeTiming[]; readonly notes?: Readonly<Record<string, readonly string[]>>; readonly totalMs: number }): StartSummary {
  const { plan, state } = inputs;
  return {
    command: plan.command,
    run_id: state.run_id,
    mode: plan.mode,
    decision: plan.decision,
    projects: plan.projects.map((project) => ({
      name: project.name,
      root: project.root,
      services: withDefined(project, state).map((service) => {
        const record = state.services[service.name];
        return { name: service.name, type: service.type, status: service.action === 'keep' ? 'kept' : record?.status === 'failed' || record?.status === 'completed' ? record.status : 'started', url: record?.public_url ?? null, port: record?.actual_port ?? null, log_path: record?.log_path ?? null } as const;
      }),
      dependencies: project.dependencies.map((dependency) => {
        const component = state.requirements[project.name]?.components[dependency.id];
        return { id: dependency.id, status: dependency.action === 'keep' ? 'kept' : component?.success === false ? 'failed' : 'started', port: component?.resources['primary'] ?? null, health: component?.health ?? 'unknown' } as const;
      }),
      notes: [...project.notes, ...(inputs.notes?.[project.name] ?? []), ...notesOfFailed(project, state), ...notesOfServices(project, state), ...notesOfStale(project, state)],
    })),
    total_ms: Math.round(inputs.totalMs),
    slowest: [...inputs.timings].sort((left, right) => right.duration_ms - left.duration_ms).slice(0, 5),
  };
}

/** The services of the project, with those of its hook in the place of what was planned. */
function withDefined(project: StartPlan['projects'][number], state: RunState): readonly Pick<PlannedService, 'name' | 'type' | 'action'>[] {
  if (!project.steps.some(({ hook }) => hook?.name === 'defineServices')) return project.services;
  const defined = Object.values(state.services).filter((record) => record.project === project.name && isDefinedByHook(record));
  return defined.length === 0 ? project.services : defined.map(({ name, type }) => ({ name, type, action: 'start' }));
}

function notesOfFailed(project: StartPlan['projects'][number], state: RunState): readonly string[] {
  return project.dependencies.flatMap(({ id, action }) => {
    const component = state.requirements[project.name]?.components[id];
    if (action === 'keep' || component?.success !== false) return [];
    const why = component.critical ? 'ENVCTL_REQUIREMENTS_STRICT=false' : 'nothing that is critical needs it';
    return [`${id} is not usable: ${component.error ?? ''}; the services run without its variables (${why})`];
  });
}

function notesOfServices({ services }: StartPlan['projects'][number], state: RunState): readonly string[] {
  return services.flatMap(({ type, name, action, reason }) => {
    const record = state.services[name];
    if (action === 'keep' || record === undefined) return [];
    if (action === 'replace' && reason !== undefined) return [`${name} was replaced: ${reason}`];
    if (record.status === 'failed') return [`${type} is not there: ${record.failure_detail ?? ''}; the project goes on without it`];
    return record.degraded && record.failure_detail !== null ? [`${name}: ${record.failure_detail}`] : [];
  });
}

/** Services of the project, in the selection or not, that run with an address of another that has moved. */
function notesOfStale({ name: project }: StartPlan['projects'][number], state: RunState): readonly string[] {
  const records = Object.values(state.services).filter((record) => record.project === project);
  const ports = portsOfProject(state, project);
  const nameOf = (id: string) => records.find(({ type }) => type === id)?.name ?? id;
  return records.flatMap((record) => staleAddresses(record, ports).map(({ of, port }) => `${record.name} was started with port ${port} of ${nameOf(of)}: envctl restart ${record.type}`));
}
