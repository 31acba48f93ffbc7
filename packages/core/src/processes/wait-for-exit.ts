import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvctlError, type LaunchExit } from '../contract/index.js';
import { examineLaunch } from './examine.js';
import type { Launch } from './launch-spec.js';
import { livenessOf } from './liveness.js';
import { journalName, readLaunch } from './read-launch.js';
import { readProcessTable } from './table.js';

const deadRunnerCheckMs = 250;

/**
 * Resolves when the runner has recorded the end of the launch, restarts included. A runner that died without a word, or
 * whose launch was stopped and given back meanwhile, counts as an exit with 137 at its last sign of life. Call it after
 * `launchProcess` has returned: a launch that carries no process yet would count as ended.
 * @throws EnvctlError ENVCTL_E_CANCELLED on abort; ENVCTL_E_PROCESS_SPAWN when there is no launch record
 */
export async function waitForExit(directory: string, signal: AbortSignal): Promise<LaunchExit> {
  const changes = createChanges(directory, signal);
  try {
    const first = await readLaunch(directory);
    if (first === undefined) {
      throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `There is no launch record in ${directory}.`, { kind: 'environment', data: { directory } });
    }
    const end = createEnd(directory, first);
    for (;;) {
      if (signal.aborted) throw new EnvctlError('ENVCTL_E_CANCELLED', 'Waiting for a process was cancelled.', { kind: 'cancelled', cause: signal.reason });
      const changed = changes.next();
      const exit = await end();
      if (exit !== undefined) return exit;
      await changed;
    }
  } finally {
    changes.close();
  }
}

/** Looks for the end of a launch, at each call anew. */
function createEnd(directory: string, first: Launch): () => Promise<LaunchExit | undefined> {
  let lastSignMs = first.record.createdAt;
  let nextLookMs = performance.now() + deadRunnerCheckMs;
  let missed = 0;

  /** Before its first line a runner is known by its token only, which takes a look at all processes: not at every change. */
  const hasRunner = (launch: Launch): boolean => {
    if (launch.runner !== undefined) return livenessOf(launch.runner) !== 'gone';
    if (performance.now() < nextLookMs) return true;
    nextLookMs = performance.now() + deadRunnerCheckMs;
    const { runner, unknown } = examineLaunch(launch, readProcessTable(), { listeners: new Map(), thorough: false });
    missed = runner === undefined && !unknown ? missed + 1 : 0;
    return missed < 2;
  };

  return async () => {
    const launch = await readLaunch(directory);
    if (launch === undefined) return { code: 137, at: lastSignMs };
    lastSignMs = (await lastChangeMs(join(directory, journalName))) ?? lastSignMs;
    if (launch.exit !== undefined) return launch.exit;
    if (hasRunner(launch)) return undefined;
    // It may have written its last line between the two reads.
    return (await readLaunch(directory))?.exit ?? { code: 137, at: lastSignMs };
  };
}

async function lastChangeMs(path: string): Promise<number | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts === undefined ? undefined : Math.trunc(facts.mtimeMs);
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
