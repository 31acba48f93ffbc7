/** The servers behind a project's dependencies as their processes show them; `health` asks them. */
import type { RequirementsResult } from '../state/read-only.js';
import { examineServers, type ServerStatus } from '../truth/read-only.js';

type Component = RequirementsResult['components'][string];

export interface DependencyEndpoint {
  readonly enabled: boolean;
  /** `healthy`, `degraded` or `unreachable`; of one that is not observed what was recorded. */
  readonly status: string;
  /** False for a server of somebody else's: its status is the recorded one. */
  readonly observed: boolean;
  readonly port: number | null;
  readonly resources: Readonly<Record<string, number>>;
}

/** By dependency id. Never throws for what cannot be read: such a server is unreachable. `legacy`: the original recorded them, nothing is looked at. */
export async function examineDependencies(scopeDirectory: string, components: readonly Component[], options: { readonly legacy?: boolean } = {}): Promise<Readonly<Record<string, DependencyEndpoint>>> {
  if (options.legacy === true) return Object.fromEntries(components.map((component) => [component.id, toRecorded(component)]));
  const own = components.filter(isObserved);
  const statuses = await examineServers(scopeDirectory, own.map((component) => ({ instance: component.instance_id ?? component.id, port: portOf(component) })));
  return Object.fromEntries(components.map((component) => [component.id, toEndpoint(component, statuses[own.indexOf(component)])]));
}

/** `seen`: undefined for a server that is not observed. */
function toEndpoint(component: Component, seen: ServerStatus | undefined): DependencyEndpoint {
  if (seen === undefined) return toRecorded(component);
  const status = seen !== 'listening' ? 'unreachable' : component.health === 'degraded' ? 'degraded' : 'healthy';
  return { enabled: true, observed: true, port: portOf(component), resources: component.resources, status };
}

function toRecorded(component: Component): DependencyEndpoint {
  return { enabled: true, status: component.health, observed: false, port: portOf(component), resources: component.resources };
}

function portOf({ resources }: Component): number | null {
  return resources['primary'] ?? null;
}

function isObserved(component: Component): boolean {
  return component.driver !== 'external' && !component.simulated;
}
