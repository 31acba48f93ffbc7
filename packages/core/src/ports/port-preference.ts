import { portSpan, preferredPort, type PreferredPortStrategy } from './preferred-port.js';

/** The ports of the configuration, as far as preferences follow from them. */
export interface PortBases {
  readonly backend: number;
  readonly frontend: number;
  readonly spacing: number;
  readonly strategy: PreferredPortStrategy;
  readonly dependencies: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface PortPreference {
  /** For a dependency with this base. */
  readonly preferredPort: (base: number, projectName: string) => number;
  /** For a service with this base. */
  readonly preferredServicePort: (base: number, projectName: string) => number;
}

/** The ports that the projects of one scope try first. Pure: a plan, a listing and the start that follows agree. */
export function createPortPreference(ports: PortBases, scopeId: string): PortPreference {
  const bases = [ports.backend, ports.frontend, ...Object.values(ports.dependencies).flatMap((resources) => Object.values(resources))];
  const span = portSpan(bases, ports.spacing);
  const prefer = (base: number, project: string, kind: 'service' | 'dependency'): number =>
    preferredPort({ base, span, kind, scopeId, project, strategy: ports.strategy, spacing: ports.spacing, index: 0 });
  return {
    preferredPort: (base, project) => prefer(base, project, 'dependency'),
    preferredServicePort: (base, project) => prefer(base, project, 'service'),
  };
}
