import path from 'node:path';
import { findProgram } from '../processes/read-only.js';
import type { AppDirectory } from './detection-rules.js';

export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** The lock file that decided; undefined when npm was taken for want of one. */
  readonly lockFile: string | undefined;
  /** The command that installs exactly what is locked. */
  readonly install: string;
  /** Set when the lock file asks for a manager that is not installed. */
  readonly instead?: string;
}

const managers = [
  { name: 'bun', locks: ['bun.lockb', 'bun.lock'], install: 'bun install --frozen-lockfile' },
  { name: 'pnpm', locks: ['pnpm-lock.yaml'], install: 'pnpm install --frozen-lockfile' },
  { name: 'yarn', locks: ['yarn.lock'], install: 'yarn install --frozen-lockfile' },
  { name: 'npm', locks: ['package-lock.json', 'npm-shrinkwrap.json'], install: 'npm ci' },
] as const;

/** The manager whose lock file stands nearest, from the application up to the root of the project. */
export function detectPackageManager(app: AppDirectory): PackageManager {
  for (const directory of directoriesUpTo(app.directory, app.projectRoot)) {
    for (const manager of managers) {
      const lock = manager.locks.map((name) => path.join(directory, name)).find((file) => app.files.isFile(file));
      if (lock === undefined) continue;
      if (findProgram(manager.name, { cwd: app.directory, path: app.searchPath }).found || manager.name === 'npm') {
        return { name: manager.name, lockFile: lock, install: manager.install };
      }
      return { name: 'npm', lockFile: undefined, install: 'npm install', instead: manager.name };
    }
  }
  return { name: 'npm', lockFile: undefined, install: 'npm install' };
}

/** `<manager> run <script>`, with arguments for the script itself. */
export function runScriptCommand(manager: PackageManager, script: string, args: readonly string[]): [string, ...string[]] {
  // Only npm needs the separator; pnpm hands it on to the script, where it would end the options.
  const separator = manager.name === 'npm' && args.length > 0 ? ['--'] : [];
  return [manager.name, 'run', script, ...separator, ...args];
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
