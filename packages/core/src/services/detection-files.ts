import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

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

/** The real file system. */
export function createDetectionFiles(): DetectionFiles {
  return {
    isFile: (file) => kindOf(file) === 'file',
    isDirectory: (directory) => kindOf(directory) === 'directory',
    isExecutable: (file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
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

/**
 * Where the program of a command is: a word with a slash is a path relative to `cwd`, any other is looked
 * for on `searchPath` (the value of PATH).
 */
export function findProgram(word: string, cwd: string, searchPath: string, files: DetectionFiles): string | undefined {
  if (word.includes('/')) {
    const file = path.resolve(cwd, word);
    return files.isExecutable(file) ? file : undefined;
  }
  return searchPath
    .split(path.delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => path.resolve(cwd, directory, word))
    .find((file) => files.isExecutable(file));
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
