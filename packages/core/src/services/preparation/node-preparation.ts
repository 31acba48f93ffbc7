import path from 'node:path';
import { findProgram, quoteForShell } from '../../processes/read-only.js';
import { directoriesUpTo } from '../package-manager.js';
import type { PreparationArtifact, PreparationManager, PreparationMatch, PreparedApp } from './preparation.js';
import { readJsonObject, toObject } from './read-json-object.js';
import { scriptBinary } from './script-binary.js';
import { isWorkspaceMember } from './workspace-members.js';

type NodeManager = Extract<PreparationManager, 'npm' | 'pnpm' | 'yarn' | 'bun'>;

const lockFiles: readonly (readonly [name: string, manager: NodeManager])[] = [
  ['bun.lockb', 'bun'],
  ['bun.lock', 'bun'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/** What an application with a package.json needs: installed packages, exactly as locked; without a lock file none is written. */
export function matchNode(app: PreparedApp): PreparationMatch | undefined {
  const { files, directory } = app;
  const own = readJsonObject(files, path.join(directory, 'package.json'));
  if (own === undefined) return undefined;
  const root = workspaceRoot(app);
  const lock = lockIn(app, root);
  const declared = declaredPackages(own);
  if (declared.size === 0 && root === directory) return undefined;
  const manager = lock?.manager ?? inheritedManager(app, root);
  const modules = path.join(root, 'node_modules');
  if (files.isLink(modules) && files.isDirectory(modules)) return { notes: [`${modules} is a link: the packages of the ${app.service} are left as they are.`] };

  const flavour: Flavour = manager === 'yarn' && isBerry(app, root, lock?.file) ? 'yarn-berry' : manager;
  const program = findProgram(manager, { cwd: directory, path: app.searchPath });
  const usesPlugAndPlay = flavour === 'yarn-berry' && !/^nodeLinker:\s*["']?(?:node-modules|pnpm)/m.test(files.readText(path.join(root, '.yarnrc.yml')) ?? '');
  const artifacts: PreparationArtifact[] = [
    { path: usesPlugAndPlay ? path.join(root, '.pnp.cjs') : modules, missing: 'node_modules_missing' },
    ...(usesPlugAndPlay ? [] : binaryArtifacts(app, root, own, declared)),
  ];
  const packages = usesPlugAndPlay ? [path.join(root, '.yarn/cache')] : [...new Set([root, directory])].map((place) => path.join(place, 'node_modules'));
  if (!program.found) return isThere(app, artifacts) ? { notes: [`The packages of the ${app.service} are for ${manager}, which is not on PATH: they are left as they are.`] } : { problems: [absentManager(app, manager, lock?.file)] };
  if (flavour === 'yarn-berry' && lock === undefined) return isThere(app, artifacts) ? undefined : { problems: [absentLock(app, root)] };
  const node = findProgram('node', { cwd: directory, path: app.searchPath });
  return {
    preparation: {
      manager,
      directory: root,
      cwd: root,
      commands: [[manager, ...installArguments(flavour, lock !== undefined)]],
      // Who asks a question of a process without a terminal waits for ever.
      env: { CI: 'true', NODE_ENV: 'development' },
      inputs: [
        path.join(directory, 'package.json'),
        ...(root === directory ? [] : [path.join(root, 'package.json')]),
        ...(lock === undefined ? [] : [lock.file]),
        ...['.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml', 'bunfig.toml'].map((name) => path.join(root, name)).filter((file) => files.isFile(file)),
      ],
      // Packages are built for the Node that installs them; the manager itself may change without consequence for what is there.
      tools: node.found ? [node.path] : [],
      artifacts,
      modules: packages,
    },
  };
}

type Flavour = NodeManager | 'yarn-berry';

function installArguments(flavour: Flavour, isLocked: boolean): readonly string[] {
  switch (flavour) {
    case 'npm':
      return [isLocked ? 'ci' : 'install', '--include=dev', ...(isLocked ? [] : ['--no-package-lock', '--no-save']), '--prefer-offline', '--no-audit', '--no-fund'];
    case 'pnpm':
      return ['install', isLocked ? '--frozen-lockfile' : '--no-lockfile', '--prod=false', '--prefer-offline'];
    case 'yarn':
      return ['install', isLocked ? '--frozen-lockfile' : '--no-lockfile', '--production=false', '--check-files', '--non-interactive', '--prefer-offline'];
    case 'yarn-berry':
      return ['install', '--immutable'];
    case 'bun':
      return ['install', isLocked ? '--frozen-lockfile' : '--no-save'];
  }
}

/** The directory whose lock file decides: the workspace that the application is a member of, else its own. */
function workspaceRoot({ files, directory, projectRoot }: PreparedApp): string {
  return directoriesUpTo(directory, projectRoot).slice(1).find((parent) => isWorkspaceMember(files, parent, directory)) ?? directory;
}

function lockIn({ files }: PreparedApp, directory: string): { readonly file: string; readonly manager: NodeManager } | undefined {
  const found = lockFiles.find(([name]) => files.isFile(path.join(directory, name)));
  return found === undefined ? undefined : { file: path.join(directory, found[0]), manager: found[1] };
}

/** Without a lock file of its own: what package.json names, else what the lock file above is for, else npm. */
function inheritedManager(app: PreparedApp, root: string): NodeManager {
  const named = directoriesUpTo(app.directory, app.projectRoot)
    .map((directory) => readJsonObject(app.files, path.join(directory, 'package.json'))?.['packageManager'])
    .find((value): value is string => typeof value === 'string');
  const name = named?.split('@')[0];
  if (name === 'npm' || name === 'pnpm' || name === 'yarn' || name === 'bun') return name;
  return directoriesUpTo(root, app.projectRoot).map((directory) => lockIn(app, directory)).find((lock) => lock !== undefined)?.manager ?? 'npm';
}

function isBerry({ files }: PreparedApp, root: string, lockFile: string | undefined): boolean {
  if (files.isFile(path.join(root, '.yarnrc.yml'))) return true;
  return lockFile !== undefined && /^__metadata:/m.test(files.readText(lockFile) ?? '');
}

function declaredPackages(own: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set(['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((key) => Object.keys(toObject(own[key]) ?? {})));
}

/** The program that the start script runs, where one of the declared packages brings it. */
function binaryArtifacts(app: PreparedApp, root: string, own: Readonly<Record<string, unknown>>, declared: ReadonlySet<string>): readonly PreparationArtifact[] {
  const binary = scriptBinary(app.command, toObject(own['scripts']) ?? {});
  if (binary === undefined || !binary.packages.some((name) => declared.has(name))) return [];
  const places = [...new Set([app.directory, root])].map((directory) => path.join(directory, 'node_modules/.bin', binary.name));
  return [{ path: places.find((place) => app.files.isFile(place)) ?? places.at(-1)!, missing: `${binary.name.replaceAll('-', '_')}_binary_missing` }];
}

function isThere(app: PreparedApp, artifacts: readonly PreparationArtifact[]): boolean {
  return artifacts.every((artifact) => app.files.isFile(artifact.path) || app.files.isDirectory(artifact.path));
}

function absentManager(app: PreparedApp, manager: NodeManager, lockFile: string | undefined) {
  const why = lockFile === undefined ? `are for ${manager}` : `are locked by ${lockFile}`;
  return {
    service: app.service,
    code: 'ENVCTL_E_PREREQUISITE_MISSING' as const,
    reasonCode: 'package_manager_missing',
    message: `The packages of the ${app.service} ${why} and are not installed, and ${manager} is not on PATH.`,
    hints: [manager === 'npm' ? 'apt-get install npm' : `npm install --global ${manager}`],
  };
}

function absentLock(app: PreparedApp, root: string) {
  return {
    service: app.service,
    code: 'ENVCTL_E_PREREQUISITE_MISSING' as const,
    reasonCode: 'lock_file_missing',
    message: `The packages of the ${app.service} are not installed, and this yarn installs nothing without a lock file: there is no yarn.lock in ${root}.`,
    hints: [`cd ${quoteForShell(root)} && yarn install`],
  };
}
