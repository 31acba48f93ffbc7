import path from 'node:path';
import { findProgram, quoteForShell } from '../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from './detection-rules.js';
import type { DetectionProblem } from './service-command.js';

/** Rules for Python applications. */
export const pythonRules: readonly DetectionRule[] = [{ id: 'asgi-module', services: ['backend'], match: matchAsgi }];

const manifests = ['pyproject.toml', 'requirements.txt', 'uv.lock', 'poetry.lock', 'Pipfile'];
const modules = [
  { file: 'app/main.py', module: 'app.main', args: [] },
  { file: 'main.py', module: 'main', args: [] },
  { file: 'src/main.py', module: 'main', args: ['--app-dir', 'src'] },
] as const;

function matchAsgi(app: AppDirectory): RuleMatch | undefined {
  const manifest = manifests.map((name) => path.join(app.directory, name)).find((file) => app.files.isFile(file));
  for (const candidate of modules) {
    const file = path.join(app.directory, candidate.file);
    const text = app.files.readText(file);
    if (text === undefined) continue;
    const variable = applicationVariable(text);
    if (variable === undefined && !(declaresAsgi(app, manifest) && /\bapp\b/.test(text))) continue;
    // A module that imports its own package by name must be loaded as part of it.
    const asPackage = candidate.file === 'src/main.py' && /^\s*from\s+(?:src\b|\.)/m.test(text);
    const reference = `${asPackage ? 'src.main' : candidate.module}:${variable ?? 'app'}`;
    const python = findPython(app);
    return {
      command: {
        type: 'backend',
        command: [python.word, '-m', 'uvicorn', reference, '--host', '127.0.0.1', '--port', '{port}', ...(asPackage ? [] : candidate.args)],
        cwd: app.directory,
        portMode: 'flag',
        // Into a file Python writes by the block, and the last words of a crash would be missing.
        env: { PYTHONUNBUFFERED: '1' },
        source: 'autodetected',
        rule: 'asgi-module',
      },
      evidence: [
        { path: file, text: `application ${reference}` },
        ...(manifest === undefined ? [] : [{ path: manifest, text: 'Python project' }]),
        ...(python.path === undefined ? [] : [{ path: python.path, text: 'Python' }]),
      ],
      problems: pythonProblems(app, python, manifest),
    };
  }
  return undefined;
}

/** The variable that holds the application: `app = FastAPI(…)`. */
function applicationVariable(text: string): string | undefined {
  return /^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:FastAPI|Starlette|Litestar|Quart)\s*\(/m.exec(text)?.[1];
}

function declaresAsgi(app: AppDirectory, manifest: string | undefined): boolean {
  return manifest !== undefined && /\b(?:fastapi|starlette|litestar|quart|uvicorn)\b/i.test(app.files.readText(manifest) ?? '');
}

interface Python {
  /** First word of the command. */
  readonly word: string;
  readonly path: string | undefined;
  /** Directory of the virtual environment it belongs to. */
  readonly environment: string | undefined;
}

/** A virtual environment beside the application or in the root of the project, else a Python on PATH. */
function findPython(app: AppDirectory): Python {
  for (const directory of new Set([app.directory, app.projectRoot])) {
    const others = app.files.list(directory).filter((name) => name.startsWith('.venv') && name !== '.venv');
    for (const name of ['.venv', 'venv', ...others]) {
      const program = path.join(directory, name, 'bin/python');
      if (app.files.isExecutable(program)) return { word: program, path: program, environment: path.join(directory, name) };
    }
  }
  for (const word of ['python3', 'python']) {
    const search = findProgram(word, { cwd: app.directory, path: app.searchPath });
    if (search.found) return { word, path: search.path, environment: undefined };
  }
  return { word: 'python3', path: undefined, environment: undefined };
}

function pythonProblems(app: AppDirectory, python: Python, manifest: string | undefined): readonly DetectionProblem[] {
  const problem = (code: DetectionProblem['code'], reasonCode: string, message: string, hints: readonly string[]): readonly DetectionProblem[] => [
    { service: 'backend', code, reasonCode, message, hints },
  ];
  const install = `cd ${quoteForShell(app.directory)} && ${installCommand(app, python, manifest)}`;
  if (python.path === undefined) {
    return problem('ENVCTL_E_SERVICE_COMMAND_NOT_FOUND', 'missing_command_executable', `The backend in ${app.directory} needs Python, and there is no python3 on PATH.`, [
      'apt-get install python3 python3-venv',
    ]);
  }
  if (python.environment === undefined) {
    // Whether a Python on PATH has the module can only be known by running it; the log tells.
    return [];
  }
  return hasModule(app, python.environment, 'uvicorn')
    ? []
    : problem('ENVCTL_E_PREREQUISITE_MISSING', 'python_module_missing', `The Python module uvicorn is not installed in ${python.environment}.`, [install]);
}

function hasModule(app: AppDirectory, environment: string, module: string): boolean {
  const config = app.files.readText(path.join(environment, 'pyvenv.cfg')) ?? '';
  if (/^include-system-site-packages\s*=\s*true/m.test(config)) return true;
  const libraries = ['lib', 'lib64'].flatMap((name) => app.files.list(path.join(environment, name)).map((version) => path.join(environment, name, version, 'site-packages')));
  return libraries.some((directory) => app.files.isDirectory(path.join(directory, module)) || app.files.isFile(path.join(directory, `${module}.py`)));
}

function installCommand(app: AppDirectory, python: Python, manifest: string | undefined): string {
  if (app.files.isFile(path.join(app.directory, 'uv.lock'))) return 'uv sync';
  if (app.files.isFile(path.join(app.directory, 'poetry.lock'))) return 'poetry install';
  const source = manifest?.endsWith('requirements.txt') === true ? '-r requirements.txt' : 'uvicorn';
  return `${quoteForShell(python.word)} -m pip install ${source}`;
}
