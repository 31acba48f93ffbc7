import { splitShellWords } from '../../processes/read-only.js';
import path from 'node:path';
import { readConfiguredCommand } from '../configured-command.js';
import type { DetectionFiles } from '../detection-files.js';
import type { DetectionProblem, ServiceCommand } from '../service-command.js';
import { detectMigration, type Migration } from './detect-migration.js';

export interface MigrationPlanInput {
  /** How the service is started that the database belongs to. */
  readonly command: ServiceCommand;
  readonly projectRoot: string;
  readonly searchPath: string;
  /** ENVCTL_BACKEND_MIGRATIONS_ON_STARTUP. */
  readonly onStartup: boolean;
  /** ENVCTL_POSTGRES_MIGRATE_CMD and ENVCTL_POSTGRES_SEED_CMD; an empty text counts as unset. */
  readonly commands: { readonly migrate: string | undefined; readonly seed: string | undefined };
  /** True when packages are installed first: a program that is not there yet may be there then. */
  readonly installsFirst: boolean;
  readonly files: DetectionFiles;
}

export interface MigrationPlan {
  readonly migrate?: Migration;
  readonly seed?: Migration;
  readonly problems: readonly DetectionProblem[];
  readonly notes: readonly string[];
}

/** What is done to the database before a service starts. A configured command is asked for by itself; what is found only when it is switched on. */
export function planMigrations(input: MigrationPlanInput): MigrationPlan {
  const migrate = readCommand(input, 'ENVCTL_POSTGRES_MIGRATE_CMD', input.commands.migrate);
  const seed = readCommand(input, 'ENVCTL_POSTGRES_SEED_CMD', input.commands.seed);
  const found = input.onStartup && migrate === undefined ? detectMigration(input) : undefined;
  const nothing = input.onStartup && migrate === undefined && found === undefined;
  return {
    ...toPart('migrate', migrate?.migration ?? found),
    ...toPart('seed', seed?.migration),
    problems: [...(migrate?.problems ?? []), ...(seed?.problems ?? [])],
    notes: nothing ? [`No migrations were found in ${input.command.cwd}; ENVCTL_POSTGRES_MIGRATE_CMD sets a command.`] : [],
  };
}

/** PATH of a migration: programs that the packages of the service bring come first. */
export function migrationPath(command: Pick<ServiceCommand, 'cwd' | 'env'>, projectRoot: string, searchPath: string): string {
  const binaries = [...new Set([command.cwd, projectRoot])].map((directory) => path.join(directory, 'node_modules/.bin'));
  return [...binaries, command.env['PATH'] ?? searchPath].join(path.delimiter);
}

function toPart<K extends 'migrate' | 'seed'>(key: K, migration: Migration | undefined): Partial<Record<K, Migration>> {
  return migration === undefined ? {} : ({ [key]: migration } as Partial<Record<K, Migration>>);
}

function readCommand(input: MigrationPlanInput, key: string, text: string | undefined): { readonly migration?: Migration; readonly problems: readonly DetectionProblem[] } | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const { type, cwd } = input.command;
  const match = readConfiguredCommand({ service: type, text, key, cwd, searchPath: migrationPath(input.command, input.projectRoot, input.searchPath), files: input.files });
  if (match.command === undefined) {
    const words = input.installsFirst ? splitShellWords(text) : undefined;
    if (words?.ok !== true || Object.keys(words.assignments).length > 0) return { problems: match.problems };
    return { migration: { tool: 'configured', command: words.words as [string, ...string[]], cwd, evidence: `${key}: ${text}` }, problems: [] };
  }
  const assigned = Object.entries(match.command.env).map(([name, value]) => `${name}=${value}`);
  const command: Migration['command'] = assigned.length === 0 ? match.command.command : ['env', ...assigned, ...match.command.command];
  return { migration: { tool: 'configured', command, cwd, evidence: `${key}: ${text}` }, problems: match.problems };
}
