import { access, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toWriteError } from '../fs/index.js';
import { artifactNames } from './state-paths.js';

/** The event log to link: the given one, else the run's own, made empty when it has none. */
export async function ensureEvents(runDirectory: string, given: string | undefined): Promise<string> {
  if (given !== undefined && await exists(given)) return given;
  const path = join(runDirectory, artifactNames.events);
  try {
    await (await open(path, 'a', 0o600)).close();
  } catch (error) {
    throw toWriteError(path, error);
  }
  return path;
}

/** Takes back a run directory that a failed write left without content; one with content stays. */
export async function removeEmptyRun(runDirectory: string): Promise<void> {
  const path = join(runDirectory, artifactNames.events);
  try {
    if ((await readdir(runDirectory)).some((name) => name !== artifactNames.events) || (await stat(path)).size > 0) return;
    await rm(path);
    await rmdir(runDirectory);
  } catch {
    // It was not empty after all, or the disk refuses this too: the write error is what counts.
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
