/** The light door of the room: what a plan needs to know of services; nothing that starts, waits or follows. */
export { callerCredentials, declaredSecretNames } from './caller-credentials.js';
export { detectServices, missingCommandError, toDetectionError, type ServiceDetection } from './detection.js';
export { createDetectionFiles, type DetectionFiles } from './detection-files.js';
export { forwardedVariables } from './forwarded-variables.js';
export { healthUrlOf, type DetectionProblem, type ServiceCommand, type ServiceName } from './service-command.js';
export { addressSources, type EnvSources, sortEnvLines, toEnvSources, type SkippedLine } from './section-variables.js';
export { ownVariableNames, type EnvironmentAudience } from './service-environment.js';
export { planPreparations, type PreparationPlan } from './preparation/plan-preparations.js';
export { preparationId } from './preparation/preparation-record.js';
export type { PlannedPreparation } from './preparation/preparation.js';
export { detectAdditional } from './detect-additional.js';
export { readReadyCommand } from './ready-command.js';
export type { Migration } from './migrations/detect-migration.js';
export { planMigrations, type MigrationPlan } from './migrations/plan-migrations.js';
export { looksSeeded, type SeededQuestion } from './migrations/seeded.js';
export { planEnvFile } from './env-files/plan-env-file.js';
