import { assertDriver } from '../requirements/index.js';
import { dependenciesToStart, type StartRequest } from './predict-start.js';
import type { StartPlan } from './plan.js';
import type { StartContext } from './start.js';

/**
 * Everything that has to be started for the plan can be: a dependency without a driver is said before anything is touched.
 * One that the start goes on without is not asked. Throws ENVCTL_E_DEPENDENCY_DRIVER.
 */
export async function assertDrivers(context: StartContext, request: StartRequest, plan: StartPlan): Promise<void> {
  const wanted = dependenciesToStart(plan);
  const handles = await context.handles([...new Set(wanted.map(({ id }) => id))]);
  await Promise.all(
    wanted.map(async ({ id, project }) => {
      const handle = handles.get(id);
      if (handle !== undefined) await assertDriver(context, { handle, project, signal: request.signal });
    }),
  );
}
