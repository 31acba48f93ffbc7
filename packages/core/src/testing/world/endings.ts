import { copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSameProcess, readLaunch, readProcessTable, waitForExit } from '../../processes/index.js';
import { readRecordedLaunches } from '../../resources/index.js';
import type { EngineContext } from '../../scope/index.js';
import type { Ending } from './types.js';

/**
 * Keeps the journals of all launches under `keep`, so that how they ended can be read when their directories are
 * gone: the record as a copy, the journal as a hard link that the runner goes on writing to.
 */
export async function watchEndings(context: Pick<EngineContext, 'ledger' | 'paths'>, keep: string): Promise<() => Promise<readonly Ending[]>> {
  const { launches } = await readRecordedLaunches(context);
  const kept: { readonly launch: string; readonly directory: string }[] = [];
  for (const { launchId, directory } of launches) {
    const copy = join(keep, launchId);
    await mkdir(copy, { recursive: true });
    await copyFile(join(directory, 'launch.json'), join(copy, 'launch.json'));
    await link(join(directory, 'journal'), join(copy, 'journal')).catch(() => undefined);
    kept.push({ launch: launchId, directory: copy });
  }
  return async () => {
    const endings: Ending[] = [];
    for (const { launch, directory } of kept) {
      const exit = (await readLaunch(directory))?.exit;
      endings.push(exit === undefined ? { launch } : { launch, code: exit.code });
    }
    return endings;
  };
}

/** Kills the command of every launch with SIGKILL and waits until its runner has seen that. */
export async function endServers(context: Pick<EngineContext, 'ledger' | 'paths'>): Promise<void> {
  const { launches } = await readRecordedLaunches(context);
  const table = readProcessTable();
  const running = launches.filter(({ state }) => state?.child !== undefined && isSameProcess(state.child, table));
  for (const { state } of running) process.kill(state?.child?.pid ?? 0, 'SIGKILL');
  await Promise.all(running.map(({ directory }) => waitForExit(directory, AbortSignal.timeout(30_000))));
}
