/** A start may need another round: what was kept is started again when what it was told of has come up on another port. Pure. */
import type { RunState } from '../state/index.js';
import { portsOfProject, staleAddresses } from '../truth/index.js';
import type { NodeTiming } from './project-results.js';
import type { StartRequest } from './predict-start.js';
import type { StartPlan } from './plan.js';

export interface Round {
  readonly plan: StartPlan;
  readonly state: RunState;
  readonly timings: readonly NodeTiming[];
  /** By project. */
  readonly notes: Readonly<Record<string, readonly string[]>>;
}

/** Two services that know each other and always move would go on for ever. */
export const mostRounds = 4;

/** Services that the round kept with an address that it has made stale. A restart touches nothing but what it was asked for. */
export function needsRound({ plan, state }: Round): boolean {
  return plan.command !== 'restart' && plan.decision.kind !== 'reuse' && plan.projects.some((project) => {
    const ports = portsOfProject(state, project.name);
    return project.services.some(({ name, action }) => action === 'keep' && staleAddresses(state.services[name] ?? { given_ports: {} }, ports).length > 0);
  });
}

/** The same again, of what runs now: what was to be forgotten is forgotten. */
export function nextRequest(request: StartRequest): StartRequest {
  const { fresh: _fresh, forgetPorts: _forgetPorts, refreshCache: _refreshCache, ...options } = request.options ?? {};
  return { ...request, options };
}

/** Both as one: what the first one did is not undone by the second one keeping it. */
export function mergeRounds(first: Round, second: Round): Round {
  const before = new Map(first.plan.projects.map((project) => [project.name, project]));
  const projects = second.plan.projects.map((project) => {
    const earlier = before.get(project.name);
    return {
      ...project,
      services: project.services.map((service) => (service.action === 'keep' ? (earlier?.services.find(({ name }) => name === service.name) ?? service) : service)),
      dependencies: project.dependencies.map((dependency) => (dependency.action === 'keep' ? (earlier?.dependencies.find(({ id }) => id === dependency.id) ?? dependency) : dependency)),
    };
  });
  const names = [...new Set([...Object.keys(first.notes), ...Object.keys(second.notes)])];
  return {
    plan: { ...second.plan, decision: first.plan.decision, projects },
    state: second.state,
    timings: [...first.timings, ...second.timings],
    notes: Object.fromEntries(names.map((name) => [name, [...new Set([...(first.notes[name] ?? []), ...(second.notes[name] ?? [])])]])),
  };
}
