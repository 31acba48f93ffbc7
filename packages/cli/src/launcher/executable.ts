import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';

/** What is known of the way this envctl was started. */
export interface StartedAs {
  /** `process.argv[1]`: the name it was called by, links not followed. */
  readonly script: string | undefined;
  /** Root of the distribution. */
  readonly packageRoot: string;
  readonly searchPath: string | undefined;
}

/**
 * The file `envctl` that starts this very installation: the one it was called by, else the first on PATH, else where npm puts it
 * beside the package; undefined when there is none.
 */
export function findExecutable({ script, packageRoot, searchPath }: StartedAs): string | undefined {
  const entry = realOf(join(packageRoot, 'bin/run.js'));
  const candidates = [
    ...(script !== undefined && basename(script) === 'envctl' ? [script] : []),
    ...everyOnPath(searchPath),
    join(dirname(packageRoot), '.bin/envctl'),
    join(packageRoot, '../../../bin/envctl'),
  ];
  return candidates.find((path) => entry !== undefined && realOf(path) === entry);
}

/** The `envctl` that a shell with this PATH runs; undefined when there is none. */
export function executableOnPath(searchPath: string | undefined): string | undefined {
  return everyOnPath(searchPath).find(isExecutable);
}

/** What puts this envctl where a shell finds it: an installed one by its name, a checkout by its directory. */
export function toInstallCommand(packageRoot: string): string {
  const root = realOf(packageRoot) ?? packageRoot;
  return `npm install --global ${root.split('/').includes('node_modules') ? 'envctl' : quoted(root)}`;
}

function quoted(path: string): string {
  return /^[\w/.@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Two files that are one. */
export function isSameFile(left: string, right: string): boolean {
  const real = realOf(left);
  return real !== undefined && real === realOf(right);
}

/** npm runs a package that is not installed from a cache that it clears. */
export function isInCacheOfNpx(path: string): boolean {
  return path.split('/').includes('_npx');
}

function everyOnPath(searchPath: string | undefined): readonly string[] {
  return (searchPath ?? '').split(delimiter).filter((directory) => isAbsolute(directory)).map((directory) => join(directory, 'envctl'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
