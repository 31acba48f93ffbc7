import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, toWriteError } from './write-error.js';

/**
 * Creates `path` and its missing parents with `mode` (default 0700); an existing directory is left as
 * it is. Throws ENVCTL_E_STATE_WRITE.
 */
export async function ensureDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    throw toWriteError(path, errnoOf(error) === 'ENOENT' ? await reasonOfMissing(path, error) : error);
  }
}

/** A recursive mkdir(2) of Node says ENOENT on a read-only file system; a plain one below what exists says why. */
async function reasonOfMissing(path: string, error: unknown): Promise<unknown> {
  if (dirname(path) === path) return error;
  try {
    await mkdir(path, { mode: 0o700 });
    return error;
  } catch (plain) {
    return errnoOf(plain) === 'ENOENT' ? reasonOfMissing(dirname(path), error) : errnoOf(plain) === 'EEXIST' ? error : plain;
  }
}

/** Makes names created, renamed or removed in `path` survive a power cut. File systems that cannot are let pass. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
