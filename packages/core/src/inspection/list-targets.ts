import type { Mode, ProjectFacts, ProjectProvider } from '../contract/index.js';
import { discoverProjects } from '../projects/index.js';
import { readProcessTable, type ProcessTable } from '../processes/index.js';
import type { StateRepository } from '../state/index.js';
import { examineService } from '../truth/index.js';

/** The document of `list-targets --json`; ports are planned ones, no lease is taken. */
export interface TargetsReport {
  readonly mode: Mode;
  readonly count: number;
  readonly projects: readonly { readonly name: string; readonly root: string; readonly ports: Readonly<Record<string, number>>; readonly preselected: boolean; readonly running: boolean }[];
}

export interface ListTargetsContext {
  readonly scope: { readonly mode: Mode; readonly repositoryRoot: string };
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
  const truths = await Promise.all(Object.values(state?.services ?? {}).map(async (service) => ({ project: service.project, truth: await examineService(service, options) })));
  const running = new Set(truths.filter(({ truth }) => truth.status === 'running' || truth.status === 'starting').map(({ project }) => project));
  return { mode: context.scope.mode, count: projects.length, projects: projects.map((project) => toTarget(context, project, running.has(project.name))) };
}

function toTarget(context: ListTargetsContext, project: ProjectFacts, running: boolean): TargetsReport['projects'][number] {
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
    preselected: false,
    running,
  };
}
