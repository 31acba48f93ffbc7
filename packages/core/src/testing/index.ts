/**
 * The conformance kit for plugins: `checkDependency` runs every check, `conformanceChecks` with `runCheck` lets
 * any test runner make each check a test of its own. `createWorld` is the scope beneath, for a plugin's own tests.
 */
export { checkDependency, conformanceChecks, runCheck } from './check-dependency.js';
export type { CheckReport, ConformanceCheck, ConformanceOptions, Environment } from './checks/types.js';
export { createWorld } from './world/create-world.js';
export type { Attempt, Disturbance, Ending, PluginTrace, World, WorldEvent, WorldOptions, WorldRecord } from './world/types.js';
export { freePort } from './world/free-port.js';
