import { errorMessage } from '../contract/index.js';
import { abortChecks } from './checks/abort.js';
import { lifetimeChecks } from './checks/lifetime.js';
import { startChecks } from './checks/start.js';
import { staticChecks } from './checks/static.js';
import { Skip, type CheckReport, type ConformanceCheck, type ConformanceOptions } from './checks/types.js';
import { createWorld } from './world/create-world.js';
import { readPlugin } from './world/plugin.js';
import type { World } from './world/types.js';

/** Every check of the conformance kit, in the order in which they are best run. */
export const conformanceChecks: readonly ConformanceCheck[] = [...staticChecks, ...startChecks, ...lifetimeChecks, ...abortChecks];

/**
 * Runs the conformance kit against a dependency with real servers. `only` selects checks by id. Never rejects
 * for a failing check: read the reports.
 */
export async function checkDependency(options: ConformanceOptions, only?: readonly string[]): Promise<CheckReport[]> {
  const reports: CheckReport[] = [];
  for (const check of conformanceChecks) {
    if (only === undefined || only.includes(check.id)) reports.push(await runCheck(check, options));
  }
  return reports;
}

/** Runs one check; use it to make each check a test of its own. */
export async function runCheck(check: ConformanceCheck, options: ConformanceOptions): Promise<CheckReport> {
  const began = performance.now();
  const worlds: World[] = [];
  const report = (status: CheckReport['status'], message?: string): CheckReport => ({
    id: check.id,
    title: check.title,
    status,
    ...(message === undefined ? {} : { message }),
    durationMs: Math.round(performance.now() - began),
  });
  try {
    await check.run({
      options,
      plugin: await readPlugin(options.root, options.dependencyId),
      open: async (overrides = {}) => {
        const world = await createWorld({ ...options, driver: overrides.driver ?? options.driver, config: { ...options.config, ...overrides.config } });
        worlds.push(world);
        return world;
      },
    });
    return report('pass');
  } catch (error) {
    return report(error instanceof Skip ? 'skip' : 'fail', errorMessage(error));
  } finally {
    await Promise.all(worlds.map((world) => world.dispose()));
  }
}
