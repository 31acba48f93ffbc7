/**
 * stop-all and blast-all: everything of this scope, from the ledger, the launch directories and what runs, so
 * that a damaged state or a killed command never hides a process. Nothing outside the scope is looked at.
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../contract/index.js';
import { isDiskRefusal } from '../fs/index.js';
import { isLaunchOf, readInstance, readInstances, removeInstanceData, removeUnrecordedData, writeInstance } from '../requirements/index.js';
import { readRecordedLaunches, recordedNeeds, releaseInOrder, releaseProcesses, type RecordedLaunch, type ReleaseReport } from '../resources/index.js';
import { holdAll, type EngineContext } from '../scope/index.js';
import type { ServiceRecord } from '../state/index.js';
import { describeLegacyRemains, loadLegacyRun, type LegacyRemains } from './legacy-remains.js';
import { byLife, toStopReport, type StopSummary } from './stop-summary.js';
import { sweepTemporary } from './sweep-temporary.js';

export interface StopAllRequest {
  readonly command: 'stop-all' | 'blast-all';
  /** Removes the data of dependencies, databases and roles with it. */
  readonly removeVolumes: boolean;
  readonly signal: AbortSignal;
}

const lockMs = 60_000;

export async function runStopAll(context: EngineContext, request: StopAllRequest): Promise<StopSummary> {
  const isBlast = request.command === 'blast-all';
  return holdWhereWritable(context, request, async () => {
    const latest = (await context.state.load())?.state;
    if (latest !== undefined) context.bindRun(latest.run_id, join(context.paths.runs, latest.run_id));
    context.events.emit(isBlast ? 'cleanup.blast' : 'cleanup.stop_all', { aggressive: isBlast });
    const { launches, damaged } = await readRecordedLaunches(context, { thorough: true });
    // Services before what they wait for, all of them before the servers they use.
    const ofServices = launches.filter((launch) => !isServer(launch));
    const services = await releaseInOrder(context, ofServices, recordedNeeds(ofServices, await recordedServices(context)), { keepReserved: false, aggressive: isBlast });
    const servers = await releaseProcesses(context, launches.filter(isServer), { keepReserved: false, aggressive: isBlast });
    const released: ReleaseReport = { reports: [...services.reports, ...servers.reports], incomplete: [...services.incomplete, ...servers.incomplete] };
    const isClean = released.incomplete.length === 0;
    const removedData = await releaseInstances(context, { removeVolumes: request.removeVolumes, survivors: released.incomplete.map((report) => report.directory), launches });
    const { damaged: unreadable } = await readInstances(context);
    if (isClean) {
      await context.leases.drop(context.scope.id);
      await context.state.clear({ runs: isBlast });
      // A stop-all cannot know what such a record was of: it is set aside for who can.
      for (const entry of (await context.ledger.list()).damaged) await context.ledger.quarantine(entry.path);
      for (const path of unreadable) await rm(path, { recursive: true, force: true });
      context.seam('scope.sweep.before-effect');
      await sweep(context);
      if (isBlast) await forgetHistory(context);
      context.seam('scope.sweep.after-effect');
    }
    const legacy = isClean ? await legacyRemains(context) : undefined;
    const gone = launches.filter((launch) => !released.incomplete.some((report) => report.directory === launch.directory)).map(({ name, launchId, directory }) => ({ name: name ?? launchId, directory }));
    return toStopReport(request.command, {
      message: launches.length === 0 ? 'No active runtime state found.' : isBlast ? 'Everything of this repository was stopped.' : 'Stopped runtime state.',
      ...byLife(gone, released),
      released,
      removedData,
      legacy,
      warnings: [...damaged.map((entry) => `damaged record ${entry.path}: ${entry.message}`), ...unreadable.map((path) => `damaged record ${path}: the data of the dependency stays`)],
    });
  });
}

/** Of both modes; a state that cannot be read says nothing of the order. */
async function recordedServices(context: EngineContext): Promise<readonly ServiceRecord[]> {
  const states = await Promise.all((['main', 'trees'] as const).map((mode) => context.state.load({ mode }).catch(() => undefined)));
  return states.flatMap((loaded) => Object.values(loaded?.state.services ?? {}));
}

