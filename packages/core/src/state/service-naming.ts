import type { ServiceRecord } from './run-state-schema.js';

/** Of the services that a record may leave out the project of. */
const suffixes: Readonly<Record<string, string>> = { backend: ' Backend', frontend: ' Frontend' };

/** `Main Backend`, `feature-1 My Worker` */
export function serviceName(project: string, slug: string): string {
  const words = slug.split('-').map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return `${project} ${words.join(' ')}`;
}

/** The project of a service: what the record says, else its name without the suffix of its type. */
export function projectOf(service: ServiceRecord): string {
  if (service.project !== null) return service.project;
  const suffix = Object.values(suffixes).find((candidate) => service.name.endsWith(candidate));
  return suffix === undefined ? service.name : service.name.slice(0, -suffix.length);
}

/** backend, frontend or the slug of an additional service. */
export function slugOf(service: ServiceRecord): string {
  if (service.service_slug !== null) return service.service_slug;
  const known = Object.entries(suffixes).find(([, suffix]) => service.name.endsWith(suffix));
  return known?.[0] ?? service.type;
}

/** Every project a state speaks of, sorted. */
export function projectsOf(state: { readonly services: Readonly<Record<string, ServiceRecord>>; readonly requirements: Readonly<Record<string, unknown>> }): readonly string[] {
  const names = [...Object.values(state.services).map(projectOf), ...Object.keys(state.requirements)];
  return [...new Set(names)].sort();
}
