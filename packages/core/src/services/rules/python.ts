import path from 'node:path';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { dependsOnModule, findPython, pythonEvidence, pythonManifest, pythonProblems } from './python-environment.js';

/** Rules for Python applications, in the order in which they are tried. */
export const pythonRules: readonly DetectionRule[] = [
  {
    id: 'django',
    services: ['backend'],
    inRoot: 'backend',
    about: {
      name: 'Django',
      evidence: '`manage.py` sets `DJANGO_SETTINGS_MODULE`, in the directory or the only one below it that has one',
      command: '`<python> manage.py runserver 127.0.0.1:{port}`',
      port: 'argument of `runserver`',
    },
    match: matchDjango,
  },
  {
    id: 'asgi-module',
    services: ['backend'],
    inRoot: 'backend',
    about: {
      name: 'FastAPI, Starlette, Litestar, Quart',
      evidence: 'a variable or a factory in `app/main.py`, `main.py`, `src/main.py`, `app.py`, `api.py`, `server.py`, `asgi.py`, `run.py` or the `main.py`, `app.py`, `asgi.py` or `__init__.py` of the only package',
      command: '`<python> -m uvicorn <module>:<app> --host 127.0.0.1 --port {port}`, with `--factory` for a factory',
      port: 'option `--port`',
    },
    match: matchAsgi,
  },
  {
    id: 'flask',
    services: ['backend'],
    inRoot: 'backend',
    about: {
      name: 'Flask',
      evidence: 'a variable or a factory in `app.py`, `wsgi.py`, `main.py`, `run.py`, `server.py` or a package, or `FLASK_APP` in `.flaskenv`',
      command: '`<python> -m flask --app <module> run --host 127.0.0.1 --port {port}`',
      port: 'option `--port`',
    },
    match: matchFlask,
  },
];

/** Into a file Python writes by the block, and the last words of a crash would be missing. */
const env = { PYTHONUNBUFFERED: '1' };

/** Directories with a `manage.py`: the application's own, else those below it. */
function findManage(app: AppDirectory): readonly string[] {
  const isManage = (directory: string): boolean => (app.files.readText(path.join(directory, 'manage.py')) ?? '').includes('DJANGO_SETTINGS_MODULE');
  return isManage(app.directory) ? [app.directory] : subdirectories(app, app.directory).filter(isManage);
}

/** Which of several Django projects is the backend, nobody can tell. */
export function severalDjangos(app: AppDirectory): { readonly command: undefined; readonly problems: readonly []; readonly notes: readonly string[] } | undefined {
  const found = app.service === 'backend' ? findManage(app).map((directory) => path.relative(app.projectRoot, directory)) : [];
  return found.length < 2 ? undefined : { command: undefined, problems: [], notes: [`Several directories have a manage.py: ${found.join(', ')}. Say which is the backend: envctl config --set BACKEND_DIR=${found[0]!}`] };
}

function matchDjango(app: AppDirectory): RuleMatch | undefined {
  const found = findManage(app);
  const cwd = found[0];
  if (cwd === undefined || found.length > 1) return undefined;
  const python = findPython(app);
  return {
    command: { type: 'backend', command: [...python.words, 'manage.py', 'runserver', '127.0.0.1:{port}'], cwd, portMode: 'flag', env, source: 'autodetected', rule: 'django', serverCode: true },
    evidence: [{ path: path.join(cwd, 'manage.py'), text: 'sets DJANGO_SETTINGS_MODULE' }, ...pythonEvidence(python, pythonManifest(app))],
    problems: pythonProblems(app, python, 'django'),
  };
}

interface PythonModule {
  /** Relative to the application. */
  readonly file: string;
  readonly module: string;
  /** Directory that has to be on the path of Python, when it is not the application's. */
  readonly within?: string;
}

const asgiServers = ['FastAPI', 'Starlette', 'Litestar', 'Quart'];

