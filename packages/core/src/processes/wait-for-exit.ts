import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvctlError, type LaunchExit } from '../contract/index.js';
import { isGone, readProcessEntry } from './stat.js';
import { journalName, readLaunch } from './read-launch.js';

const deadRunnerCheckMs = 250;

/**
 * Resolves when the runner has recorded the end of the launch, restarts included. A runner that died
 * without a word counts as an exit with 137 at its last sign of life.
 * @throws EnvctlError ENVCTL_E_CANCELLED on abort; ENVCTL_E_PROCESS_SPAWN when there is no launch record
 */
export async function waitForExit(directory: string, signal: AbortSignal): Promise<LaunchExit> {
  const changes = createChanges(directory, signal);
  try {
    for (;;) {
      if (signal.aborted) throw new EnvctlError('ENVCTL_E_CANCELLED', 'Waiting for a process was cancelled.', { kind: 'cancelled', cause: signal.reason });
      const changed = changes.next();
      const exit = await exitOf(directory);
      if (exit !== undefined) return exit;
      await changed;
    }
  } finally {
    changes.close();
  }
}

async function exitOf(directory: string): Promise<LaunchExit | undefined> {
  const launch = await readLaunch(directory);
  if (launch === undefined) {
    throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `There is no launch record in ${directory}.`, { kind: 'environment', data: { directory } });
  }
  if (launch.exit !== undefined || launch.runner === undefined) return launch.exit;
  const entry = readProcessEntry('/proc', launch.runner.pid);
  if (entry !== undefined && entry.startTicks === launch.runner.startTicks && !isGone(entry)) return undefined;
  // It may have written its last line between the two reads.
  const last = await readLaunch(directory);
  return last?.exit ?? { code: 137, at: Math.trunc((await stat(join(directory, journalName))).mtimeMs) };
}

/** Turns at every change in the directory, at abort, and every quarter of a second. */
function createChanges(directory: string, signal: AbortSignal): { next(): Promise<void>; close(): void } {
  let wake: () => void = () => undefined;
  const turn = (): void => wake();
  const timer = setInterval(turn, deadRunnerCheckMs);
  signal.addEventListener('abort', turn);
  const watcher = openWatch(directory, turn);
  return {
    next: () => new Promise((resolve) => (wake = resolve)),
    close() {
      clearInterval(timer);
      signal.removeEventListener('abort', turn);
      watcher?.close();
    },
  };
}

function openWatch(directory: string, turn: () => void): { close(): void } | undefined {
  try {
    return watch(directory, turn).on('error', turn);
  } catch {
    return undefined; // inotify instances are limited; the timer remains
  }
}
