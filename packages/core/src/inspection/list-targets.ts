import type { DependencyDeclaration, Mode, ProjectFacts } from '../contract/index.js';
import { assertConfig, standardServices, type ConfigModel } from '../config/read-only.js';
import { createPortPreference } from '../ports/read-only.js';
import { createMainProvider, discoverProjects } from '../projects/read-only.js';
import { completeRoute } from '../routing/index.js';
import { toScopeDirectory } from '../scope/read-only.js';
import { describePassedOver, inspectLatestState, type RunState } from '../state/read-only.js';
import { examineServices } from '../truth/read-only.js';
import { examineDependencies } from './dependency-endpoints.js';
import { toWarnings } from './hot.js';
import { readConfig, type ConfiguredInputs } from './read-config.js';

/** The document of `list-targets --json`; `ports` are planned ones, no lease is taken; `actual_ports` those in use now. */
export interface TargetsReport {
  readonly mode: Mode;
  readonly count: number;
  readonly projects: readonly { readonly name: string; readonly root: string; readonly ports: Readonly<Record<string, number>>; readonly actual_ports: Readonly<Record<string, number>>; readonly preselected: boolean; readonly running: boolean }[];
}

/** What listing needs, put together once. */
interface Listing {
  readonly mode: Mode;
  readonly config: ConfigModel;
  readonly scopeDirectory: string;
  readonly declarations: readonly DependencyDeclaration[];
  readonly state: RunState | undefined;
  readonly nowMs: number;
}

/**
 * The projects of the mode with their ports. Undefined and throws as `readConfig`, and ENVCTL_E_PROJECTS_NONE, and
 * ENVCTL_E_CONFIG_INVALID for a key that decides what is listed; other errors of the configuration are `warnings`.
 */
export async function listTargets(inputs: ConfiguredInputs & { readonly nowMs: number }): Promise<{ readonly report: TargetsReport; readonly warnings: readonly string[] } | undefined> {
  const read = await readConfig(inputs, (config) => [completeRoute(inputs, config).mode]);
  if (read === undefined) return undefined;
  const { config } = read;
  assertConfig(config, { for: 'target' });
  const { mode } = completeRoute(inputs, config);
  const scopeDirectory = toScopeDirectory({ runtimeRoot: config.runtimeDirectory, scopeId: config.scopeId });
  const projects = await discoverProjects({ mode, repositoryRoot: config.repositoryRoot, providers: [createMainProvider()], signal: new AbortController().signal });
  const { found, damaged } = inspectLatestState(scopeDirectory, mode);
  const listing: Listing = { mode, config, scopeDirectory, declarations: inputs.declared.dependencies, state: found?.state, nowMs: inputs.nowMs };
  const portsOf = await examinePorts(listing);
  return {
    report: { mode, count: projects.length, projects: await Promise.all(projects.map(async (project) => toTarget(listing, project, await portsOf(project.name)))) },
    warnings: [...inputs.declared.warnings.map((line) => `Warning: ${line}`), ...toWarnings(config.problems), ...damaged.map((candidate) => describePassedOver(candidate, found?.path))],
  };
}

export function renderTargets(report: TargetsReport): string {
  return report.projects
    .map((project) => {
      const ports = Object.entries({ ...project.ports, ...project.actual_ports }).map(([name, port]) => `${name}=${port}`);
      return `${project.name}  ${project.root}${project.running ? '  (running)' : ''}\n  ${ports.join(' ')}`;
    })
    .join('\n');
}

type Ports = Readonly<Record<string, number>>;

/** The ports in use by a project; undefined when nothing of it runs. */
async function examinePorts(listing: Listing): Promise<(project: string) => Promise<Ports | undefined>> {
  const { config, state, nowMs } = listing;
  const truths = state === undefined ? [] : await examineServices(state, { nowMs, truth: config.truth, isMeant: () => true });
  const alive = truths.filter(({ status }) => status === 'running' || status === 'starting');
  return async (name) => {
    const services = alive.filter(({ project }) => project === name);
    if (services.length === 0) return undefined;
    const components = Object.values(state?.requirements[name]?.components ?? {}).filter((component) => component.enabled);
    return { ...Object.fromEntries(services.flatMap(({ type, actualPort }) => (actualPort === null ? [] : [[type, actualPort]]))), ...(await dependencyPorts(listing, components)) };
  };
}

/** By the names that the planned ports have; only of servers of ours that run. */
async function dependencyPorts(listing: Listing, components: Parameters<typeof examineDependencies>[1]): Promise<Ports> {
  const endpoints = await examineDependencies(listing.scopeDirectory, components);
  return Object.fromEntries(
    listing.declarations.flatMap(({ id, resources }) => {
      const endpoint = endpoints[id];
      if (endpoint === undefined || !endpoint.observed || endpoint.status === 'unreachable') return [];
      return resources.flatMap(({ name, portKey }): [string, number][] => {
        const port = endpoint.resources[name];
        return port === undefined ? [] : [[portKey, port]];
      });
    }),
  );
}

/** `actual`: the ports in use; absent when nothing of the project runs. */
function toTarget(listing: Listing, project: ProjectFacts, actual: Ports | undefined): TargetsReport['projects'][number] {
  const { ports } = listing.config;
  const { preferredPort, preferredServicePort } = createPortPreference(ports, listing.config.scopeId);
  const additional = listing.config.services(listing.mode).slice(standardServices.length).filter(({ enabled, portBase }) => enabled.enabled && portBase !== undefined);
  const dependencies = listing.declarations.flatMap((declaration) => declaration.resources.map((resource) => [resource.portKey, ports.dependencies[declaration.id]?.[resource.name] ?? resource.defaultPort] as const));
  return {
    name: project.name,
    root: project.root,
    ports: {
      backend: preferredServicePort(ports.backend, project.name),
      frontend: preferredServicePort(ports.frontend, project.name),
      ...Object.fromEntries(additional.map(({ slug, portBase }) => [slug, preferredServicePort(portBase!, project.name)])),
      ...Object.fromEntries(dependencies.map(([name, base]) => [name, preferredPort(base, project.name)])),
    },
    actual_ports: actual ?? {},
    preselected: false,
    running: actual !== undefined,
  };
}
