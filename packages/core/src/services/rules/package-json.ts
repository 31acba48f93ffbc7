import path from 'node:path';
import { findProgram, quoteForShell } from '../../processes/read-only.js';
import type { AppDirectory } from '../detection-rules.js';
import { directoriesUpTo, type PackageManager } from '../package-manager.js';
import { readJsonObject, toObject } from '../preparation/read-json-object.js';
import type { DetectionProblem } from '../service-command.js';
import { missingProgram } from './missing-program.js';

/** What a rule needs to know of a package.json. */
export interface PackageFacts {
  /** Absolute path of the package.json. */
  readonly file: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of what it depends on, in development too. */
  readonly dependencies: ReadonlySet<string>;
  readonly isWorkspaceRoot: boolean;
}

/** Undefined when there is no package.json, or one that cannot be read. */
export function readPackage(app: Pick<AppDirectory, 'directory' | 'files'>): PackageFacts | undefined {
  const file = path.join(app.directory, 'package.json');
  const value = readJsonObject(app.files, file);
  if (value === undefined) return undefined;
  const scripts = Object.entries(toObject(value['scripts']) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    file,
    scripts: Object.fromEntries(scripts),
    dependencies: new Set(['dependencies', 'devDependencies'].flatMap((key) => Object.keys(toObject(value[key]) ?? {}))),
    isWorkspaceRoot: value['workspaces'] !== undefined || app.files.isFile(path.join(app.directory, 'pnpm-workspace.yaml')),
  };
}

/** A program that the packages of the application brought, from the application up to the root of the project. */
export function findPackageProgram(app: AppDirectory, program: string): string | undefined {
  return directoriesUpTo(app.directory, app.projectRoot)
    .map((directory) => path.join(directory, 'node_modules/.bin', program))
    .find((file) => app.files.isExecutable(file));
}

/** What is not installed. `program`: the one that the script runs, where the rule knows it. */
export function installationProblems(app: AppDirectory, facts: PackageFacts, manager: PackageManager, program: string | undefined): readonly DetectionProblem[] {
  if (!findProgram(manager.name, { cwd: app.directory, path: app.searchPath }).found) return [missingProgram(app, manager.name)];
  if (facts.dependencies.size === 0) return [];
  const directories = directoriesUpTo(app.directory, app.projectRoot);
  if (directories.some((directory) => app.files.isFile(path.join(directory, '.pnp.cjs')))) return [];
  const isInstalled = directories.some((directory) => app.files.isDirectory(path.join(directory, 'node_modules')));
  if (isInstalled && (program === undefined || findPackageProgram(app, program) !== undefined)) return [];
  const where = manager.decidedBy === undefined ? app.directory : path.dirname(manager.decidedBy);
  return [
    {
      service: app.service,
      code: 'ENVCTL_E_PREREQUISITE_MISSING',
      reasonCode: isInstalled ? `${program}_binary_missing` : 'node_modules_missing',
      message: `The packages of the ${app.service} are not installed: ${isInstalled ? `node_modules/.bin/${program}` : 'node_modules'} is missing for ${facts.file}.`,
      hints: [`cd ${quoteForShell(where)} && ${manager.install}`],
    },
  ];
}
