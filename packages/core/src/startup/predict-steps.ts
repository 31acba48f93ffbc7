import type { ProjectFacts } from '../contract/index.js';
import { toScopePaths } from '../scope/index.js';
import { looksSeeded, planEnvFile, planMigrations, planPreparations, type DetectionFiles, type DetectionProblem, type PreparationPlan, type SeededQuestion, type ServiceCommand, type ServiceDetection } from '../services/read-only.js';
import type { PlanProjectInputs } from './plan.js';
import type { PlannedStep } from './plan-nodes.js';
import { planMigrationSteps } from './plan-migration-steps.js';
import { planPreparationSteps } from './plan-preparation-steps.js';
import type { PredictionContext, StartRequest } from './predict-start.js';

export interface PredictedSteps {
  /** What was found, as it is after the preparations, and what would keep a step from running. */
  readonly detection: ServiceDetection;
  /** @param earlier what is run before the dependencies of the project */
  readonly planSteps: (found: Parameters<NonNullable<PlanProjectInputs['planSteps']>>[0], earlier: readonly PlannedStep[]) => readonly PlannedStep[];
}

/** What is run to its end on the way of a project's services: installations, migrations, a seed. Reads files. */
export function predictSteps(context: PredictionContext, { options }: StartRequest, project: ProjectFacts, files: DetectionFiles, found: ServiceDetection): PredictedSteps {
  const { runtimeDirectory, storeDirectory, scopeId } = context.config;
  const paths = toScopePaths({ runtimeRoot: runtimeDirectory, storeRoot: storeDirectory, scopeId });
  const { detection, preparations } = predictPreparations(context, { project, files, found: withEnvFiles(context, project, files, found), records: paths.preparations, refresh: options?.refreshCache === true });
  // A frontend with code on the server is its own backend where there is no other.
  const owner = detection.backend ?? (detection.frontend?.serverCode === true ? detection.frontend : undefined);
  const migrations = owner === undefined ? undefined : planMigrations({
    command: owner,
    projectRoot: project.root,
    searchPath: context.env['PATH'] ?? '',
    onStartup: context.reader.boolean('ENVCTL_BACKEND_MIGRATIONS_ON_STARTUP') === true,
    commands: { migrate: context.reader.string('ENVCTL_POSTGRES_MIGRATE_CMD'), seed: context.reader.string('ENVCTL_POSTGRES_SEED_CMD') },
    installsFirst: preparations[owner.type]?.some(({ action }) => action === 'run') === true,
    files,
  });
  return {
    detection: { ...detection, problems: [...detection.problems, ...(migrations?.problems ?? [])], notes: [...detection.notes, ...(migrations?.notes ?? [])] },
    planSteps: (planned, earlier) => {
      const installing = planPreparationSteps(planned, { preparations }, { inParallel: options?.preparationsInParallel !== false });
      if (owner === undefined || migrations === undefined) return [...earlier, ...installing];
      const isSeeded = (): boolean => looksSeeded(files, { directories: { records: paths.preparations, ledger: paths.ledger }, project: project.name, ...databaseOf(context, planned.dependencies.map(({ id }) => id)) });
      return [...earlier, ...installing, ...planMigrationSteps(planned, { plan: migrations, service: owner.type, earlier: [...earlier, ...installing], isSeeded })];
    },
  };
}

/** The first dependency that projects a database: how it is driven, and where a server elsewhere is. */
function databaseOf({ config, declarations, reader }: PredictionContext, wanted: readonly string[]): Pick<SeededQuestion, 'mode' | 'external'> {
  const found = declarations.find(({ id, variables }) => wanted.includes(id) && variables?.some(({ name }) => name === 'DATABASE_URL') === true);
  const external = { DATABASE_URL: reader.string('ENVCTL_POSTGRES_URL'), DB_HOST: reader.string('DB_HOST'), DB_PORT: reader.string('DB_PORT'), DB_NAME: reader.string('DB_NAME') };
  return { mode: found === undefined ? 'external' : config.dependencyMode(found.id), external };
}

/** Each service with the env file that it gets. */
function withEnvFiles({ reader }: PredictionContext, { name, root }: ProjectFacts, files: DetectionFiles, found: ServiceDetection): ServiceDetection {
  const problems: DetectionProblem[] = [];
  const withFile = (service: string, command: ServiceCommand): ServiceCommand => {
    const { file, problem } = planEnvFile({ service, command, projectRoot: root, isMain: name === 'Main', setting: (key) => reader.string(key), skipsLocalDatabase: reader.boolean('SKIP_LOCAL_DB_ENV') === true, files });
    if (problem !== undefined) problems.push(problem);
    return file === undefined ? command : { ...command, envFile: file };
  };
  const { backend, frontend, additional = {} } = found;
  const standard = Object.fromEntries(Object.entries({ backend, frontend }).flatMap(([service, command]) => (command === undefined ? [] : [[service, withFile(service, command)]])));
  const others = Object.fromEntries(Object.entries(additional).map(([service, command]) => [service, withFile(service, command)]));
  return { ...found, ...standard, additional: others, problems: [...problems, ...found.problems] };
}

function predictPreparations(context: PredictionContext, { project, files, found, records, refresh }: { readonly project: ProjectFacts; readonly files: DetectionFiles; readonly found: ServiceDetection; readonly records: string; readonly refresh: boolean }): PreparationPlan {
  if (context.reader.boolean('ENVCTL_SERVICE_PREP') === false) return { detection: found, preparations: {} };
  return planPreparations({ detection: found, projectRoot: project.root, searchPath: context.env['PATH'] ?? '', activeEnvironment: context.env['VIRTUAL_ENV'], recordsDirectory: records, refresh, files });
}
