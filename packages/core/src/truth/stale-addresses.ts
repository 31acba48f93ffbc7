/** Addresses that a service was started with and that lead nowhere now: who listened there is on another port. Pure. */
import type { RunState, ServiceRecord } from '../state/read-only.js';
import { isGoodStatus } from './status-level.js';

/** By service type and dependency id: the ports it is on. */
export type PortsByName = Readonly<Record<string, readonly number[]>>;

export interface StaleAddress {
  /** Type of a service of the project, or id of a dependency. */
  readonly of: string;
  readonly port: number;
  readonly now: readonly number[];
}

/** What was seen of the services and dependencies of a state. */
export interface SeenPorts {
  readonly services: readonly { readonly name: string; readonly status: string; readonly actualPort: number | null }[];
  readonly dependencies: readonly { readonly project: string; readonly component: string; readonly status: string; readonly port: number | null }[];
}

/** Where everything of a project is: as recorded, or, with `seen`, only what is up, where it was seen. */
export function portsOfProject(state: Pick<RunState, 'services' | 'requirements'>, project: string, seen?: SeenPorts): PortsByName {
  const services = Object.values(state.services).flatMap(({ name, type, project: owner, actual_port: recorded }): [string, number[]][] => {
    if (owner !== project) return [];
    const truth = seen?.services.find((service) => service.name === name);
    const port = seen === undefined ? recorded : truth !== undefined && isGoodStatus(truth.status) ? truth.actualPort : null;
    return port === null ? [] : [[type, [port]]];
  });
  const dependencies = Object.values(state.requirements[project]?.components ?? {}).flatMap(({ id, success, resources }): [string, number[]][] => {
    const truth = seen?.dependencies.find((dependency) => dependency.project === project && dependency.component === id);
    if (!success || (seen !== undefined && (truth === undefined || truth.status === 'unreachable'))) return [];
    const { requested: _requested, ...recorded } = resources;
    const ports = truth?.port == null ? recorded : { ...recorded, primary: truth.port };
    return Object.keys(ports).length === 0 ? [] : [[id, [...new Set(Object.values(ports))]]];
  });
  return Object.fromEntries([...dependencies, ...services]);
}

/** Of what is not up nobody knows where it will be: no address of it is stale. */
export function staleAddresses(service: Pick<ServiceRecord, 'given_ports'>, ports: PortsByName): readonly StaleAddress[] {
  return Object.entries(service.given_ports).flatMap(([of, given]) => {
    const now = ports[of];
    return now === undefined ? [] : given.filter((port) => !now.includes(port)).map((port) => ({ of, port, now }));
  });
}

/** `port 5432 of postgres, which is on port 5433 now` */
export function describeStale({ of, port, now }: StaleAddress): string {
  return `port ${port} of ${of}, which is on port ${now.join(', ')} now`;
}
