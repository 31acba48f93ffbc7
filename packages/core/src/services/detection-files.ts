import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isExecutableFile } from '../processes/read-only.js';

/** What detection may ask of the file system. None of these throws. */
export interface DetectionFiles {
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  isExecutable(path: string): boolean;
  /** The text of a file; undefined when it is missing or unreadable. */
  readText(path: string): string | undefined;
  /** Names in a directory, sorted; empty when it is missing. */
  list(path: string): readonly string[];
}

/** The real file system; whether a file can be executed is looked at once. */
export function createDetectionFiles(): DetectionFiles {
  const executables = new Map<string, boolean>();
  return {
    isFile: (file) => kindOf(file) === 'file',
    isDirectory: (directory) => kindOf(directory) === 'directory',
    isExecutable: (file) => {
      const known = executables.get(file) ?? isExecutableFile(file);
      executables.set(file, known);
      return known;
    },
    readText: (file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
    list: (directory) => {
      try {
        return readdirSync(directory).sort();
      } catch {
        return [];
      }
    },
  };
}

function kindOf(file: string): 'file' | 'directory' | undefined {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat?.isFile() === true ? 'file' : stat?.isDirectory() === true ? 'directory' : undefined;
  } catch {
    // ENOTDIR, EACCES: as good as absent.
    return undefined;
  }
}