function matchAsgi(app: AppDirectory): RuleMatch | undefined {
  const manifest = pythonManifest(app);
  const isDeclared = dependsOnModule(app, ['fastapi', 'starlette', 'litestar', 'quart', 'uvicorn']);
  const named: readonly PythonModule[] = [
    { file: 'app/main.py', module: 'app.main' },
    { file: 'main.py', module: 'main' },
    { file: 'src/main.py', module: 'main', within: 'src' },
    ...['app', 'api', 'server', 'asgi', 'run'].map((name) => ({ file: `${name}.py`, module: name })),
  ];
  const found = findApplication(app, named, ['main.py', 'app.py', 'asgi.py', '__init__.py'], (text, candidate) => {
    const variable = variableOf(text, asgiServers) ?? importedFactory(app, text, asgiServers);
    if (variable !== undefined) return { name: variable, isFactory: false };
    const factory = factoryOf(text, asgiServers);
    if (factory !== undefined) return { name: factory, isFactory: true };
    // Imported from elsewhere, in a file that is run by convention.
    return isDeclared && named.slice(0, 3).includes(candidate) && /\bapp\b/.test(text) ? { name: 'app', isFactory: false } : undefined;
  });
  if (found === undefined) return undefined;
  const { candidate, text, file, name, isFactory } = found;
  // A module that imports its own package by name must be loaded as part of it.
  const asPackage = candidate.file === 'src/main.py' && /^\s*from\s+(?:src\b|\.)/m.test(text);
  const reference = `${asPackage ? 'src.main' : candidate.module}:${name}`;
  const python = findPython(app);
  const options = [...(isFactory ? ['--factory'] : []), ...(asPackage || candidate.within === undefined ? [] : ['--app-dir', candidate.within])];
  return {
    command: {
      type: 'backend',
      command: [...python.words, '-m', 'uvicorn', reference, '--host', '127.0.0.1', '--port', '{port}', ...options],
      cwd: app.directory,
      portMode: 'flag',
      env,
      source: 'autodetected',
      rule: 'asgi-module',
      serverCode: true,
    },
    evidence: [{ path: file, text: `application ${reference}` }, ...pythonEvidence(python, manifest)],
    problems: pythonProblems(app, python, 'uvicorn'),
  };
}

function matchFlask(app: AppDirectory): RuleMatch | undefined {
  const found = flaskEnvironment(app) ?? findFlask(app);
  if (found === undefined) return undefined;
  const python = findPython(app);
  return {
    command: {
      type: 'backend',
      command: [...python.words, '-m', 'flask', ...found.options, 'run', '--host', '127.0.0.1', '--port', '{port}'],
      cwd: app.directory,
      portMode: 'flag',
      env: { ...env, ...found.env },
      source: 'autodetected',
      rule: 'flask',
      serverCode: true,
    },
    evidence: [{ path: found.file, text: found.text }, ...pythonEvidence(python, pythonManifest(app))],
    problems: pythonProblems(app, python, 'flask'),
  };
}

interface FlaskApplication {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly file: string;
  readonly text: string;
}

/** Flask reads the file itself only where python-dotenv is installed. */
function flaskEnvironment(app: AppDirectory): FlaskApplication | undefined {
  const file = path.join(app.directory, '.flaskenv');
  const value = /^\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^\s"'#]+)/m.exec(app.files.readText(file) ?? '')?.[1];
  return value === undefined ? undefined : { options: ['--app', value], env: {}, file, text: `FLASK_APP=${value}` };
}

function findFlask(app: AppDirectory): FlaskApplication | undefined {
  const named: readonly PythonModule[] = ['app', 'wsgi', 'main', 'run', 'server', 'application'].map((name) => ({ file: `${name}.py`, module: name }));
  const found = findApplication(app, named, ['__init__.py', 'app.py', 'main.py', 'wsgi.py'], (text) => {
    const name = variableOf(text, ['Flask']) ?? factoryOf(text, ['Flask']) ?? importedFactory(app, text, ['Flask']);
    return name === undefined ? undefined : { name };
  });
  if (found === undefined) return undefined;
  const { candidate, file, name } = found;
  const reference = `${candidate.module}:${name}`;
  return { options: ['--app', reference], env: candidate.within === undefined ? {} : { PYTHONPATH: path.join(app.directory, candidate.within) }, file, text: `application ${reference}` };
}

