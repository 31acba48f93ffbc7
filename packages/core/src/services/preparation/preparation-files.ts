import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createDetectionFiles, type DetectionFiles } from '../detection-files.js';

/** What preparation may ask of the file system. None of these throws. */
export interface PreparationFiles extends DetectionFiles {
  /** True for a symbolic link, wherever it leads. */
  isLink(path: string): boolean;
  /** SHA-256 of the content; undefined when it is missing or unreadable. */
  hash(path: string): string | undefined;
  /** Tells one version of a program from another without running it: real path, size and time of change. */
  identity(path: string): string | undefined;
}

/** The real file system. */
export function createPreparationFiles(files: DetectionFiles = createDetectionFiles()): PreparationFiles {
  return {
    ...files,
    isLink: (path) => orUndefined(() => lstatSync(path).isSymbolicLink()) === true,
    hash: (path) => orUndefined(() => createHash('sha256').update(readFileSync(path)).digest('hex')),
    identity: (path) =>
      orUndefined(() => {
        const real = realpathSync(path);
        const { size, mtimeMs } = statSync(real);
        return `${real} ${size} ${Math.trunc(mtimeMs)}`;
      }),
  };
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
