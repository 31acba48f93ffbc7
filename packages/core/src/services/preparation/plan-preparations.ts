import path from 'node:path';
import { isInstalledPlace } from '../configured-command.js';
import type { DetectionFiles } from '../detection-files.js';
import type { ServiceDetection } from '../detection.js';
import type { DetectionProblem, ServiceCommand } from '../service-command.js';
import { decidePreparation } from './decide-preparation.js';
import { detectPreparations } from './detect-preparations.js';
import { createPreparationFiles } from './preparation-files.js';
import type { PlannedPreparation } from './preparation.js';

export interface PreparationPlanInput {
  readonly detection: ServiceDetection;
  /** Absolute path of the checkout. */
  readonly projectRoot: string;
  /** The value of PATH. */
  readonly searchPath: string;
  /** VIRTUAL_ENV of the caller: a Python environment that is used as it is where the project has none of its own. */
  readonly activeEnvironment: string | undefined;
  /** Where it is remembered what was installed. */
  readonly recordsDirectory: string;
  /** What was installed before does not count. */
  readonly refresh: boolean;
  readonly files: DetectionFiles;
}

export interface PreparationPlan {
  /** What was found, in the state in which it is after the preparations. */
  readonly detection: ServiceDetection;
  /** By service. */
  readonly preparations: Readonly<Partial<Record<string, readonly PlannedPreparation[]>>>;
}

/** Adds to what was found of a project how its packages are installed, and whether that has to be done now. Reads files; starts and writes nothing. */
export function planPreparations(input: PreparationPlanInput): PreparationPlan {
  const files = createPreparationFiles(input.files);
  const { backend, frontend, additional = {} } = input.detection;
  const planned = Object.entries({ backend, frontend, ...additional }).flatMap(([service, command]) => {
    if (command === undefined) return [];
    const { preparations, problems, notes } = detectPreparations({ service, directory: command.cwd, projectRoot: input.projectRoot, command: command.command, searchPath: input.searchPath, activeEnvironment: input.activeEnvironment, files });
    return [{ service, command, problems: problems, notes, preparations: preparations.map((preparation) => decidePreparation(preparation, { files, recordsDirectory: input.recordsDirectory, refresh: input.refresh })) }];
  });
  const isInstalled = ({ service, reasonCode }: DetectionProblem): boolean =>
    planned.some((entry) => entry.service === service && entry.preparations.some(({ action }) => action === 'run') && (installed.test(reasonCode) || (reasonCode === 'missing_command_executable' && isInstalledPlace(entry.command.command[0]))));
  const prepared = planned.map(({ service, command, preparations }) => [service, inEnvironment(command, preparations, input.searchPath)] as const);
  const commands = { standard: Object.fromEntries(prepared.filter(([service]) => !(service in additional))), additional: Object.fromEntries(prepared.filter(([service]) => service in additional)) };
  return {
    detection: {
      ...input.detection,
      ...commands.standard,
      additional: commands.additional,
      problems: [...planned.flatMap(({ problems }) => problems), ...input.detection.problems.filter((problem) => !isInstalled(problem))],
      notes: [...input.detection.notes, ...planned.flatMap(({ notes }) => notes)],
    },
    preparations: Object.fromEntries(planned.map(({ service, preparations }) => [service, preparations])),
  };
}

/** Problems that an installation ends. */
const installed = /^(?:node_modules_missing|\w+_binary_missing|python_module_missing)$/;

/** A service whose Python packages are in an environment runs in that environment, as if a person had activated it. */
function inEnvironment(command: ServiceCommand, preparations: readonly PlannedPreparation[], searchPath: string): ServiceCommand {
  const environment = preparations.find((preparation) => preparation.environment !== undefined)?.environment;
  if (environment === undefined) return command;
  const env = { VIRTUAL_ENV: environment, PATH: `${path.join(environment, 'bin')}${path.delimiter}${searchPath}`, ...command.env };
  if (command.source === 'configured') return { ...command, env };
  const words = withoutLauncher(command.command);
  const python = /^python[\d.]*$/.test(words[0]) ? ([path.join(environment, 'bin/python'), ...words.slice(1)] as const) : words;
  return { ...command, command: python, env };
}

/** `poetry run python …` is `python …` of the environment that poetry installs into. */
function withoutLauncher(words: ServiceCommand['command']): ServiceCommand['command'] {
  const [first, second, third, ...rest] = words;
  return (first === 'poetry' || first === 'pipenv' || first === 'uv') && second === 'run' && third !== undefined && !third.startsWith('-') ? [third, ...rest] : words;
}
