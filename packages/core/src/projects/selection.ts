import type { ProjectFacts } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';
import { nearestWord } from '../routing/index.js';

/**
 * Narrows `projects` to the named ones, ignoring case. No names selects all. An unknown name is an error
 * that lists what exists: a typo never widens a target.
 */
export function selectProjects(projects: readonly ProjectFacts[], names: readonly string[]): readonly ProjectFacts[] {
  if (names.length === 0) return projects;
  const unknown = names.filter((name) => !projects.some((project) => sameName(project.name, name)));
  if (unknown.length > 0) throw unknownTarget('project', unknown, projects.map((project) => project.name));
  return projects.filter((project) => names.some((name) => sameName(project.name, name)));
}

export interface NamedService {
  readonly name: string;
  readonly project: string;
  readonly type: string;
}

export interface ServiceSelectors {
  readonly projects: readonly string[];
  readonly services: readonly string[];
  /** Words without a flag: a project, a service name or a service type. */
  readonly words?: readonly string[];
}

/**
 * Narrows recorded services by `--project`, `--service` and bare words, ignoring case. Unknown words are
 * errors, and so are services that are all outside the projects; `projects` are known also when they have no services.
 */
export function selectServices<S extends NamedService>(services: readonly S[], selectors: ServiceSelectors, known: { readonly projects: readonly string[] } = { projects: [] }): readonly S[] {
  const words = selectors.words ?? [];
  if (selectors.projects.length + selectors.services.length + words.length === 0) return services;
  const byProject = (name: string) => services.filter((service) => sameName(service.project, name));
  const byService = (name: string) => services.filter((service) => sameName(service.name, name) || sameName(service.type, name));
  const isProject = (name: string) => known.projects.some((project) => sameName(project, name)) || byProject(name).length > 0;
  const unknown = [
    ...selectors.projects.filter((name) => !isProject(name)),
    ...selectors.services.filter((name) => byService(name).length === 0),
    ...words.filter((word) => !isProject(word) && byService(word).length === 0),
  ];
  if (unknown.length > 0) {
    throw unknownTarget('target', unknown, [...new Set([...known.projects, ...services.flatMap((service) => [service.project, service.name])])], services.map(({ type }) => type));
  }
  const inProjects = (service: S) => selectors.projects.length === 0 || selectors.projects.some((name) => sameName(service.project, name));
  const named = new Set([...selectors.services, ...words].flatMap((name) => [...byService(name), ...(words.includes(name) ? byProject(name) : [])]));
  const isNarrowed = selectors.services.length + words.length > 0;
  const selected = services.filter((service) => inProjects(service) && (!isNarrowed || named.has(service)));
  // Each name is known, yet none of the services is in one of the projects.
  if (selected.length === 0 && named.size > 0) throw unknownTarget('target', [...selectors.services, ...words], services.filter(inProjects).map((service) => service.name));
  return selected;
}

/**
 * What a restart means: recorded services, and those that are configured and named themselves, by type or name: they were stopped, or
 * never started. Throws like {@link selectServices}.
 */
export function selectToRestart({ recorded, configured }: { readonly recorded: readonly NamedService[]; readonly configured: readonly NamedService[] }, selectors: ServiceSelectors): readonly NamedService[] {
  const words = [...selectors.services, ...(selectors.words ?? [])];
  const stopped = configured.filter((service) => !recorded.some(({ name }) => name === service.name) && words.some((word) => sameName(word, service.name) || sameName(word, service.type)));
  return selectServices([...recorded, ...stopped], selectors);
}

/** ENVCTL_E_TARGET_UNKNOWN: names that mean nothing here, with those that would; `types` are meant too, and not listed. */
export function unknownTarget(what: string, unknown: readonly string[], known: readonly string[], types: readonly string[] = [], more: Readonly<Record<string, unknown>> = {}): EnvctlError {
  const meant = [...new Set(unknown.flatMap((name) => nearestWord(name, [...known, ...types]) ?? []))].filter((name) => !unknown.some((given) => sameName(given, name)));
  return new EnvctlError('ENVCTL_E_TARGET_UNKNOWN', `No matching targets found for: ${unknown.join(', ')}`, {
    hints: [...(meant.length === 0 ? [] : [`did you mean: ${meant.join(', ')}`]), known.length > 0 ? `known: ${known.join(', ')}` : `there is no ${what} here`, 'envctl list-targets'],
    data: { unknown, known, ...more },
  });
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
