import path from 'node:path';
import { findProgram, quoteForShell } from '../../processes/read-only.js';
import type { AppDirectory } from '../detection-rules.js';
import type { DetectionProblem } from '../service-command.js';
import { missingProgram } from './missing-program.js';

/** How the Python of an application is called. */
export interface Python {
  /** First words of the command. */
  readonly words: readonly [string, ...string[]];
  /** The program; undefined when there is none. */
  readonly path: string | undefined;
  /** Directory of the virtual environment it belongs to, where that is known. */
  readonly environment: string | undefined;
}

/** Files that say what a Python application depends on, the first that is there. */
const manifests = ['pyproject.toml', 'requirements.txt', 'uv.lock', 'poetry.lock', 'Pipfile', 'setup.py', 'setup.cfg'];

export function pythonManifest(app: AppDirectory): string | undefined {
  return manifests.map((name) => path.join(app.directory, name)).find((file) => app.files.isFile(file));
}

/** True when one of the files that name dependencies has one of `modules`. */
export function dependsOnModule(app: AppDirectory, modules: readonly string[]): boolean {
  const pattern = new RegExp(`(?<![\\w-])(?:${modules.join('|')})(?![\\w-])`, 'i');
  return manifests.some((name) => pattern.test(app.files.readText(path.join(app.directory, name)) ?? ''));
}

/**
 * A virtual environment beside the application or in the root of the project; else what a tool that keeps
 * environments elsewhere runs, where its lock file asks for it; else a Python on PATH.
 */
export function findPython(app: Pick<AppDirectory, 'directory' | 'projectRoot' | 'files' | 'searchPath'>): Python {
  for (const directory of new Set([app.directory, app.projectRoot])) {
    const others = app.files.list(directory).filter((name) => name.startsWith('.venv') && name !== '.venv');
    for (const name of ['.venv', 'venv', ...others]) {
      const program = path.join(directory, name, 'bin/python');
      if (app.files.isExecutable(program)) return { words: [program], path: program, environment: path.join(directory, name) };
    }
  }
  const find = (word: string) => findProgram(word, { cwd: app.directory, path: app.searchPath });
  for (const [lock, tool] of [['poetry.lock', 'poetry'], ['Pipfile.lock', 'pipenv']] as const) {
    const search = app.files.isFile(path.join(app.directory, lock)) ? find(tool) : { found: false as const };
    if (search.found) return { words: [tool, 'run', 'python'], path: search.path, environment: undefined };
  }
  for (const word of ['python3', 'python'] as const) {
    const search = find(word);
    if (search.found) return { words: [word], path: search.path, environment: undefined };
  }
  return { words: ['python3'], path: undefined, environment: undefined };
}

/** What keeps `python -m <module>` from working, as far as files tell. */
export function pythonProblems(app: AppDirectory, python: Python, module: string): readonly DetectionProblem[] {
  if (python.path === undefined) return [missingProgram(app, 'python3')];
  const isUv = app.files.isFile(path.join(app.directory, 'uv.lock'));
  // Whether a Python on PATH has the module can only be known by running it; the log tells.
  if (python.environment === undefined && !isUv) return [];
  if (python.environment !== undefined && hasModule(app, python.environment, module)) return [];
  return [
    {
      service: app.service,
      code: 'ENVCTL_E_PREREQUISITE_MISSING',
      reasonCode: 'python_module_missing',
      message: `The Python module ${module} is not installed in ${python.environment ?? path.join(app.directory, '.venv')}.`,
      hints: [`cd ${quoteForShell(app.directory)} && ${installCommand(app, python, module)}`],
    },
  ];
}

/** The evidence that every Python rule has. */
export function pythonEvidence(python: Python, manifest: string | undefined): readonly { readonly path: string; readonly text: string }[] {
  return [...(manifest === undefined ? [] : [{ path: manifest, text: 'Python project' }]), ...(python.path === undefined ? [] : [{ path: python.path, text: 'Python' }])];
}

function hasModule(app: AppDirectory, environment: string, module: string): boolean {
  const config = app.files.readText(path.join(environment, 'pyvenv.cfg')) ?? '';
  if (/^include-system-site-packages\s*=\s*true/m.test(config)) return true;
  const libraries = ['lib', 'lib64'].flatMap((name) => app.files.list(path.join(environment, name)).map((version) => path.join(environment, name, version, 'site-packages')));
  return libraries.some((directory) => app.files.isDirectory(path.join(directory, module)) || app.files.isFile(path.join(directory, `${module}.py`)));
}

function installCommand(app: AppDirectory, python: Python, module: string): string {
  const has = (name: string): boolean => app.files.isFile(path.join(app.directory, name));
  if (has('uv.lock')) return 'uv sync';
  if (has('poetry.lock')) return 'poetry install';
  if (has('Pipfile.lock')) return 'pipenv sync';
  return `${python.words.map(quoteForShell).join(' ')} -m pip install ${has('requirements.txt') ? '-r requirements.txt' : module}`;
}
