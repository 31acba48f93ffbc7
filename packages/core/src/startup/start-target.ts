/** What the words of a start mean: projects, service types, or everything. */
import { EnvctlError, type Mode } from '../contract/index.js';
import { standardServices, type ConfigModel } from '../config/read-only.js';
import { unknownTarget } from '../projects/read-only.js';
import type { Route } from '../routing/index.js';
import { serviceName } from '../state/read-only.js';
import { readStartScope } from './start-scope.js';

type Selection = Pick<Route, 'projects' | 'services' | 'passthroughArgs' | 'flags'>;

export function hasSelectors(route: Selection): boolean {
  return route.projects.length + route.services.length + route.passthroughArgs.length > 0;
}

/** Throws ENVCTL_E_ARGV_INVALID for a target that names nothing, which must not come to mean everything, and for `--all` beside a target. */
export function assertTarget(route: Route): void {
  assertNamed(route);
  if (route.flags['all'] !== true || !hasSelectors(route)) return;
  throw new EnvctlError('ENVCTL_E_ARGV_INVALID', `--all takes no other target: ${[...route.projects, ...route.services, ...route.passthroughArgs].join(', ')}`, { hints: [`envctl ${route.command} --all`] });
}

function assertNamed({ projects, services, passthroughArgs, command }: Route): void {
  const nameless = [...projects, ...services, ...passthroughArgs].find((word) => /^[\s,]*$/.test(word));
  if (nameless === undefined) return;
  throw new EnvctlError('ENVCTL_E_ARGV_INVALID', `The target '${nameless}' names nothing.`, { hints: [`envctl ${command} without a target means everything`, 'envctl list-targets'] });
}

/** The projects that are named, bare words among them; empty means all. */
export function namedProjects(route: Selection, projects: readonly { readonly name: string }[]): readonly string[] {
  return [...route.projects, ...route.passthroughArgs.filter((word) => projects.some((project) => project.name.toLowerCase() === word.toLowerCase()))];
}

/**
 * The services that are named, each by its type, its whole name or a flag; empty means all. Throws ENVCTL_E_TARGET_UNKNOWN for a
 * word that is none and names no project.
 */
export function namedServiceTypes(route: Selection, mode: Mode, config: Pick<ConfigModel, 'services'>): readonly string[] {
  const known = config.services(mode).filter(({ slug, enabled }) => enabled.enabled || standardServices.some((name) => name === slug)).map(({ slug }) => slug);
  const words = [...route.services, ...route.passthroughArgs.filter((word) => !/^main$/i.test(word))];
  // `Main My Api` is my-api, also where there is an api.
  const named = (word: string) => known.filter((type) => word === type || word.endsWith(serviceName('', type).toLowerCase())).sort((left, right) => right.length - left.length)[0];
  const types = words.map((word) => named(word.toLowerCase()));
  const unknown = words.filter((_word, index) => types[index] === undefined);
  if (unknown.length > 0) throw unknownTarget('service', unknown, known, [], { mode });
  return [...new Set([...readStartScope(route).services, ...types.filter((type) => type !== undefined)])];
}

/** Every service that is switched on, of each of the projects. */
export function configuredServices(projects: readonly { readonly name: string }[], mode: Mode, config: Pick<ConfigModel, 'services'>): readonly { readonly name: string; readonly type: string; readonly project: string }[] {
  const types = config.services(mode).filter(({ enabled }) => enabled.enabled).map(({ slug }) => slug);
  return projects.flatMap(({ name }) => types.map((type) => ({ name: serviceName(name, type), type, project: name })));
}

/** Throws ENVCTL_E_RUNS_DISABLED when the configuration says that nothing is started in this mode. */
export function assertStartupEnabled(config: Pick<ConfigModel, 'profile'>, mode: Mode): void {
  if (config.profile(mode).startupEnabled) return;
  throw new EnvctlError('ENVCTL_E_RUNS_DISABLED', `envctl runs are disabled for ${mode} in .envctl.`, { hints: [`envctl config --set ${mode.toUpperCase()}_STARTUP_ENABLE=true`], data: { mode } });
}
