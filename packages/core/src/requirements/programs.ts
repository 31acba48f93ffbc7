import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { ProgramFinder } from '../contract/dependency.js';

/** A finder over a PATH value. Relative entries are skipped: they would depend on the working directory. */
export function createProgramFinder(path: string): ProgramFinder {
  const directories = path.split(delimiter).filter((entry) => isAbsolute(entry));
  return async (name) => {
    for (const directory of directories) {
      const candidate = join(directory, name);
      if (await isExecutable(candidate)) return candidate;
    }
    return undefined;
  };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
