/**
 * The one way to get a process: intent on record, then the effect, then the confirmation. A SIGKILL
 * between any two of these leaves a ledger entry and a launch directory from which it is found again.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import { isDiskRefusal } from '../fs/index.js';
import { launchProcess, stopLaunches, type LaunchSpec, type LedgeredLaunch, type StopResult } from '../processes/index.js';
import type { LedgerEntry } from '../state/index.js';
import type { EngineContext } from '../scope/index.js';

export type AcquireContext = Pick<EngineContext, 'scope' | 'paths' | 'ledger' | 'leases' | 'events' | 'seam' | 'now' | 'randomHex'>;

export interface AcquiredProcess {
  readonly entry: LedgerEntry;
  readonly launchId: string;
  readonly directory: string;
  readonly runner: ProcessIdentity;
}

export interface ProcessRequest extends Omit<LaunchSpec, 'id' | 'directory' | 'scopeId'> {
  readonly runId: string | null;
}

/** A fresh launch token: 128 random bits. Leases are taken under it before the launch. */
export function createLaunchToken(context: Pick<AcquireContext, 'randomHex'>): string {
  return context.randomHex(16);
}

export async function acquireProcess(context: AcquireContext, request: ProcessRequest): Promise<AcquiredProcess> {
  const { runId, ...rest } = request;
  const launchId = `${toFileName(request.name)}-${context.randomHex(4)}`;
  const parent = request.user === undefined ? context.paths.launches : context.paths.storeLaunches;
  const directory = join(parent, launchId);
  const entry = await context.ledger.intent({
    kind: request.kind,
    project: request.project,
    runId,
    durable: false,
    step: { kind: 'process', launchId, directory, name: request.name },
  });
  const runner = await launchOrUndo();
  context.seam('process.acquire.after-confirm');
  context.events.emit('process.launch', { component: request.name, launch_intent: request.kind === 'task' ? 'task' : 'background_service', pid: runner.pid, cwd: request.cwd, stdin_policy: 'null', stdout_policy: 'log', stderr_policy: 'log' });
  return { entry, launchId, directory, runner };

  /** A full disk may fail any step after the spawn: what was spawned ends, the leases stay the caller's. */
  async function launchOrUndo(): Promise<ProcessIdentity> {
    try {
      const launched = await launchProcess({ ...rest, id: launchId, directory, scopeId: context.scope.id }, { seam: context.seam, now: context.now });
      for (const port of request.ports) await context.leases.bindRunner(port, request.token, launched.runner);
      await context.ledger.confirm(entry.id, { launch: launched });
      return launched.runner;
    } catch (error) {
      await releaseProcesses(context, [{ entryId: entry.id, directory }], { keepReserved: false }).catch(() => undefined);
      throw error;
    }
  }
}

/** A launch as it is known to whoever gives it back. */
export interface Releasable {
  readonly entryId: string | undefined;
  readonly directory: string;
  readonly token?: string | undefined;
  readonly ports?: readonly number[];
  /** What the ledger knows of it, for when its directory does not tell. */
  readonly ledgered?: LedgeredLaunch | undefined;
}

export interface ReleaseReport {
  readonly reports: readonly StopResult[];
  /** Launches that still have members; their records stay. */
  readonly incomplete: readonly StopResult[];
}

/**
 * Stops launches by their directories alone and gives back what they held. What could not be stopped
 * stays on record. `keepReserved` keeps each port reserved for its service; `keepRecord` leaves the launch directory and its entry
 * on the ledger, for {@link forgetProcesses}.
 */
export async function releaseProcesses(
  context: AcquireContext,
  launches: readonly Releasable[],
  options: { readonly keepReserved: boolean; readonly aggressive?: boolean; readonly keepRecord?: boolean },
): Promise<ReleaseReport> {
  if (launches.length === 0) return { reports: [], incomplete: [] };
  context.seam('process.release.before-effect');
  const ledgered = new Map(launches.flatMap((launch) => (launch.ledgered === undefined ? [] : [[launch.directory, launch.ledgered]])));
  const reports = await stopLaunches(launches.map((launch) => launch.directory), { seam: context.seam, ledgered, ...(options.aggressive === true ? { graceMs: 500 } : {}) });
  context.seam('process.release.after-effect');
  for (const report of reports) tellStopped(context, report);
  const byDirectory = new Map(reports.map((report) => [report.directory, report]));
  const forgotten = await Promise.allSettled(
    launches.map(async (launch) => {
      if (byDirectory.get(launch.directory)?.stopped !== true) return;
      for (const port of launch.ports ?? []) {
        if (launch.token !== undefined) await releaseLease(context, port, launch.token, options);
      }
      if (options.keepRecord !== true) await forgetProcess(context, launch);
    }),
  );
  for (const result of forgotten) if (result.status === 'rejected') throw result.reason;
  context.seam('process.release.after-confirm');
  return { reports, incomplete: reports.filter((report) => !report.stopped) };
}

/** Removes what is on record of launches that were stopped. */
export async function forgetProcesses(context: AcquireContext, launches: readonly Releasable[]): Promise<void> {
  for (const launch of launches) await forgetProcess(context, launch);
}

async function forgetProcess(context: AcquireContext, { directory, entryId }: Releasable): Promise<void> {
  context.seam('process.forget.before-effect');
  await rm(directory, { recursive: true, force: true });
  context.seam('process.forget.after-effect');
  if (entryId !== undefined) await context.ledger.release(entryId);
}

/**
 * Gives a port back. A disk that takes no more changes nothing about it: the lease's holders are dead or about to be,
 * and whoever wants the port takes it from them.
 */
export async function releaseLease(context: Pick<AcquireContext, 'leases'>, port: number, token: string, { keepReserved }: { readonly keepReserved: boolean }): Promise<void> {
  try {
    await context.leases.release(port, token, { keepReserved });
  } catch (error) {
    if (!isDiskRefusal(error)) throw error;
  }
}

function tellStopped(context: AcquireContext, report: StopResult): void {
  context.events.emit('process.launch.stopped', { launch_id: report.launchId, stopped: report.stopped });
  for (const { pid, comm, proof } of report.survivors) context.events.emit('process.launch.survived', { launch_id: report.launchId, pid, comm, proof });
  for (const { pid, comm, reason } of report.detached) context.events.emit('process.launch.detached', { launch_id: report.launchId, pid, comm, reason });
}

function toFileName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
}
