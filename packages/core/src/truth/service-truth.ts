/**
 * Process and listener truth of a recorded service (contracts, section 11.2, defects mended): a service is
 * alive when a process with a positive proof is; it runs when one of these listens. A stranger on its port
 * never counts.
 */
import { examineLaunch, listenersByPid, readLaunch, readLivingTree, type Launch, type Examination, type ProcessTable } from '../processes/read-only.js';
import type { ServiceRecord } from '../state/read-only.js';

export type ServiceStatus = 'running' | 'starting' | 'unreachable' | 'stale' | 'unknown';

export interface ServiceTruth {
  readonly name: string;
  readonly status: ServiceStatus;
  /** Pid of the command itself, when alive. */
  readonly pid: number | null;
  readonly listenerPids: readonly number[];
  readonly actualPort: number | null;
  /** How it ended, when it did. */
  readonly exit: { readonly code: number; readonly at: number } | undefined;
  readonly restarts: number;
  readonly detached: Examination['detached'];
  readonly detail: string | undefined;
}

export interface TruthOptions {
  /** The snapshot of all processes; asked for when a quick look does not tell. */
  readonly table: () => ProcessTable;
  /** Also find processes that left the service: every process of the machine is looked at. Default false. */
  readonly findDetached?: boolean;
  readonly nowMs: number;
  /** ENVCTL_SERVICE_STARTUP_GRACE_SECONDS: how long a silent but living service counts as starting. */
  readonly graceMs: number;
  /** ENVCTL_SERVICE_REBOUND_MAX_DELTA: how far a dev server may have moved from its port. */
  readonly reboundMaxDelta: number;
  /** ENVCTL_RUNTIME_TRUTH_MODE=best_effort is false: a living process counts as running whether or not it listens. */
  readonly enforceListeners?: boolean;
}

export async function examineService(service: ServiceRecord, options: TruthOptions): Promise<ServiceTruth> {
  const launch = service.launch_directory === null ? undefined : await readLaunch(service.launch_directory);
  if (launch === undefined) return dead(service, undefined, 'its launch record is gone');
  const seen = options.findDetached === true ? undefined : glance(service, launch);
  if (seen !== undefined) return seen;
  const table = options.table();
  const quick = examineLaunch(launch, table, { listeners: new Map() });
  const listeners = listenersByPid(quick.members.map((member) => member.pid));
  const examination = examineLaunch(launch, table, { listeners });
  if (examination.unknown) return { ...dead(service, launch, 'it was started in another pid namespace (a container) and cannot be seen from here'), status: 'unknown' };
  if (!examination.alive) return dead(service, launch, undefined);
  return alive(service, launch, examination, listeners, options);
}

/** The truth of a service that is well: something below its living runner listens on its port. */
function glance(service: ServiceRecord, launch: Launch): ServiceTruth | undefined {
  const wanted = service.actual_port ?? service.requested_port;
  if (!service.listener_expected || wanted === null) return undefined;
  const listeners = listenersByPid(readLivingTree(launch));
  const pids = [...listeners].filter(([, ports]) => ports.includes(wanted)).map(([pid]) => pid).sort((left, right) => left - right);
  if (pids.length === 0) return undefined;
  return { name: service.name, status: 'running', pid: launch.child?.pid ?? launch.runner?.pid ?? null, listenerPids: pids, actualPort: wanted, exit: undefined, restarts: launch.restarts, detached: [], detail: undefined };
}

function alive(service: ServiceRecord, launch: Launch, examination: Examination, listeners: ReadonlyMap<number, readonly number[]>, options: TruthOptions): ServiceTruth {
  const wanted = service.actual_port ?? service.requested_port;
  const bound = findListener(examination, listeners, wanted, options.reboundMaxDelta);
  const base = { name: service.name, exit: undefined, restarts: launch.restarts, detached: examination.detached, pid: launch.child?.pid ?? launch.runner?.pid ?? null };
  if (!service.listener_expected || wanted === null) return { ...base, status: 'running', listenerPids: [], actualPort: wanted, detail: undefined };
  if (bound !== undefined) return { ...base, status: 'running', listenerPids: bound.pids, actualPort: bound.port, detail: undefined };
  const startedMs = (service.started_at ?? 0) * 1000;
  if (options.enforceListeners === false) return { ...base, status: 'running', listenerPids: [], actualPort: wanted, detail: `nothing of it listens on port ${wanted}` };
  const status = options.nowMs - startedMs < options.graceMs ? 'starting' : 'unreachable';
  return { ...base, status, listenerPids: [], actualPort: wanted, detail: `nothing of it listens on port ${wanted}` };
}

function dead(service: ServiceRecord, launch: Launch | undefined, detail: string | undefined): ServiceTruth {
  return {
    name: service.name,
    status: 'stale',
    pid: null,
    listenerPids: [],
    actualPort: service.actual_port ?? service.requested_port,
    exit: launch?.exit,
    restarts: launch?.restarts ?? 0,
    detached: [],
    detail: detail ?? (launch?.exit === undefined ? 'it is gone without an exit record' : describeExit(launch.exit.code)),
  };
}

/** `exited with code 1`, `was ended by SIGKILL`. */
export function describeExit(code: number): string {
  const signals: Readonly<Record<number, string>> = { 129: 'SIGHUP', 130: 'SIGINT', 131: 'SIGQUIT', 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' };
  const signal = signals[code];
  return signal === undefined ? `exited with code ${code}` : `was ended by ${signal}`;
}

function findListener(examination: Examination, listeners: ReadonlyMap<number, readonly number[]>, wanted: number | null, maxDelta: number): { readonly port: number; readonly pids: readonly number[] } | undefined {
  const owned = examination.members.flatMap((member) => (listeners.get(member.pid) ?? []).map((port) => ({ pid: member.pid, port })));
  const pidsOf = (port: number) => [...new Set(owned.filter((entry) => entry.port === port).map((entry) => entry.pid))].sort((left, right) => left - right);
  if (wanted === null) return undefined;
  if (pidsOf(wanted).length > 0) return { port: wanted, pids: pidsOf(wanted) };
  const moved = owned.map((entry) => entry.port).filter((port) => port > wanted && port - wanted <= maxDelta).sort((left, right) => left - right)[0];
  return moved === undefined ? undefined : { port: moved, pids: pidsOf(moved) };
}