/** A state of the original of which nothing lives is nothing that a stop of everything leaves behind. */
async function legacyRemains(context: EngineContext): Promise<LegacyRemains | undefined> {
  const run = await loadLegacyRun(context, undefined);
  return run === undefined ? undefined : { ...describeLegacyRemains(run, { projects: [], services: [] }), warnings: [] };
}

/** On a disk that takes no lock nobody else takes one either: what runs is stopped all the same. */
async function holdWhereWritable<T>(context: EngineContext, request: StopAllRequest, work: () => Promise<T>): Promise<T> {
  let begun = false;
  const begin = (): Promise<T> => {
    begun = true;
    return work();
  };
  try {
    return await holdAll(context, await knownLocks(context), { purpose: request.command, timeoutMs: lockMs, signal: request.signal }, begin);
  } catch (error) {
    if (begun || !isDiskRefusal(error)) throw error;
    return work();
  }
}

function isServer(launch: RecordedLaunch): boolean {
  return launch.kind === 'dependency';
}

async function knownLocks(context: EngineContext): Promise<readonly string[]> {
  const names = await readdir(context.paths.locks).catch(() => []);
  const locks = names.map((name) => name.replace(/\.lock.*$|\.\d+$/, ''));
  // Also the lock of a first start that has not taken it yet: it waits until everything has ended.
  return [...new Set(['project-main', ...locks])].filter((name) => name.startsWith('project-') || name.startsWith('instance-'));
}

/** No server runs any more: nobody holds an instance. Returns the data directories that were removed. */
async function releaseInstances(context: EngineContext, options: { readonly removeVolumes: boolean; readonly survivors: readonly string[]; readonly launches: readonly RecordedLaunch[] }): Promise<readonly string[]> {
  const { instances } = await readInstances(context);
  const removed: string[] = [];
  for (const { id } of instances) {
    const record = await readInstance(context, id);
    if (record === undefined) continue;
    const survives = options.launches.some((launch) => options.survivors.includes(launch.directory) && isLaunchOf(record, launch));
    if (survives) continue;
    if (options.removeVolumes) {
      await removeInstanceData(context, record);
      removed.push(record.directory);
    } else {
      await writeInstance(context, { ...record, holders: [], token: null });
      await rm(record.socketDirectory, { recursive: true, force: true });
      context.seam('instance.sockets.after-effect');
    }
  }
  if (options.removeVolumes) removed.push(...(await removeRecordedFiles(context)));
  return removed;
}

/** Data whose instance record is gone is still on the ledger. */
async function removeRecordedFiles(context: EngineContext): Promise<readonly string[]> {
  const { entries } = await context.ledger.list();
  const removed: string[] = [];
  for (const entry of entries) {
    if (entry.step.kind !== 'file' || !entry.durable) continue;
    try {
      await removeUnrecordedData(context, entry.step.path);
      await context.ledger.release(entry.id);
      removed.push(entry.step.path);
    } catch (error) {
      context.events.emit('cleanup.skip', { service: entry.step.path, reason: errorMessage(error) });
    }
  }
  return removed;
}

/** Removes temporary files of dead commands and directories that hold nothing any more. */
async function sweep(context: EngineContext): Promise<void> {
  const { paths } = context;
  await sweepTemporary(context);
  const instances = (await readdir(paths.store).catch(() => [])).map((name) => join(paths.store, name));
  for (const directory of instances) await removeUnfinishedDirectories(directory);
  for (const directory of [paths.launches, paths.storeLaunches, paths.ledger]) await rmdir(directory).catch(() => undefined);
}

/** Directories that a killed command was building (`ctx.directory`): no task of ours writes into them any more. */
async function removeUnfinishedDirectories(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  await Promise.all(names.filter((name) => /\.building-[0-9a-f]+$/.test(name)).map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

/** blast-all leaves what holds data and the locks that other commands may wait for, nothing else. */
async function forgetHistory({ paths }: EngineContext): Promise<void> {
  await rm(join(paths.instances, 'logs'), { recursive: true, force: true });
  for (const directory of [paths.instances, paths.store]) await rmdir(directory).catch(() => undefined);
}
