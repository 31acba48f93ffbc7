import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, toWriteError } from './write-error.js';

/**
 * Creates `path` and its missing parents with `mode` (default 0700); an existing directory is left as
 * it is. Throws ENVCTL_E_STATE_WRITE.
 */
export async function ensureDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    await makeDirectories(path, mode);
  } catch (error) {
    throw toWriteError(path, error);
  }
}

/** Step by step: Node's own recursive mkdir(2) hides why, and never ends where the parent is there and takes no directory (`/proc/x`). */
async function makeDirectories(path: string, mode: number): Promise<void> {
  try {
    await makeDirectory(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(dirname(path), mode);
    await makeDirectory(path, mode);
  }
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode }).catch(async (error: unknown) => {
    const isThere = errnoOf(error) === 'EEXIST' && (await stat(path).then((entry) => entry.isDirectory(), () => false));
    if (!isThere) throw error;
  });
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
