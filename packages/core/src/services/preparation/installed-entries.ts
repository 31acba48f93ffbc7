import path from 'node:path';
import type { PreparationFiles } from './preparation-files.js';
import type { Preparation } from './preparation.js';

type Places = Pick<Preparation, 'directory' | 'modules' | 'environment'>;

/**
 * Names of what was installed, relative to the installation: `node_modules/react`, `node_modules/@types/node`. One look into each
 * directory. What installers and programs keep there for themselves has a dot before its name and is left out, as is what is cached.
 */
export function installedEntries(files: Pick<PreparationFiles, 'list'>, preparation: Places): readonly string[] {
  return packageDirectories(files, preparation).flatMap((place) => {
    const names = entriesIn(files, place).flatMap((name) => (name.startsWith('@') ? entriesIn(files, path.join(place, name)).map((below) => `${name}/${below}`) : [name]));
    return names.map((name) => path.join(path.relative(preparation.directory, place), name));
  });
}

function packageDirectories(files: Pick<PreparationFiles, 'list'>, { modules = [], environment }: Places): readonly string[] {
  return environment === undefined ? modules : sitePackages(files, environment);
}

/** Directories of a Python environment that packages are installed into. */
export function sitePackages(files: Pick<PreparationFiles, 'list'>, environment: string): readonly string[] {
  const library = path.join(environment, 'lib');
  return files.list(library).map((version) => path.join(library, version, 'site-packages'));
}

function entriesIn(files: Pick<PreparationFiles, 'list'>, directory: string): readonly string[] {
  return files.list(directory).filter((name) => !/^[.~]|^__pycache__$|\.(?:dist|egg)-info$/.test(name));
}
