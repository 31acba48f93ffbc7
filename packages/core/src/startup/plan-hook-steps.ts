import type { ProjectHooks } from '../hooks/read-only.js';
import type { PlannedProject } from './plan.js';
import type { PlannedStep } from './plan-nodes.js';

/** The hook that a project which has something to start runs before its dependencies. */
export function planHookSteps({ services, dependencies }: Pick<PlannedProject, 'services' | 'dependencies'>, hooks: ProjectHooks | undefined): readonly PlannedStep[] {
  if (hooks?.hooks.includes('setupInfrastructure') !== true || [...services, ...dependencies].every(({ action }) => action === 'keep')) return [];
  const name = 'setupInfrastructure';
  return [{ kind: 'hook', id: 'setup-infrastructure', label: `${name} of ${hooks.file}`, needs: [], before: [...dependencies.map(({ id }) => id), ...services.map(({ type }) => type)], action: 'run', reason: 'hook', hook: { name, file: hooks.file } }];
}
