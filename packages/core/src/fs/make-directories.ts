import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates `path` and its missing parents with `mode` (default 0700); throws what the system says. Step by step: Node's own recursive
 * mkdir(2) hides why, and never ends where the parent is there and takes no directory (`/proc/x`).
 */
export function makeDirectoriesSync(path: string, mode = 0o700): void {
  try {
    makeDirectorySync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectoriesSync(dirname(path), mode);
    makeDirectorySync(path, mode);
  }
}

function makeDirectorySync(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
