import path from 'node:path';
import { findProgram, quoteForShell } from '../../processes/read-only.js';
import { directoriesUpTo } from '../package-manager.js';
import type { Preparation, PreparationManager, PreparationMatch, PreparedApp } from './preparation.js';
import { pythonDistributions } from './python-distributions.js';
import { requirementFiles } from './requirement-files.js';
import { unlockedRequirements } from './uv-lock.js';

/**
 * What a Python application needs: an environment of its own with what its lock file, or else its list of requirements, names.
 * Nothing is removed from an environment: what a person added to it stays.
 */
export function matchPython(app: PreparedApp): PreparationMatch | undefined {
  const source = findSource(app);
  if (source === undefined) return undefined;
  const environment = findEnvironment(app);
  const active = app.activeEnvironment;
  if (environment === undefined && active !== undefined && app.files.isExecutable(path.join(active, 'bin/python'))) {
    return { notes: [`The ${app.service} has no environment of its own: the active one, ${active}, is used as it is.`] };
  }
  const target = environment ?? commandEnvironment(app) ?? path.join(source.directory, '.venv');
  const manager = toManager(app, source);
  if (manager.program === undefined) {
    return environment === undefined ? { problems: [absentManager(app, source, manager.name)] } : { notes: [`The packages of the ${app.service} are for ${manager.name}, which is not on PATH: ${environment} is left as it is.`] };
  }
  if (manager.name === 'poetry' && !source.isLocked) return environment === undefined ? { problems: [absentLock(app, source)] } : undefined;
  const unlocked = source.kind === 'uv-lock' ? newSinceLocked(app, source, environment) : [];
  if (unlocked.length > 0) return { problems: [outdatedLock(app, source, unlocked)] };
  const parts = toParts(app, source, { name: manager.name, program: manager.program, target, exists: environment !== undefined });
  return {
    preparation: {
      manager: manager.name,
      directory: source.directory,
      cwd: app.directory === source.directory || manager.name !== 'uv' ? source.directory : app.directory,
      // The environment's own file tells which Python it was made of.
      inputs: [...source.files, path.join(target, 'pyvenv.cfg')],
      tools: [],
      artifacts: [{ path: path.join(target, 'bin/python'), missing: 'environment_missing' }],
      environment: target,
      createsEnvironment: environment === undefined,
      ...parts,
    },
  };
}

type PythonManager = Extract<PreparationManager, 'uv' | 'poetry' | 'pipenv' | 'pip'>;

interface Source {
  readonly kind: 'uv-lock' | 'poetry' | 'pipfile-lock' | 'requirements' | 'pyproject';
  readonly directory: string;
  readonly files: readonly string[];
  readonly isLocked: boolean;
}

