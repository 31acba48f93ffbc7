import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Launch } from './launch-spec.js';
import { readLaunch } from './read-launch.js';
import { readProcessTable, type ProcessTable } from './table.js';

/**
 * The launches of an instance by their directories and by what runs, with no record of them: for when the ledger does not
 * add up. A runner elsewhere than in the scope's directory is one of its store. Never throws.
 */
export async function findLaunchesOf(scopeDirectory: string, instance: string): Promise<readonly Launch[]> {
  const { findRunningLaunches, recoverLaunch } = await import('./recover-launch.js');
  const table = readProcessTable();
  const own = join(scopeDirectory, 'launches');
  const store = new Set([...table.all()].flatMap(({ pid, sid, isKernel }) => {
    const parent = isKernel || pid !== sid ? undefined : /^(\/.*\/launches)\/[^/]+\/runner\.sh$/.exec(table.commandLine(pid)[1] ?? '')?.[1];
    return parent !== undefined && basename(join(parent, '..')) === basename(scopeDirectory) ? [parent] : [];
  }));
  const listed = (await readdir(own).catch(() => [])).map((name) => join(own, name));
  const directories = [...new Set([...listed, ...findRunningLaunches([...store], table)])];
  const launches = await Promise.all(
    directories.map(async (directory): Promise<Launch | undefined> => {
      const launch = await readLaunch(directory);
      if (launch !== undefined) return launch.record.name.startsWith(`${instance}/`) ? launch : undefined;
      if (!basename(directory).startsWith(`${instance}-`)) return undefined;
      const recovered = recoverLaunch(directory, table);
      return recovered && { ...recovered, record: { ...recovered.record, kind: 'dependency', name: `${instance}/` } };
    }),
  );
  return launches.filter((launch) => launch !== undefined).filter(({ record }) => record.kind === 'dependency');
}

/** A launch of which neither the record nor its copy can be read, as what runs of it tells it; `undefined` when nothing does. */
export async function findUnrecordedLaunch(directory: string, table: ProcessTable): Promise<Launch | undefined> {
  const { recoverLaunch } = await import('./recover-launch.js');
  return recoverLaunch(directory, table);
}
