import { delimiter, isAbsolute } from 'node:path';
import type { ProgramFinder } from '../contract/dependency.js';
import { findProgram } from '../processes/index.js';

/** A finder over a PATH value. Relative entries are skipped: they would depend on the working directory. */
export function createProgramFinder(path: string): ProgramFinder {
  const absolute = path.split(delimiter).filter((entry) => isAbsolute(entry)).join(delimiter);
  return (name) => {
    // Without an entry there is no PATH: an empty one would mean the working directory.
    const search = absolute === '' ? undefined : findProgram(name, { cwd: '/', path: absolute });
    return Promise.resolve(search?.found === true ? search.path : undefined);
  };
}
