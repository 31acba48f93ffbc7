/** The light door of the room: what a start would do, without what doing it needs. */
export { type StartupExplanation, toStartupExplanation } from './explanation.js';
export type { StartPlan } from './plan.js';
export { assertStartable, dependenciesToStart, predictStart, type StartRequest } from './predict-start.js';
export { type PreflightReport, toPreflightReport } from './preflight.js';
export { toStartOptions } from './start-options.js';
export { assertStartupEnabled, assertTarget, namedProjects, namedServiceTypes } from './start-target.js';
