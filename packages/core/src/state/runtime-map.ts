import type { RuntimeMap } from './artifact-schema.js';
import type { RunState, ServiceRecord } from './run-state-schema.js';
import { projectOf, slugOf } from './service-naming.js';

/** Statuses under which a service may answer; under any other its URL is not shown. */
const answering: ReadonlySet<string> = new Set(['running', 'healthy', 'starting']);

/** The port a service is at: the one it listens on, else the one it was asked to take. */
export function portOf(service: ServiceRecord): number | null {
  return service.actual_port ?? service.requested_port;
}

/** `http://localhost:<port>`, or null while the service cannot answer or its port is not known. */
export function urlOf(service: ServiceRecord): string | null {
  const port = portOf(service);
  return port === null || !answering.has(service.status) ? null : `http://localhost:${port}`;
}

/** What runs where, from a state; pure. Projects appear when they own a service. */
export function toRuntimeMap(state: RunState): RuntimeMap {
  const services = Object.values(state.services);
  const projects = [...new Set(services.map(projectOf))].sort();
  const ofProject = (project: string): readonly ServiceRecord[] => services.filter((service) => projectOf(service) === project);
  return {
    schema_version: 1,
    backend_mode: 'node',
    run_id: state.run_id,
    mode: state.mode,
    projects: Object.fromEntries(projects.map((project) => {
      const { backend, frontend } = coreServices(ofProject(project));
      return [project, { backend_port: portOrNull(backend), frontend_port: portOrNull(frontend) }];
    })),
    port_to_service: Object.fromEntries(services.flatMap((service) => {
      const port = portOf(service);
      return port === null ? [] : [[String(port), service.name]];
    })),
    service_to_actual_port: byName(services, portOf),
    service_to_url: byName(services, urlOf),
    service_to_public_url: byName(services, (service) => (answering.has(service.status) ? service.public_url : null)),
    service_to_health_url: byName(services, (service) => service.health_url),
    projection: Object.fromEntries(projects.map((project) => [project, toProjection(ofProject(project))])),
  };
}

function toProjection(services: readonly ServiceRecord[]): RuntimeMap['projection'][string] {
  const { backend, frontend } = coreServices(services);
  return {
    backend_port: portOrNull(backend),
    frontend_port: portOrNull(frontend),
    backend_url: backend === undefined ? null : urlOf(backend),
    frontend_url: frontend === undefined ? null : urlOf(frontend),
    backend_status: backend?.status ?? 'unknown',
    frontend_status: frontend?.status ?? 'unknown',
    services: Object.fromEntries(services.map((service) => [slugOf(service), {
      name: service.name,
      port: portOf(service),
      url: urlOf(service),
      public_url: answering.has(service.status) ? service.public_url : null,
      health_url: service.health_url,
      status: service.status,
    }])),
  };
}

function coreServices(services: readonly ServiceRecord[]): { backend: ServiceRecord | undefined; frontend: ServiceRecord | undefined } {
  const find = (slug: string): ServiceRecord | undefined => services.find((service) => slugOf(service) === slug);
  return { backend: find('backend'), frontend: find('frontend') };
}

function portOrNull(service: ServiceRecord | undefined): number | null {
  return service === undefined ? null : portOf(service);
}

function byName<T>(services: readonly ServiceRecord[], value: (service: ServiceRecord) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(services.map((service) => [service.name, value(service)]));
}
