import type { Mode, ProjectFacts, ProjectProvider } from '../contract/index.js';
import { discoverProjects } from '../projects/index.js';
import { readProcessTable, type ProcessTable } from '../processes/index.js';
import type { StateRepository } from '../state/index.js';
import { examineService } from '../truth/index.js';
import { examineDependencies } from './dependency-endpoints.js';

/** The document of `list-targets --json`; `ports` are planned ones, no lease is taken; `actual_ports` those in use now. */
export interface TargetsReport {
  readonly mode: Mode;
  readonly count: number;
  readonly projects: readonly { readonly name: string; readonly root: string; readonly ports: Readonly<Record<string, number>>; readonly actual_ports: Readonly<Record<string, number>>; readonly preselected: boolean; readonly running: boolean }[];
}

export interface ListTargetsContext {
  readonly scope: { readonly mode: Mode; readonly repositoryRoot: string };
  readonly paths: { readonly scope: string };
  readonly providers: readonly ProjectProvider[];
  readonly state: StateRepository;
  readonly declarations: readonly { readonly resources: readonly { readonly portKey: string; readonly defaultPort: number; readonly name: string }[]; readonly id: string }[];
  readonly config: { readonly ports: { readonly dependencies: Readonly<Record<string, Readonly<Record<string, number>>>> } };
  readonly preferredPort: (base: number, project: string) => number;
  readonly preferredServicePort: (service: 'backend' | 'frontend', project: string) => number;
  readonly now: () => number;
}

export async function listTargets(context: ListTargetsContext, signal: AbortSignal): Promise<TargetsReport> {
  const projects = await discoverProjects({ mode: context.scope.mode, repositoryRoot: context.scope.repositoryRoot, providers: context.providers, signal });
  const state = (await context.state.load({ mode: context.scope.mode }))?.state;
  let table: ProcessTable | undefined;
  const options = { table: () => (table ??= readProcessTable()), nowMs: context.now(), graceMs: 15_000, reboundMaxDelta: 200 };
  const truths = await Promise.all(Object.values(state?.services ?? {}).map(async (service) => ({ project: service.project, type: service.type, truth: await examineService(service, options) })));
  const alive = truths.filter(({ truth }) => truth.status === 'running' || truth.status === 'starting');
  const portsOf = async (name: string): Promise<TargetsReport['projects'][number]['actual_ports'] | undefined> => {
    const services = alive.filter(({ project }) => project === name);
    if (services.length === 0) return undefined;
    const components = Object.values(state?.requirements[name]?.components ?? {}).filter((component) => component.enabled);
    return { ...Object.fromEntries(services.flatMap(({ type, truth }) => (truth.actualPort === null ? [] : [[type, truth.actualPort]]))), ...(await dependencyPorts(context, components)) };
  };
  return { mode: context.scope.mode, count: projects.length, projects: await Promise.all(projects.map(async (project) => toTarget(context, project, await portsOf(project.name)))) };
}

/** By the names that the planned ports have; only of servers of ours that run. */
async function dependencyPorts(context: ListTargetsContext, components: Parameters<typeof examineDependencies>[1]): Promise<Readonly<Record<string, number>>> {
  const endpoints = await examineDependencies(context.paths.scope, components);
  return Object.fromEntries(
    context.declarations.flatMap(({ id, resources }) => {
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
function toTarget(context: ListTargetsContext, project: ProjectFacts, actual: Readonly<Record<string, number>> | undefined): TargetsReport['projects'][number] {
  const { ports } = context.config;
  const dependencies = context.declarations.flatMap((declaration) => declaration.resources.map((resource) => [resource.portKey, ports.dependencies[declaration.id]?.[resource.name] ?? resource.defaultPort] as const));
  return {
    name: project.name,
    root: project.root,
    ports: {
      backend: context.preferredServicePort('backend', project.name),
      frontend: context.preferredServicePort('frontend', project.name),
      ...Object.fromEntries(dependencies.map(([name, base]) => [name, context.preferredPort(base, project.name)])),
    },
    actual_ports: actual ?? {},
    preselected: false,
    running: actual !== undefined,
  };
}
