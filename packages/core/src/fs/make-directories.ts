import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Creates `path` and its missing parents with mode 0700; throws what the system says. Step by step, for the reasons of `ensureDirectory`. */
export function makeDirectoriesSync(path: string): void {
  try {
    makeDirectorySync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectoriesSync(dirname(path));
    makeDirectorySync(path);
  }
}

function makeDirectorySync(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
