import { basename } from 'node:path';
import type { Mode, ProjectFacts, ProjectProvider } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';

export const mainProjectName = 'Main';

/** The provider of mode main: the repository itself is the one project. */
export function createMainProvider(): ProjectProvider {
  return {
    mode: 'main',
    projects: ({ repositoryRoot }) => Promise.resolve([{ name: mainProjectName, root: repositoryRoot, slug: toSlug(mainProjectName) }]),
  };
}

/** Lower-case letters, digits and single dashes. */
export function toSlug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'project';
}

/** Lists the projects of a mode. A mode without a provider names the package that brings it. */
export async function discoverProjects(options: {
  readonly mode: Mode;
  readonly repositoryRoot: string;
  readonly providers: readonly ProjectProvider[];
  readonly signal: AbortSignal;
}): Promise<readonly ProjectFacts[]> {
  const provider = options.providers.find((candidate) => candidate.mode === options.mode);
  if (provider === undefined) {
    throw new EnvctlError('ENVCTL_E_PROJECTS_NONE', `No installed plugin provides projects for mode ${options.mode}.`, {
      hints: ['envctl plugins install @envctl/plugin-worktrees', 'envctl --main …'],
      data: { mode: options.mode },
    });
  }
  const projects = await provider.projects({ repositoryRoot: options.repositoryRoot, signal: options.signal });
  assertDistinct(projects);
  if (projects.length === 0) {
    throw new EnvctlError('ENVCTL_E_PROJECTS_NONE', 'No projects discovered for selected mode.', {
      hints: ['envctl list-targets'],
      data: { mode: options.mode, repositoryRoot: basename(options.repositoryRoot) },
    });
  }
  return projects;
}

/** Locks, launches and databases are named by the slug: two projects with one slug would share them. */
function assertDistinct(projects: readonly ProjectFacts[]): void {
  const seen = new Map<string, ProjectFacts>();
  for (const project of projects) {
    for (const identity of new Set([`name ${project.name.toLowerCase()}`, `slug ${project.slug}`])) {
      const twin = seen.get(identity);
      if (twin !== undefined) {
        throw new EnvctlError('ENVCTL_E_PROJECTS_DUPLICATE', `Duplicate project identities detected; ${twin.name} (${twin.root}) and ${project.name} (${project.root}) have one ${identity}.`, {
          hints: ['Rename one of the two.'],
          data: { projects: [twin, project].map(({ name, root }) => ({ name, root })) },
        });
      }
      seen.set(identity, project);
    }
  }
}
