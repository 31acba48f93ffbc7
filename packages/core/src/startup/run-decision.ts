import type { PlanAction } from './plan.js';

/**
 * What a start does about what already runs. `reuse`: everything is up, nothing is done; `resume`: only
 * what is missing is started; `expand`: new projects join; `fresh`: nothing was there; `restart`: asked for.
 */
export interface RunDecision {
  readonly kind: 'reuse' | 'resume' | 'expand' | 'fresh' | 'restart';
  readonly reason: string;
}

export interface RunDecisionInputs {
  readonly command: 'start' | 'restart' | 'resume';
  readonly hasState: boolean;
  /** Nothing of the last run is to be taken over. */
  readonly fresh?: boolean;
  /** `known`: something of the project was recorded. */
  readonly projects: readonly { readonly name: string; readonly actions: readonly PlanAction[]; readonly known: boolean }[];
}

export function decideRun({ command, hasState, fresh, projects }: RunDecisionInputs): RunDecision {
  if (command === 'restart') return { kind: 'restart', reason: 'asked for' };
  if (fresh === true) return { kind: 'fresh', reason: 'asked for' };
  const actions = projects.flatMap((project) => project.actions);
  if (actions.length > 0 && actions.every((action) => action === 'keep')) return { kind: 'reuse', reason: `everything ${command === 'resume' ? 'recorded' : 'selected'} is running` };
  if (!hasState) return { kind: 'fresh', reason: 'no recorded run' };
  const joining = projects.filter((project) => !project.known).map((project) => project.name);
  if (joining.length === projects.length) return { kind: 'fresh', reason: 'nothing of the selection was recorded' };
  if (joining.length > 0) return { kind: 'expand', reason: `joining: ${joining.join(', ')}` };
  return { kind: 'resume', reason: actions.includes('start') ? 'part of the selection is missing' : 'part of the selection is replaced' };
}
