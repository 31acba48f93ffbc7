import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Where a program was found, or every place that was looked at. */
export type ProgramSearch = { readonly found: true; readonly path: string } | { readonly found: false; readonly searched: readonly string[] };

/**
 * Finds a program the way `exec` will: a word with a slash from `cwd`, any other on `path`.
 * @param path the PATH of the environment the program will get
 */
export function findProgram(word: string, options: { readonly cwd: string; readonly path: string | undefined; readonly isExecutable?: (path: string) => boolean }): ProgramSearch {
  const candidates = word.includes('/')
    ? [resolve(options.cwd, word)]
    : (options.path ?? '').split(delimiter).map((directory) => {
        const base = directory === '' ? '.' : directory;
        return join(isAbsolute(base) ? base : resolve(options.cwd, base), word);
      });
  const path = candidates.find(options.isExecutable ?? isExecutableFile);
  return path === undefined ? { found: false, searched: candidates } : { found: true, path };
}

/** True for a file (or a link to one) that this user may execute. Never throws. */
export function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
