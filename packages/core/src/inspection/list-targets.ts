import type { Mode, ProjectFacts, ProjectProvider } from '../contract/index.js';
import { discoverProjects } from '../projects/index.js';
import type { RunState, StateRepository } from '../state/index.js';

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
  readonly config: { readonly ports: { readonly backend: number; readonly frontend: number; readonly dependencies: Readonly<Record<string, Readonly<Record<string, number>>>> } };
  readonly preferredPort: (base: number, project: string) => number;
}

export async function listTargets(context: ListTargetsContext, signal: AbortSignal): Promise<TargetsReport> {
  const projects = await discoverProjects({ mode: context.scope.mode, repositoryRoot: context.scope.repositoryRoot, providers: context.providers, signal });
  const state = (await context.state.load({ mode: context.scope.mode }))?.state;
  return { mode: context.scope.mode, count: projects.length, projects: projects.map((project) => toTarget(context, project, state)) };
}

function toTarget(context: ListTargetsContext, project: ProjectFacts, state: RunState | undefined): TargetsReport['projects'][number] {
  const { ports } = context.config;
  const dependencies = context.declarations.flatMap((declaration) => declaration.resources.map((resource) => [resource.portKey, ports.dependencies[declaration.id]?.[resource.name] ?? resource.defaultPort] as const));
  const bases = [['backend', ports.backend], ['frontend', ports.frontend], ...dependencies] as const;
  const isRecorded = Object.values(state?.services ?? {}).some((service) => service.project === project.name);
  return {
    name: project.name,
    root: project.root,
    ports: Object.fromEntries(bases.map(([name, base]) => [name, context.preferredPort(base, project.name)])),
    preselected: false,
    running: isRecorded,
  };
}
