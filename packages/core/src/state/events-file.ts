import { access, open } from 'node:fs/promises';
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
