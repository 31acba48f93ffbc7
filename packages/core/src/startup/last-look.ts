/**
 * The last look before a start goes on record (contracts, section 10.7): what it started and what it kept is judged once more, as
 * `health` judges it, from the records and the kernel. A server that no look can tell of is asked; one of the user's own was asked already.
 */
import type { RunState, ServiceRecord } from '../state/index.js';
import { isGoodStatus, reconcile, type DependencyTruth, type ReconcileContext, type RecordedServiceTruth } from '../truth/index.js';
import type { ProjectSuccess } from './execute-project.js';
import type { StartPlan } from './plan.js';

/** What of a project is not as it was when its start had it ready. */
export interface Untrue {
  readonly services: readonly RecordedServiceTruth[];
  readonly dependencies: readonly DependencyTruth[];
}

/** @param state what would go on record. By project; a project of which everything is true is not among them. */
export async function lookAgain(context: ReconcileContext, plan: StartPlan, successes: readonly ProjectSuccess[], state: RunState, signal: AbortSignal): Promise<ReadonlyMap<string, Untrue>> {
  const { services, dependencies } = await reconcile(context, reliedOn(plan, successes, state), { source: 'start.post_start', signal, foreseesDependencies: true });
  const untrue = successes.map(({ project }): readonly [string, Untrue] => [
    project,
    {
      services: services.filter((service) => service.project === project && !isGoodStatus(service.status)),
      dependencies: dependencies.filter((dependency) => dependency.project === project && dependency.status === 'unreachable'),
    },
  ]);
  return new Map(untrue.filter(([, found]) => found.services.length + found.dependencies.length > 0));
}

/** Of what would be recorded the parts that this start started or kept, and goes on with. */
function reliedOn(plan: StartPlan, successes: readonly ProjectSuccess[], state: RunState): RunState {
  const planned = plan.projects.filter(({ name }) => successes.some(({ project }) => project === name));
  const names = new Set([...planned.flatMap(({ services }) => services.map(({ name }) => name)), ...successes.flatMap(({ services }) => Object.keys(services))]);
  return {
    ...state,
    services: Object.fromEntries(Object.entries(state.services).filter(([name, record]) => names.has(name) && isStarted(record))),
    requirements: Object.fromEntries(
      planned.flatMap(({ name, dependencies }) => {
        const result = state.requirements[name];
        if (result === undefined) return [];
        const managed = Object.entries(result.components).filter(([id, { success, driver }]) => success && driver !== 'external' && driver !== 'hook' && dependencies.some((dependency) => dependency.id === id));
        return [[name, { ...result, components: Object.fromEntries(managed) }]];
      }),
    ),
  };
}

/** False for what a start goes on without, and for what the original recorded. */
function isStarted(record: ServiceRecord): boolean {
  return record.status !== 'failed' && (record.launch_directory !== null || record['external'] !== undefined);
}
