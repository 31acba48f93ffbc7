/**
 * What a plan that is only printed says of recorded dependencies without a request to any server (decision 19): a server of
 * ours that lives and listens is kept. Only a start rests on it, and asks.
 */
import type { ConfigModel } from '../config/read-only.js';
import { digestSettings, readInstanceSketch } from '../requirements/read-only.js';
import type { RunState } from '../state/read-only.js';
import { examineServers } from './server-truth.js';

type Component = RunState['requirements'][string]['components'][string];

export interface ForeseenDependency {
  readonly project: string;
  readonly component: string;
  /** `unknown`: nothing but an answer can tell. */
  readonly status: 'healthy' | 'unreachable' | 'unknown';
  readonly port: number | null;
}

/** The enabled dependencies of the projects that are meant. Never throws. */
export async function foreseeDependencies(scope: { readonly scopeDirectory: string; readonly config: ConfigModel }, state: RunState, isMeant: (project: string) => boolean): Promise<readonly ForeseenDependency[]> {
  const recorded = Object.entries(state.requirements)
    .filter(([project]) => isMeant(project))
    .flatMap(([project, { components }]) => Object.values(components).filter(({ enabled }) => enabled).map((component) => ({ project, component })));
  if (recorded.length === 0) return [];
  const settings = digestSettings(scope.config);
  const sketches = await Promise.all(recorded.map(async ({ component }) => (isOurs(component, scope.config) ? readInstanceSketch(scope.scopeDirectory, component.instance_id ?? '') : undefined)));
  const statuses = await examineServers(scope.scopeDirectory, recorded.map(({ component }, index) => ({ instance: component.instance_id ?? '', port: sketches[index]?.ports['primary'] ?? null })));
  return recorded.map(({ project, component }, index): ForeseenDependency => {
    const sketch = sketches[index];
    const facts = { project, component: component.id, port: sketch?.ports['primary'] ?? component.resources['primary'] ?? null };
    if (!component.success) return { ...facts, status: 'unreachable' };
    // With other settings it may be another server that the project is to use.
    if (sketch === undefined || sketch.settings !== settings || statuses[index] === 'silent') return { ...facts, status: 'unknown' };
    return { ...facts, status: statuses[index] === 'listening' && sketch.holders.includes(project) ? 'healthy' : 'unreachable' };
  });
}

/** Whether its process is on a record of ours, and the configuration still asks for such a one. */
function isOurs(component: Pick<Component, 'id' | 'driver' | 'simulated' | 'instance_id'>, config: Pick<ConfigModel, 'dependencyMode'>): boolean {
  return component.driver === 'native' && !component.simulated && component.instance_id !== null && ['auto', 'native'].includes(config.dependencyMode(component.id));
}
