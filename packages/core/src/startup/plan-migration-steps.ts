import type { Migration, MigrationPlan } from '../services/read-only.js';
import type { PlannedProject, PlannedService } from './plan.js';
import type { PlannedNeed, PlannedStep } from './plan-nodes.js';

export interface MigrationStepInputs {
  readonly plan: MigrationPlan;
  /** Type of the service whose database it is. */
  readonly service: string;
  /** Installations and hooks, of which those for the service come first. */
  readonly earlier: readonly PlannedStep[];
  /** Whether this database was seeded before, as far as files tell. */
  readonly isSeeded: () => boolean;
}

/** Migrating and seeding, in this order, when the dependencies of the service are ready and its packages are there, and before it starts. */
export function planMigrationSteps({ services }: Pick<PlannedProject, 'services'>, { plan, service: type, earlier, isSeeded }: MigrationStepInputs): readonly PlannedStep[] {
  const service = services.find((candidate) => candidate.type === type && candidate.action !== 'keep');
  if (service === undefined) return [];
  const needs = [...service.environment.dependencies.map(({ id }) => need(id, 'ready')), ...earlier.filter(({ before }) => before.includes(type)).map(({ id }) => need(id, 'completed'))];
  const migrate = plan.migrate === undefined ? [] : [toStep('migrate', plan.migrate, service, { needs, action: 'run', reason: plan.migrate.tool })];
  const seeded = plan.seed !== undefined && isSeeded();
  const seed = plan.seed === undefined ? [] : [toStep('seed', plan.seed, service, { needs: [...needs, ...migrate.map(({ id }) => need(id, 'completed'))], action: seeded ? 'skip' : 'run', reason: seeded ? 'seeded' : 'not_seeded' })];
  return [...migrate, ...seed];
}

function toStep(purpose: 'migrate' | 'seed', migration: Migration, { type }: PlannedService, facts: Pick<PlannedStep, 'needs' | 'action' | 'reason'>): PlannedStep {
  const words = migration.tool === 'golang-migrate' ? `golang-migrate, ${migration.command.at(-1)!}` : migration.command.join(' ');
  return { kind: 'migration', id: `${purpose}-${type}`, label: `${words} in ${migration.cwd}`, ...facts, before: [type], migration: { purpose, ...migration } };
}

function need(id: string, condition: PlannedNeed['condition']): PlannedNeed {
  return { id, condition, optional: false };
}