/** The nearest directory that says what is needed; the stricter file decides. */
function findSource({ files, directory, projectRoot }: PreparedApp): Source | undefined {
  for (const place of directoriesUpTo(directory, projectRoot)) {
    const at = (name: string): string => path.join(place, name);
    const pyproject = files.readText(at('pyproject.toml'));
    if (files.isFile(at('uv.lock'))) return { kind: 'uv-lock', directory: place, files: [at('pyproject.toml'), at('uv.lock')], isLocked: true };
    const isPoetry = pyproject !== undefined && /^\[tool\.poetry\b/m.test(pyproject);
    if (files.isFile(at('poetry.lock'))) return { kind: 'poetry', directory: place, files: [at('pyproject.toml'), at('poetry.lock')], isLocked: true };
    if (files.isFile(at('Pipfile.lock'))) return { kind: 'pipfile-lock', directory: place, files: [at('Pipfile'), at('Pipfile.lock')], isLocked: true };
    if (files.isFile(at('requirements.txt'))) return { kind: 'requirements', directory: place, files: requirementFiles(files, at('requirements.txt')), isLocked: false };
    if (isPoetry) return { kind: 'poetry', directory: place, files: [at('pyproject.toml')], isLocked: false };
    if (pyproject !== undefined && /^dependencies\s*=\s*\[\s*[^\]\s]/m.test(projectTable(pyproject))) return { kind: 'pyproject', directory: place, files: [at('pyproject.toml')], isLocked: false };
  }
  return undefined;
}

/** The text of `[project]`. */
function projectTable(toml: string): string {
  const start = toml.search(/^\[project\][ \t]*(?:#.*)?$/m);
  return start === -1 ? '' : toml.slice(start).split(/\n(?=\[)/)[0]!;
}

/** A virtual environment beside the application or above it, as far as the root of the project. */
function findEnvironment({ files, directory, projectRoot }: PreparedApp): string | undefined {
  for (const place of directoriesUpTo(directory, projectRoot)) {
    const others = files.list(place).filter((name) => name.startsWith('.venv') && name !== '.venv');
    const name = ['.venv', 'venv', ...others].find((candidate) => files.isExecutable(path.join(place, candidate, 'bin/python')));
    if (name !== undefined) return path.join(place, name);
  }
  return undefined;
}

/** The environment that the start command names by its path: `venv/bin/uvicorn`. */
function commandEnvironment({ command, directory }: PreparedApp): string | undefined {
  const name = /^(?:\.\/)?(\.?venv[^/]*)\/bin\//.exec(command[0] ?? '')?.[1];
  return name === undefined ? undefined : path.join(directory, name);
}

function toManager(app: PreparedApp, source: Source): { readonly name: PythonManager; readonly program: string | undefined } {
  const find = (word: string): string | undefined => {
    const search = findProgram(word, { cwd: app.directory, path: app.searchPath });
    return search.found ? search.path : undefined;
  };
  switch (source.kind) {
    case 'uv-lock':
      return { name: 'uv', program: find('uv') };
    case 'poetry':
      return { name: 'poetry', program: find('poetry') };
    case 'pipfile-lock':
      return { name: 'pipenv', program: find('pipenv') };
    case 'requirements':
    case 'pyproject':
      return { name: 'pip', program: findPython(app) };
  }
}

function findPython(app: PreparedApp): string | undefined {
  for (const word of ['python3', 'python']) {
    const search = findProgram(word, { cwd: app.directory, path: app.searchPath });
    if (search.found) return search.path;
  }
  return undefined;
}

interface Target {
  readonly name: PythonManager;
  readonly program: string;
  /** The environment. */
  readonly target: string;
  readonly exists: boolean;
}

function toParts(app: PreparedApp, source: Source, { name, program, target, exists }: Target): Pick<Preparation, 'commands' | 'env'> {
  const isOwn = target === path.join(source.directory, '.venv');
  switch (name) {
    case 'uv':
      return { commands: [['uv', 'sync', '--frozen', '--inexact']], env: isOwn ? {} : { UV_PROJECT_ENVIRONMENT: target } };
    case 'poetry':
      return {
        commands: [['poetry', 'install', '--no-interaction', ...(isPackage(app, source) ? [] : ['--no-root'])]],
        env: { POETRY_VIRTUALENVS_IN_PROJECT: 'true', POETRY_VIRTUALENVS_CREATE: 'true', ...(isOwn ? {} : { VIRTUAL_ENV: target }) },
      };
    case 'pipenv':
      return { commands: [['pipenv', 'verify'], ['pipenv', 'sync']], env: { PIPENV_VENV_IN_PROJECT: '1', PIPENV_NOSPIN: '1', ...(isOwn ? {} : { VIRTUAL_ENV: target }) } };
    case 'pip': {
      const python = path.join(target, 'bin/python');
      const what = source.kind === 'requirements' ? ['-r', source.files[0]!] : [];
      const hasPip = !exists || ['pip', 'pip3'].some((word) => app.files.isFile(path.join(target, 'bin', word)));
      const uv = findProgram('uv', { cwd: app.directory, path: app.searchPath });
      const install: readonly [string, ...string[]] = hasPip || !uv.found
        ? [python, ...(source.kind === 'requirements' ? ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', ...what] : ['-c', installDeclared, source.files[0]!])]
        : ['uv', 'pip', 'install', '--python', python, '-r', source.files[0]!];
      return {
        commands: [
          ...(exists ? [] : [[program, '-m', 'venv', ...(app.files.isDirectory(target) ? ['--clear'] : []), target] as const]),
          ...(hasPip || uv.found ? [] : [[python, '-m', 'ensurepip'] as const]),
          install,
        ],
        env: {},
      };
    }
  }
}

/** What `[project]` of pyproject.toml requires, without building the project itself: that would write into the checkout. */
const installDeclared = [
  'import sys, subprocess',
  'try:',
  ' import tomllib',
  'except ImportError:',
  ' from pip._vendor import tomli as tomllib',
  'try:',
  ' needed = tomllib.load(open(sys.argv[1], "rb"))["project"]["dependencies"]',
  'except tomllib.TOMLDecodeError as error:',
  ' sys.exit("ERROR: %s is not TOML: %s" % (sys.argv[1], error))',
  'sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *needed]))',
].join('\n');

/** Poetry installs the project itself too where it is a package, and fails where there is none. */
function isPackage({ files }: PreparedApp, { directory }: Source): boolean {
  const text = files.readText(path.join(directory, 'pyproject.toml')) ?? '';
  if (/^package-mode\s*=\s*false/m.test(text)) return false;
  if (/^packages\s*=/m.test(text)) return true;
  const name = /^name\s*=\s*["']([^"']+)["']/m.exec(text)?.[1]?.replace(/[-.]+/g, '_').toLowerCase();
  return name !== undefined && [name, `src/${name}`, `${name}.py`, `src/${name}.py`].some((place) => files.isDirectory(path.join(directory, place)) || files.isFile(path.join(directory, place)));
}

function absentManager(app: PreparedApp, { directory, files }: Source, name: PythonManager) {
  const program = name === 'pip' ? 'python3' : name;
  return {
    service: app.service,
    code: 'ENVCTL_E_PREREQUISITE_MISSING' as const,
    reasonCode: 'package_manager_missing',
    message: `The packages of the ${app.service} are named by ${files.at(-1)!} and are not installed (no .venv in ${directory}), and ${program} is not on PATH.`,
    hints: [name === 'pip' ? 'apt-get install python3 python3-venv' : `python3 -m pip install --user ${name}`],
  };
}

/** Named by pyproject.toml, unknown to uv.lock, and not installed by hand either. */
function newSinceLocked({ files }: PreparedApp, { files: [pyproject, lock] }: Source, environment: string | undefined): readonly string[] {
  const installed = new Set(environment === undefined ? [] : pythonDistributions(files, environment).map(({ name }) => name));
  return unlockedRequirements(files.readText(pyproject!) ?? '', files.readText(lock!) ?? '').filter((name) => !installed.has(name));
}

function outdatedLock(app: PreparedApp, { directory, files }: Source, names: readonly string[]) {
  return {
    service: app.service,
    code: 'ENVCTL_E_PREREQUISITE_MISSING' as const,
    reasonCode: 'lock_file_outdated',
    message: `The packages of the ${app.service} cannot be installed as locked: ${files[0]!} names ${names.join(', ')}, which ${files[1]!} does not have.`,
    hints: [`cd ${quoteForShell(directory)} && uv lock`],
  };
}

function absentLock(app: PreparedApp, { directory }: Source) {
  return {
    service: app.service,
    code: 'ENVCTL_E_PREREQUISITE_MISSING' as const,
    reasonCode: 'lock_file_missing',
    message: `The packages of the ${app.service} are not installed, and poetry installs nothing without a lock file: there is no poetry.lock in ${directory}.`,
    hints: [`cd ${quoteForShell(directory)} && poetry lock`],
  };
}
