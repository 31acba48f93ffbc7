import type { HookName, ProjectHooks } from '../hooks/read-only.js';
import type { PlannedProject } from './plan.js';
import type { PlannedNeed, PlannedStep } from './plan-nodes.js';

export interface HookPlanOptions {
  /** Only dependencies come up. */
  readonly dependenciesOnly: boolean;
}

/** The hooks of a project that has something to start: one before its dependencies, one between them and its services. */
export function planHookSteps({ services, dependencies }: Pick<PlannedProject, 'services' | 'dependencies'>, hooks: ProjectHooks | undefined, { dependenciesOnly }: HookPlanOptions): readonly PlannedStep[] {
  if (hooks === undefined) return [];
  const definesServices = hooks.hooks.includes('defineServices') && !dependenciesOnly;
  // Without a service that is known the hook alone can say whether there is one.
  const isIdle = [...services, ...dependencies].every(({ action }) => action === 'keep') && (services.length > 0 || !definesServices);
  if (isIdle) return [];
  const [ids, types] = [dependencies.map(({ id }) => id), services.map(({ type }) => type)];
  const step = (name: HookName, id: string, needs: readonly PlannedNeed[], before: readonly string[]): PlannedStep => ({ kind: 'hook', id, label: `${name} of ${hooks.file}`, needs, before, action: 'run', reason: 'hook', hook: { name, file: hooks.file } });
  const setsUp = hooks.hooks.includes('setupInfrastructure');
  const starting = services.filter(({ action }) => action !== 'keep').length > 0 || services.length === 0;
  return [
    ...(setsUp ? [step('setupInfrastructure', 'setup-infrastructure', [], [...ids, ...types])] : []),
    ...(definesServices && starting ? [step('defineServices', 'define-services', [...ids, ...(setsUp ? ['setup-infrastructure'] : [])].map((id) => toNeed(id, ids.includes(id))), types)] : []),
  ];
}

function toNeed(id: string, isDependency: boolean): PlannedNeed {
  return { id, condition: isDependency ? 'ready' : 'completed', optional: false };
}
