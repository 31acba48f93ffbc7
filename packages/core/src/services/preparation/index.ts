/** How the packages of a service are installed, whether that has to be done now, and doing it. */
export { decidePreparation } from './decide-preparation.js';
export { detectPreparations, type DetectedPreparations } from './detect-preparations.js';
export { planPreparations, type PreparationPlan, type PreparationPlanInput } from './plan-preparations.js';
export { preparationId } from './preparation-record.js';
export { createPreparationFiles } from './preparation-files.js';
export { runPreparation, type PreparationContext, type PreparationRequest, type PreparationResult } from './run-preparation.js';
export { tellingLine } from './telling-line.js';
export type { PlannedPreparation, Preparation, PreparationProblem } from './preparation.js';
