/** Bringing the schema of a service's database up to date before the service starts, and filling a new one. */
export { detectMigration, type Migration, type MigrationInput, type MigrationTool } from './detect-migration.js';
export { migrationPath, planMigrations, type MigrationPlan, type MigrationPlanInput } from './plan-migrations.js';
export { runMigration, type MigrationContext, type MigrationRequest } from './run-migration.js';
export { forgetSeed, identifyDatabase, isSeeded, rememberSeed } from './seed-record.js';
export { looksSeeded, type SeededQuestion } from './seeded.js';
