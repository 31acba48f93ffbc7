import path from 'node:path';
import { quoteForShell } from '../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from './detection-rules.js';
import { detectPackageManager, directoriesUpTo, runScriptCommand, type PackageManager } from './package-manager.js';
import type { DetectionProblem } from './service-command.js';

/** Rules for applications with a package.json, in the order in which they are tried. */
export const nodeRules: readonly DetectionRule[] = [
  { id: 'vite-script', services: ['frontend'], match: (app) => matchScript(app, 'vite-script') },
  { id: 'package-script', services: ['backend', 'frontend'], match: (app) => matchScript(app, 'package-script') },
];

interface PackageFacts {
  readonly file: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly hasDependencies: boolean;
  readonly isWorkspaceRoot: boolean;
}

function matchScript(app: AppDirectory, rule: string): RuleMatch | undefined {
  const facts = readPackage(app);
  if (facts === undefined) return undefined;
  const script = ['dev', 'start'].find((name) => facts.scripts[name] !== undefined);
  if (script === undefined) return undefined;
  const text = facts.scripts[script]!;
  const runsVite = endsInVite(text);
  if (runsVite !== (rule === 'vite-script')) return undefined;
  // In the root, a script that starts other packages would start the same application twice.
  if (app.isRoot && (facts.isWorkspaceRoot || startsOthers(text))) return undefined;

  const manager = detectPackageManager(app);
  const args = runsVite ? ['--port', '{port}', '--strictPort', '--host', '127.0.0.1'] : [];
  return {
    command: {
      type: app.service,
      command: runScriptCommand(manager, script, args),
      cwd: app.directory,
      portMode: runsVite ? 'flag' : 'env',
      env: {},
      source: 'autodetected',
      rule,
    },
    evidence: [
      { path: facts.file, text: `scripts.${script}: ${text}` },
      ...(manager.lockFile === undefined ? [] : [{ path: manager.lockFile, text: `package manager: ${manager.name}` }]),
    ],
    problems: installationProblems(app, facts, manager, runsVite),
    notes: manager.instead === undefined ? [] : [`${facts.file}: the lock file is for ${manager.instead}, which is not on PATH; npm is used instead.`],
  };
}

/** True when the last command of a script is the Vite development server: arguments appended to the script reach it. */
function endsInVite(script: string): boolean {
  const last = script.split(/&&|\|\||[;|&]/).at(-1)!.trim();
  return /^(?:(?:cross-env|npx|bunx|node|exec|[A-Za-z_]\w*=\S*)\s+)*(?:\S*\/)?vite(?:\.js)?(?:\s+(?:dev|serve|-\S.*|\.\S*))*\s*$/.test(last);
}

function startsOthers(script: string): boolean {
  return /\b(?:concurrently|turbo|nx|lerna|npm-run-all|run-p|run-s)\b|--workspaces?\b|--prefix\b|\bcd\s/.test(script);
}

function readPackage(app: AppDirectory): PackageFacts | undefined {
  const file = path.join(app.directory, 'package.json');
  const text = app.files.readText(file);
  if (text === undefined) return undefined;
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const scripts = Object.entries(toObject(value['scripts'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    file,
    scripts: Object.fromEntries(scripts),
    hasDependencies: ['dependencies', 'devDependencies'].some((key) => Object.keys(toObject(value[key])).length > 0),
    isWorkspaceRoot: value['workspaces'] !== undefined || app.files.isFile(path.join(app.directory, 'pnpm-workspace.yaml')),
  };
}

function installationProblems(app: AppDirectory, facts: PackageFacts, manager: PackageManager, runsVite: boolean): readonly DetectionProblem[] {
  if (!facts.hasDependencies) return [];
  const directories = directoriesUpTo(app.directory, app.projectRoot);
  if (directories.some((directory) => app.files.isFile(path.join(directory, '.pnp.cjs')))) return [];
  const missing = !directories.some((directory) => app.files.isDirectory(path.join(directory, 'node_modules')))
    ? 'node_modules_missing'
    : runsVite && !directories.some((directory) => app.files.isExecutable(path.join(directory, 'node_modules/.bin/vite')))
      ? 'vite_binary_missing'
      : undefined;
  if (missing === undefined) return [];
  const where = manager.lockFile === undefined ? app.directory : path.dirname(manager.lockFile);
  return [
    {
      service: app.service,
      code: 'ENVCTL_E_PREREQUISITE_MISSING',
      reasonCode: missing,
      message: `The packages of the ${app.service} are not installed: ${missing === 'vite_binary_missing' ? 'node_modules/.bin/vite' : 'node_modules'} is missing for ${facts.file}.`,
      hints: [`cd ${quoteForShell(where)} && ${manager.install}`],
    },
  ];
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
