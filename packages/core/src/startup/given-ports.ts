/** Which ports of the others a service was told when it was started. Pure. */
import { addressSources, peerVariableNames } from '../services/index.js';
import type { PlannedService } from './plan.js';

export interface Provider {
  /** Type of a service, or id of a dependency. */
  readonly name: string;
  readonly ports: readonly number[];
  /** Names of the variables that carry its address. */
  readonly variables: readonly string[];
  /** Names by which the launch env sections refer to it. */
  readonly sources: readonly string[];
}

export function toServiceProvider(service: string, { type, port }: { readonly type: string; readonly port: number }): Provider {
  return { name: type, ports: [port], variables: peerVariableNames(service, type), sources: service === type ? [] : addressSources(type).map(toSource) };
}

/** @param variables names of what the dependency projects */
export function toDependencyProvider(id: string, ports: readonly number[], variables: readonly string[]): Provider {
  return { name: id, ports, variables, sources: variables.map(toSource) };
}

/** By provider; only ports that stand in a variable of the environment the service is started with. */
export function givenPorts({ environment: { sections } }: PlannedService, environment: Readonly<Record<string, string>>, providers: readonly Provider[]): Record<string, number[]> {
  return Object.fromEntries(
    providers.flatMap(({ name, ports, variables, sources }): [string, number[]][] => {
      const carriers = [...variables, ...sections.filter((line) => line.sources.some((source) => sources.includes(source))).map((line) => line.name)];
      const given = ports.filter((port) => carriers.some((carrier) => namesPort(environment[carrier] ?? '', port)));
      return given.length === 0 ? [] : [[name, [...new Set(given)]]];
    }),
  );
}

/** The port as a number of its own, or in an address. */
function namesPort(value: string, port: number): boolean {
  return new RegExp(`(?:^|:)${port}(?!\\d)`).test(value);
}

function toSource(name: string): string {
  return `ENVCTL_SOURCE_${name}`;
}