/** The first of the named modules that `nameOf` finds an application in, else that of the only package that has one. */
function findApplication<T extends { readonly name: string }>(
  app: AppDirectory,
  named: readonly PythonModule[],
  inPackages: readonly string[],
  nameOf: (text: string, candidate: PythonModule) => T | undefined,
): (T & { readonly candidate: PythonModule; readonly file: string; readonly text: string }) | undefined {
  const examine = (candidate: PythonModule) => {
    const file = path.join(app.directory, candidate.file);
    const text = app.files.readText(file);
    const found = text === undefined ? undefined : nameOf(text, candidate);
    return found === undefined ? [] : [{ ...found, candidate, file, text: text! }];
  };
  for (const candidate of named) {
    const [found] = examine(candidate);
    if (found !== undefined) return found;
  }
  const others = packageModules(app, inPackages).flatMap(examine);
  return new Set(others.map(({ file }) => path.dirname(file))).size === 1 ? others[0] : undefined;
}

/** `app = create_app()` at the start of a line, with the factory from a module of the project that makes one of `classes`. */
function importedFactory(app: AppDirectory, text: string, classes: readonly string[]): string | undefined {
  const module = /^from\s+([\w.]+)\s+import\s+[^\n]*\bcreate_app\b/m.exec(text)?.[1];
  const variable = /^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*create_app\s*\(/m.exec(text)?.[1];
  if (module === undefined || variable === undefined) return undefined;
  const place = module.replace(/^\.+/, '').replaceAll('.', '/');
  const sources = ['', 'src'].flatMap((within) => [`${place}.py`, `${place}/__init__.py`].flatMap((file) => app.files.readText(path.join(app.directory, within, file)) ?? []));
  const makes = (names: readonly string[]): boolean => sources.some((source) => new RegExp(`\\b(?:${names.join('|')})\\s*\\(`).test(source));
  if (makes(classes)) return variable;
  // A package that only hands it on: what the project depends on decides.
  return makes(['Flask', ...asgiServers]) || dependsOnModule(app, asgiServers) === classes.includes('Flask') ? undefined : variable;
}

/** Modules of the packages in the directory and below `src`. */
function packageModules(app: AppDirectory, names: readonly string[]): readonly PythonModule[] {
  return ['', 'src'].flatMap((within) => {
    const base = path.join(app.directory, within);
    const packages = subdirectories(app, base).filter((directory) => app.files.isFile(path.join(directory, '__init__.py')) && !/^tests?$/.test(path.basename(directory)));
    return packages.flatMap((directory) => {
      const name = path.basename(directory);
      return names
        .filter((file) => app.files.isFile(path.join(directory, file)))
        .map((file) => ({ file: path.relative(app.directory, path.join(directory, file)), module: file === '__init__.py' ? name : `${name}.${file.slice(0, -3)}`, ...(within === '' ? {} : { within }) }));
    });
  });
}

/** Directories in a directory that may hold code of the project. */
function subdirectories(app: AppDirectory, directory: string): readonly string[] {
  return app.files
    .list(directory)
    .filter((name) => /^[A-Za-z_][\w-]*$/.test(name) && !['node_modules', 'venv', 'env', 'dist', 'build'].includes(name))
    .map((name) => path.join(directory, name))
    .filter((name) => app.files.isDirectory(name));
}

/** The variable of a module that holds the application: `app = FastAPI(…)`. */
function variableOf(text: string, classes: readonly string[]): string | undefined {
  return new RegExp(`^([A-Za-z_]\\w*)\\s*(?::[^=\\n]+)?=\\s*(?:\\w+\\.)?(?:${classes.join('|')})\\s*\\(`, 'm').exec(text)?.[1];
}

/** A function of a module that makes the application and can be called without arguments. */
function factoryOf(text: string, classes: readonly string[]): string | undefined {
  const makes = new RegExp(`(?:=|\\breturn\\b)\\s*(?:\\w+\\.)?(?:${classes.join('|')})\\s*\\(`).test(text);
  const name = /^def\s+(create_app|make_app|create_application|get_app|get_application|build_app)\s*\(((?:[^()]|\([^()]*\))*)\)/m.exec(text);
  if (!makes || name === null) return undefined;
  const needed = name[2]!.split(',').map((parameter) => parameter.trim()).filter((parameter) => parameter !== '' && !parameter.includes('=') && !parameter.startsWith('*'));
  return needed.length === 0 ? name[1] : undefined;
}
