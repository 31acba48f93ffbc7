/** Reading the places that may hold a state: synchronous, because the fast door pays for every turn of the loop. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';

/** A place that should hold a state and does not. `newer`: written by a newer envctl; `foreign`: of another scope, or outside this one. */
export interface DamagedCandidate {
  readonly path: string;
  readonly message: string;
  readonly reason: 'damaged' | 'unreadable' | 'newer' | 'foreign' | 'broken-pointer';
}

/** Real path of a pointer's target; a relative one is relative to the pointer. */
export function followPointer(directory: string, name: string): string | DamagedCandidate {
  const path = join(directory, name);
  try {
    // Opening a pipe would wait for its writer.
    if (!statSync(path).isFile()) return { path, message: 'the pointer is no file', reason: 'broken-pointer' };
    const target = readFileSync(path, 'utf8').trim();
    if (target === '' || target.includes('\0') || target.includes('\n')) return { path, message: 'the pointer holds no path', reason: 'broken-pointer' };
    return realpathSync(isAbsolute(target) ? target : resolve(directory, target));
  } catch (error) {
    return { path, message: messageOf(error), reason: 'broken-pointer' };
  }
}

/** Names in a directory; none where it cannot be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

export function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** Not the contract's: this module is read with nothing else. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
