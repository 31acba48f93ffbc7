import path from 'node:path';
import { findProgram } from '../processes/read-only.js';
import type { AppDirectory } from './detection-rules.js';

export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** The file that decided: a lock file, or a package.json with `packageManager`; undefined when npm was taken for want of one. */
  readonly decidedBy: string | undefined;
  /** The lock file of this manager, where there is one. */
  readonly lockFile: string | undefined;
  /** The command that installs exactly what is locked. */
  readonly install: string;
  /** Set when the project asks for a manager that is not installed. */
  readonly instead?: { readonly name: string; readonly askedBy: 'the lock file' | 'packageManager' };
}

const managers = [
  { name: 'bun', locks: ['bun.lockb', 'bun.lock'], install: 'bun install', frozen: 'bun install --frozen-lockfile' },
  { name: 'pnpm', locks: ['pnpm-lock.yaml'], install: 'pnpm install', frozen: 'pnpm install --frozen-lockfile' },
  { name: 'yarn', locks: ['yarn.lock'], install: 'yarn install', frozen: 'yarn install --frozen-lockfile' },
  { name: 'npm', locks: ['package-lock.json', 'npm-shrinkwrap.json'], install: 'npm install', frozen: 'npm ci' },
] as const;

/**
 * The manager that the nearest directory speaks of, from the application up to the root of the project: by
 * `packageManager` in its package.json, else by its lock file.
 */
export function detectPackageManager(app: Pick<AppDirectory, 'directory' | 'projectRoot' | 'searchPath' | 'files'>): PackageManager {
  for (const directory of directoriesUpTo(app.directory, app.projectRoot)) {
    const locks = managers.flatMap((manager) => {
      const file = manager.locks.map((name) => path.join(directory, name)).find((name) => app.files.isFile(name));
      return file === undefined ? [] : [{ manager, file }];
    });
    const manifest = path.join(directory, 'package.json');
    const declared = managers.find(({ name }) => name === declaredManager(app.files.readText(manifest)));
    const manager = declared ?? locks[0]?.manager;
    if (manager === undefined) continue;
    const lockFile = locks.find((lock) => lock.manager === manager)?.file;
    if (manager.name === 'npm' || findProgram(manager.name, { cwd: app.directory, path: app.searchPath }).found) {
      return { name: manager.name, decidedBy: declared === undefined ? lockFile : manifest, lockFile, install: lockFile === undefined ? manager.install : manager.frozen };
    }
    return { name: 'npm', decidedBy: undefined, lockFile: undefined, install: 'npm install', instead: { name: manager.name, askedBy: declared === undefined ? 'the lock file' : 'packageManager' } };
  }
  return { name: 'npm', decidedBy: undefined, lockFile: undefined, install: 'npm install' };
}

/** `<manager> run <script>`, with arguments for the script itself. */
export function runScriptCommand(manager: PackageManager, script: string, args: readonly string[]): [string, ...string[]] {
  // Only npm needs the separator; pnpm hands it on to the script, where it would end the options.
  const separator = manager.name === 'npm' && args.length > 0 ? ['--'] : [];
  return [manager.name, 'run', script, ...separator, ...args];
}

/** Words before a program that the packages of the application brought. */
export function packageRunner({ name }: PackageManager): readonly string[] {
  return { npm: ['npx'], pnpm: ['pnpm', 'exec'], yarn: ['yarn'], bun: ['bunx'] }[name];
}

/** `directory` and its parents, nearest first, as far as `root`. */
export function directoriesUpTo(directory: string, root: string): readonly string[] {
  const result = [directory];
  for (let current = directory; current !== root && path.dirname(current) !== current; ) {
    current = path.dirname(current);
    result.push(current);
  }
  return result.at(-1) === root ? result : [directory];
}

/** The name in `"packageManager": "pnpm@9.1.0"`. */
function declaredManager(manifest: string | undefined): string | undefined {
  return /"packageManager"\s*:\s*"([a-z]+)@/.exec(manifest ?? '')?.[1];
}
