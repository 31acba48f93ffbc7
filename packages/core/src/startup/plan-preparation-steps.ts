import { preparationId, type PlannedPreparation, type PreparationPlan } from '../services/read-only.js';
import type { PlannedProject } from './plan.js';
import type { PlannedStep } from './plan-nodes.js';

/**
 * The installations that services which are started need, each directory once, before every service that needs it.
 * @param inParallel false: one after the other
 */
export function planPreparationSteps({ services }: Pick<PlannedProject, 'services'>, { preparations }: Pick<PreparationPlan, 'preparations'>, { inParallel }: { readonly inParallel: boolean }): readonly PlannedStep[] {
  const wanted = new Map<string, { readonly preparation: PlannedPreparation; readonly services: string[] }>();
  for (const { type } of services.filter(({ action }) => action !== 'keep')) {
    for (const preparation of preparations[type] ?? []) {
      const known = wanted.get(preparationId(preparation));
      if (known === undefined) wanted.set(preparationId(preparation), { preparation, services: [type] });
      // What one of them lacks, an installation for all of them brings.
      else wanted.set(preparationId(preparation), { preparation: known.preparation.action === 'run' ? known.preparation : preparation, services: [...known.services, type] });
    }
  }
  const ids: string[] = [];
  return [...wanted.values()].map(({ preparation, services: before }): PlannedStep => {
    const plain = `prepare-${before[0]!}`;
    const id = ids.includes(plain) ? `${plain}-${preparation.manager}` : plain;
    const previous = inParallel ? undefined : ids.at(-1);
    ids.push(id);
    return { kind: 'preparation', id, label: labelOf(preparation), needs: previous === undefined ? [] : [{ id: previous, condition: 'completed', optional: false }], before, action: preparation.action, reason: preparation.reason, preparation };
  });
}

function labelOf({ commands, directory }: PlannedPreparation): string {
  const words = commands.at(-1)!.map((word) => (word.includes('\n') ? '…' : word));
  return `${words.join(' ')} in ${directory}`;
}
