import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaryFiles } from '../fs/index.js';
import { isSameProcess, readProcessTable, type ProcessTable } from '../processes/index.js';
import type { EngineContext } from '../scope/index.js';
import { sweepScope } from '../state/index.js';

/**
 * Removes the temporary files of dead commands, whatever room they are of; those of a living one stay, so that it may
 * run beside any command. Throws ENVCTL_E_STATE_WRITE.
 */
export async function sweepTemporary({ paths }: Pick<EngineContext, 'paths'>): Promise<void> {
  let snapshot: ProcessTable | undefined;
  const isAlive = (pid: number, startTicks: string): boolean => {
    const table = (snapshot ??= readProcessTable());
    return isSameProcess({ pid, startTicks, bootId: table.bootId, pidNamespace: table.pidNamespace }, table);
  };
  await sweepScope(paths.scope, isAlive);
  const instances = (await readdir(paths.store).catch(() => [])).map((name) => join(paths.store, name));
  for (const directory of [paths.leases, paths.store, ...instances]) await sweepTemporaryFiles(directory, isAlive).catch(() => []);
}
