import path from 'node:path';
import type { PreparationFiles } from './preparation-files.js';
import { sitePackages } from './installed-entries.js';

/** A distribution in the site-packages of an environment, as its metadata says. */
export interface PythonDistribution {
  /** Normalised: lower case, `-` for `_` and `.`. */
  readonly name: string;
  readonly version: string;
  /** Absolute path of its metadata. */
  readonly metadata: string;
}

export function pythonDistributions(files: Pick<PreparationFiles, 'list'>, environment: string): readonly PythonDistribution[] {
  return sitePackages(files, environment).flatMap((place) =>
    files.list(place).flatMap((entry) => {
      const match = /^(.+)-([^-]+)\.(?:dist|egg)-info$/.exec(entry);
      return match === null ? [] : [{ name: normaliseName(match[1]!), version: match[2]!, metadata: path.join(place, entry) }];
    }),
  );
}

/** False when a module or package that the distribution brought is gone: an installer that reads metadata alone believes that it is there. */
export function isWhole(files: Pick<PreparationFiles, 'list' | 'readText'>, { metadata }: PythonDistribution): boolean {
  const place = path.dirname(metadata);
  const there = new Set(files.list(place));
  const brought = (files.readText(path.join(metadata, 'RECORD')) ?? '').split('\n').map((line) => /^([^,"/]+)/.exec(line)?.[1] ?? '');
  return brought.every((name) => name === '' || name === '..' || name === '__pycache__' || there.has(name));
}

export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
