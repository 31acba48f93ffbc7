/** Gives an instance back: its users, its processes, its ports, its data. */
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { takeName } from '../fs/index.js';
import { describeRemains, readRecordedLaunches, releaseProcesses, type RecordedLaunch } from '../resources/index.js';
import type { EngineContext } from '../scope/index.js';
import type { InstanceRecord } from './instance-schema.js';
import { instanceLockMs, instancePath, readInstance, readInstances, toSocketDirectory, writeInstance } from './instance-store.js';
import { describeUnmended, mendInstances } from './rebuild-instance.js';

/**
 * A project stops using its dependencies (or only the named instances); a server without holders stops.
 * Data stays. Returns what could not be stopped.
 */
export async function releaseDependencies(context: EngineContext, projects: readonly string[], options: { readonly keepReserved: boolean; readonly instances?: readonly string[] }): Promise<readonly string[]> {
  const unmendable = await mendInstances(context);
  const { instances } = await readInstances(context);
  const problems = await Promise.all(
    instances
      .filter((instance) => instance.holders.some((holder) => projects.includes(holder)) && (options.instances?.includes(instance.id) ?? true))
      .map((instance) =>
        context.lock(`instance-${instance.id}`).hold(`release ${instance.id}`, { timeoutMs: instanceLockMs }, async () => {
          const record = await readInstance(context, instance.id);
          if (record === undefined) return [];
          return dropHolders(context, record, projects, options);
        }),
      ),
  );
  const unmended = options.instances === undefined ? await Promise.all(unmendable.map((id) => describeUnmended(context, id))) : [];
  return [...problems, ...unmended].flat();
}

async function dropHolders(context: EngineContext, record: InstanceRecord, projects: readonly string[], options: { readonly keepReserved: boolean }): Promise<readonly string[]> {
  const holders = record.holders.filter((holder) => !projects.includes(holder));
  if (holders.length > 0) {
    await writeInstance(context, { ...record, holders });
    return [];
  }
  const survivors = await stopInstanceProcesses(context, record, options);
  // The holder goes last: until the server is down somebody still answers for it.
  if (survivors.length === 0) await recordStopped(context, { ...record, holders });
  return survivors;
}

/** Forgets an instance and removes its data: `--remove-volumes`. Its server must be stopped. */
export async function removeInstanceData(context: EngineContext, record: InstanceRecord): Promise<void> {
  const { entries } = await context.ledger.list();
  context.seam('instance.remove.before-effect');
  await removeData(context, record.directory);
  await rm(record.socketDirectory, { recursive: true, force: true });
  await rm(instancePath(context, record.id), { force: true });
  context.seam('instance.remove.after-effect');
  for (const entry of entries) {
    const isInside = (entry.step.kind === 'file' && entry.step.path === record.directory) || (entry.step.kind === 'logical' && entry.step.instance === record.id);
    if (isInside) await context.ledger.release(entry.id);
  }
  context.seam('instance.remove.after-confirm');
}

/** The data of an instance whose record is gone, and where its sockets were. */
export async function removeUnrecordedData(context: EngineContext, directory: string): Promise<void> {
  await removeData(context, directory);
  if (dirname(directory) === context.paths.store) await rm(toSocketDirectory(context.paths.store, basename(directory)), { recursive: true, force: true });
}

/** Half a cluster must not bear the name of one: a start would use it. */
async function removeData(context: EngineContext, directory: string): Promise<void> {
  // A disk that takes no other name has room for a removal all the same.
  const doomed = await takeName(directory).catch(() => directory);
  context.seam('instance.data.after-effect');
  if (doomed !== undefined) await rm(doomed, { recursive: true, force: true });
}

/** Nothing of the server is left, its sockets neither. */
async function recordStopped(context: EngineContext, record: InstanceRecord): Promise<void> {
  await rm(record.socketDirectory, { recursive: true, force: true });
  await writeInstance(context, { ...record, token: null });
}

/** Ends what runs of an instance and gives its ports back. Returns what could not be ended. */
export async function stopInstanceProcesses(context: EngineContext, record: InstanceRecord, options: { readonly keepReserved: boolean }): Promise<readonly string[]> {
  const { incomplete } = await releaseProcesses(context, await launchesOf(context, record), options);
  if (incomplete.length === 0 && record.token !== null) {
    for (const port of Object.values(record.ports)) await context.leases.release(port, record.token, options);
  }
  return incomplete.map((report) => `${record.id}: ${describeRemains(report)}`);
}

async function launchesOf(context: EngineContext, record: InstanceRecord): Promise<readonly RecordedLaunch[]> {
  const { launches } = await readRecordedLaunches(context);
  const own = launches.filter((launch) => isLaunchOf(record, launch));
  if (own.length > 0 || record.token === null) return own;
  // It was up, and nothing tells of its launch.
  const found = await readRecordedLaunches(context, { thorough: true });
  return found.launches.filter((launch) => isLaunchOf(record, launch));
}

/** By its name; where that is lost, by the token of the server. */
export function isLaunchOf({ id, token }: Pick<InstanceRecord, 'id' | 'token'>, launch: Pick<RecordedLaunch, 'name' | 'token'>): boolean {
  return launch.name === undefined ? token !== null && launch.token === token : launch.name.startsWith(`${id}/`);
}

/** Undoes what a failed bring-up did: the holder if it was new, the server if it was not running before. */
export async function giveBack(context: EngineContext, record: InstanceRecord, project: string, before: { readonly wasHolder: boolean; readonly wasRunning: boolean }): Promise<void> {
  const survivors = before.wasRunning ? [] : await stopInstanceProcesses(context, record, { keepReserved: false });
  const holders = before.wasHolder && before.wasRunning ? record.holders : record.holders.filter((holder) => holder !== project);
  if (before.wasRunning || survivors.length > 0) await writeInstance(context, { ...record, holders });
  else await recordStopped(context, { ...record, holders });
}
