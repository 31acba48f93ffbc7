import { EnvctlError, errorMessage, isEnvctlError, type ProjectedVariable } from '../contract/index.js';
import { readInstance } from '../requirements/index.js';
import { createDetectionFiles, forgetSeed, identifyDatabase, isSeeded, migrationPath, rememberSeed, runMigration } from '../services/index.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedStep } from './plan-nodes.js';
import type { ProjectRun } from './project-run.js';
import { stepLogPath, stepTimeoutMs } from './step-facts.js';
import { environmentOfService } from './start-service.js';

/**
 * Migrates or seeds the database of a service. A failure is a warning on its record, in the summary and in `health`, and with
 * ENVCTL_BACKEND_BOOTSTRAP_STRICT the failure of the start.
 */
export async function runMigrationStep(run: ProjectRun, step: PlannedStep, { signal }: RunningNode): Promise<NodeResult> {
  const { context, request, variables } = run;
  const { migration, before } = step;
  const service = request.project.services.find(({ type }) => before.includes(type));
  if (migration === undefined || service === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${step.id} has nothing to migrate.`, { kind: 'bug' });
  const awaited = service.environment.dependencies.map(({ id }) => id);
  const env = environmentOfService(context, request, {
    leased: { service, token: '', port: service.preferred_port, source: '' },
    leases: run.acquired.leases,
    variables: Object.assign({}, ...awaited.map((id) => variables.get(id) ?? {})) as Record<string, ProjectedVariable>,
  });
  const facts = { project: request.project.name, service: service.type };
  const database = migration.purpose === 'seed' ? await identifyDatabase({ ledger: context.ledger, project: request.project.name, env, portsOf: (instance) => portsOf(context, instance) }) : undefined;
  const records = context.paths.preparations;
  if (migration.purpose === 'seed' && database !== undefined && isSeeded(createDetectionFiles(), records, request.project.name, database)) {
    context.events.emit('service.bootstrap.skip', { ...facts, manager: migration.tool, step: 'seed', reason: 'seeded' });
    return { state: 'unneeded', detail: 'seeded' };
  }
  // A schema that is not there cannot be filled.
  if (migration.purpose === 'seed' && run.warnings.has(service.type)) return { state: 'unusable', detail: 'not seeded: the database could not be migrated' };
  if (database !== undefined) await forgetSeed(records, request.project.name, database);
  context.events.emit('service.bootstrap', { ...facts, manager: migration.tool, step: migration.purpose, reason: step.reason });
  try {
    await runMigration(context, {
      migration,
      purpose: migration.purpose,
      ...facts,
      runId: request.runId,
      logPath: stepLogPath(request, step),
      env: { ...env, PATH: migrationPath(service.command, request.project.root, context.env['PATH'] ?? '') },
      timeoutMs: stepTimeoutMs(context),
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (context.reader.boolean('ENVCTL_BACKEND_BOOTSTRAP_STRICT') === true || !isEnvctlError(error) || error.code !== 'ENVCTL_E_SERVICE_MIGRATION') throw error;
    const message = context.redaction.text(errorMessage(error));
    run.warnings.set(service.type, [...(run.warnings.get(service.type) ?? []), message]);
    context.events.emit('service.bootstrap.warning', { ...facts, step: migration.purpose, error: message, backend_log_path: stepLogPath(request, step), ...(error.data['missing_revision'] === undefined ? {} : { missing_revision: error.data['missing_revision'] }) });
    return { state: 'unusable', detail: message };
  }
  if (database !== undefined) await rememberSeed(records, request.project.name, database);
  context.events.emit('service.bootstrap.phase', { ...facts, phase: migration.purpose, status: 'done', reason: step.reason });
  return { state: 'ready', detail: migration.tool };
}

async function portsOf(context: ProjectRun['context'], instance: string): Promise<readonly number[]> {
  return Object.values((await readInstance(context, instance))?.ports ?? {});
}
