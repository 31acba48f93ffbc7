import { statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { EnvctlError, errorMessage, isEnvctlError } from '../contract/index.js';

/** The errno name of a failed system call (`ENOSPC`), if it has one. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Says that `path` could not be written and what to do about it. Code ENVCTL_E_STATE_WRITE, kind
 * `environment`, `data.path` and `data.errno`.
 */
export function toWriteError(path: string, cause: unknown): EnvctlError {
  const errno = errnoOf(cause);
  const obstacle = errno === 'EISDIR' ? path : errno === 'ENOTDIR' ? fileOnTheWay(path) : undefined;
  const reason = obstacle === undefined ? reasonOf(errno, cause) : errno === 'EISDIR' ? 'it is a directory (EISDIR)' : `${obstacle} is not a directory (ENOTDIR)`;
  return new EnvctlError('ENVCTL_E_STATE_WRITE', `Cannot write ${path}: ${reason}.`, {
    kind: 'environment',
    hints: [obstacle === undefined ? hintOf(errno, dirname(path)) : `Move it away, then run the command again: mv '${obstacle}' '${obstacle}.away'`],
    data: { path, ...(errno === undefined ? {} : { errno }) },
    cause,
  });
}

/** True when a write failed because the file system takes no more: full, over quota, or read-only. */
export function isDiskRefusal(error: unknown): boolean {
  const errno = isEnvctlError(error) ? error.data['errno'] : errnoOf(error);
  return errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'EROFS';
}

/** The file that stands where a directory has to be. */
function fileOnTheWay(path: string): string | undefined {
  const parts = path.split(sep);
  return parts.map((_part, index) => parts.slice(0, index + 1).join(sep) || sep).find((place) => !isDirectory(place));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function reasonOf(errno: string | undefined, cause: unknown): string {
  switch (errno) {
    case 'ENOSPC': return 'the file system is full (ENOSPC)';
    case 'EDQUOT': return 'the disk quota is used up (EDQUOT)';
    case 'EROFS': return 'the file system is read-only (EROFS)';
    case 'EACCES':
    case 'EPERM': return `permission denied (${errno})`;
    case 'ENOENT': return 'its directory does not exist (ENOENT)';
    default: return errorMessage(cause);
  }
}

function hintOf(errno: string | undefined, directory: string): string {
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT': return `Free some space, then run the command again: df -h '${directory}'; df -i '${directory}'`;
    case 'EROFS': return 'Set ENVCTL_RUNTIME_DIR (state) or ENVCTL_STORE_DIR (data) to a directory on a writable file system.';
    case 'EACCES':
    case 'EPERM': return `Make the directory writable for you, or set ENVCTL_RUNTIME_DIR to another one: ls -ld '${directory}'`;
    default: return `Check the directory: ls -ld '${directory}'`;
  }
}
