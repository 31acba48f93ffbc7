import { open } from 'node:fs/promises';
import { makeDirectoriesSync } from './make-directories.js';
import { toWriteError } from './write-error.js';

/**
 * Creates `path` and its missing parents with `mode` (default 0700); an existing directory is left as
 * it is. At once: through the thread pool it takes ten times as long. Throws ENVCTL_E_STATE_WRITE.
 */
export function ensureDirectory(path: string, mode = 0o700): void {
  try {
    makeDirectoriesSync(path, mode);
  } catch (error) {
    throw toWriteError(path, error);
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
