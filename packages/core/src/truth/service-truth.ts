/**
 * Process and listener truth of a recorded service (contracts, section 11.2, defects mended): a service is
 * alive when a process with a positive proof is; it runs when one of these listens. A stranger on its port
 * never counts.
 */
import { describeExit, describeRestarts, examineLaunch, finalEnd, findFormerMembers, findUnrecordedLaunch, identityOf, listenersByPid, readLaunchSync, readLivingTree, wasStopped, type Launch, type Examination, type ProcessTable } from '../processes/read-only.js';
import type { ServiceRecord } from '../state/read-only.js';
import type { ServiceStatus } from './status-level.js';

export interface ServiceTruth {
  readonly name: string;
  readonly status: ServiceStatus;
  /** Pid of the command itself, when alive. */
  readonly pid: number | null;
  readonly listenerPids: readonly number[];
  readonly actualPort: number | null;
  /** How it ended, when it did. */
  readonly exit: { readonly code: number; readonly at: number } | undefined;
  /** How its command ended last, also when it was started again since. */
  readonly lastEnd?: { readonly code: number; readonly at: number };
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
  if (service['external'] !== undefined) return examineExternal(service, service['external']);
  const launch = service.launch_directory === null ? undefined : readLaunchSync(service.launch_directory);
  // A start went on without it and took back what it had of it.
  if (service.launch_directory === null && service.status === 'failed') return { ...dead(service, undefined, service.failure_detail ?? 'it failed'), status: 'failed' };
  if (launch === undefined) return (await examineUnrecorded(service, options)) ?? dead(service, undefined, 'its launch record is gone: a command that was to start it again did not finish, or somebody removed it');
  const seen = options.findDetached === true ? undefined : glance(service, launch);
  if (seen !== undefined) return seen;
  const table = options.table();
  const quick = examineLaunch(launch, table, { listeners: new Map() });
  // Who has left the session is a member where it listens on a leased port.
  const listeners = listenersByPid([...quick.members, ...quick.detached].map(({ pid }) => pid));
  const examination = examineLaunch(launch, table, { listeners });
  if (examination.unknown) return { ...dead(service, launch, 'it was started in another pid namespace (a container) and cannot be seen from here'), status: 'unknown' };
  if (!examination.alive) return dead(service, launch, undefined);
  return alive(service, launch, { ...examination, former: findFormerMembers(launch, examination.members, table) }, listeners, options);
}

/** Its launch cannot be judged without its record; that something of it runs can be told. Undefined when nothing does. */
async function examineUnrecorded(service: ServiceRecord, { table }: TruthOptions): Promise<ServiceTruth | undefined> {
  const launch = service.launch_directory === null ? undefined : await findUnrecordedLaunch(service.launch_directory, table());
  const members = launch === undefined ? [] : examineLaunch(launch, table(), { listeners: new Map() }).members;
  const pid = [launch?.child?.pid, members[0]?.pid].find((candidate) => members.some((member) => member.pid === candidate));
  if (pid === undefined) return undefined;
  const wanted = service.actual_port ?? service.requested_port;
  const listenerPids = [...listenersByPid(members.map((member) => member.pid))].filter(([, ports]) => wanted !== null && ports.includes(wanted)).map(([listener]) => listener);
  const listens = listenerPids.length === 0 ? '' : ` and listens on port ${wanted}`;
  return { ...dead(service, undefined, `its launch record ${service.launch_directory} is gone or damaged; pid ${pid} of it runs on${listens}: envctl start ${service.type} starts it anew`), status: 'unknown', pid, listenerPids };
}

/** `former`: pids of what an earlier start of the command left behind. */
type Seen = Examination & { readonly former: ReadonlySet<number> };

/** What a hook of the project said to be running: known by its pid and its start alone, whatever listens. */
function examineExternal(service: ServiceRecord, external: unknown): ServiceTruth {
  const { start_ticks: startTicks, boot_id: bootId, pid_namespace: pidNamespace } = external as Readonly<Record<string, unknown>>;
  const identity = service.pid === null ? undefined : identityOf(service.pid);
  const isSame = identity !== undefined && identity.startTicks === startTicks && identity.bootId === bootId && identity.pidNamespace === pidNamespace;
  if (!isSame) return dead(service, undefined, `its process ${service.pid} is gone; envctl did not start it`);
  return { name: service.name, status: 'running', pid: service.pid, listenerPids: [], actualPort: service.actual_port, exit: undefined, restarts: 0, detached: [], detail: 'external: envctl did not start it and does not stop it' };
}

/** The truth of a service that is well: something below its living runner listens on its port; of one that listens nowhere, its command lives. */
function glance(service: ServiceRecord, launch: Launch): ServiceTruth | undefined {
  const wanted = service.actual_port ?? service.requested_port;
  if (!service.listener_expected && wanted !== null) return undefined;
  const tree = readLivingTree(launch);
  // Its command has ended: what of it listens is not all there is to tell.
  if (launch.child !== undefined && !tree.includes(launch.child.pid)) return undefined;
  if (wanted === null && (launch.child === undefined || tree.length === 0)) return undefined;
  const listeners = wanted === null ? [] : [...listenersByPid(tree)];
  const pids = listeners.filter(([, ports]) => wanted !== null && ports.includes(wanted)).map(([pid]) => pid).sort((left, right) => left - right);
  if (wanted !== null && pids.length === 0) return undefined;
  return { name: service.name, status: 'running', pid: launch.child?.pid ?? launch.runner?.pid ?? null, listenerPids: pids, actualPort: wanted, exit: undefined, restarts: launch.restarts, detached: [], detail: describeRestarts(launch), ...lastEndOf(launch) };
}

function alive(service: ServiceRecord, launch: Launch, examination: Seen, listeners: ReadonlyMap<number, readonly number[]>, options: TruthOptions): ServiceTruth {
  const wanted = service.actual_port ?? service.requested_port;
  const boundBy = (isFormer: boolean) => findListener(examination.members.filter(({ pid }) => examination.former.has(pid) === isFormer), listeners, wanted, options.reboundMaxDelta);
  const bound = boundBy(false);
  const left = boundBy(true);
  const base = { name: service.name, exit: undefined, restarts: launch.restarts, detached: examination.detached, pid: launch.child?.pid ?? launch.runner?.pid ?? null, ...lastEndOf(launch) };
  const history = describeRestarts(launch);
  const end = finalEnd(launch);
  if (bound !== undefined) {
    const ended = describeEnded(launch, examination, end);
    const seen = { ...base, listenerPids: bound.pids, actualPort: bound.port };
    const beside = left === undefined ? [] : [`${describeFormer(left)} too`];
    if (ended === undefined) return { ...seen, status: 'running', detail: [...(history === undefined ? [] : [history]), ...beside].join('; ') || undefined };
    return { ...seen, status: ended.isWell ? 'running' : 'orphaned', pid: bound.pids[0] ?? null, exit: end, detail: [`${ended.detail}; pid ${bound.pids.join(', ')} of it still listens on port ${bound.port}`, ...beside].join('; ') };
  }
  if (left !== undefined) {
    const own = describeEnded(launch, examination, end)?.detail ?? `its command (pid ${launch.child?.pid}) does not listen on port ${wanted}`;
    return { ...base, status: 'orphaned', listenerPids: left.pids, actualPort: left.port, pid: left.pids[0] ?? null, exit: end, detail: `${own}; ${describeFormer(left)}` };
  }
  // What its command left behind lives on: that is no service.
  if (end !== undefined) return { ...dead(service, { ...launch, exit: end }, undefined), detached: examination.detached };
  const living = { ...base, listenerPids: [], actualPort: wanted };
  if (launch.between) return { ...living, status: 'starting', detail: describePause(launch) };
  if (!service.listener_expected || wanted === null) return { ...living, status: 'running', detail: history };
  const silent = `nothing of it listens on port ${wanted}${history === undefined ? '' : `; ${history}`}`;
  if (options.enforceListeners === false) return { ...living, status: 'running', detail: silent };
  const startedMs = Math.max((service.started_at ?? 0) * 1000, launch.restarts > 0 ? (launch.lastEnd?.at ?? 0) : 0);
  return { ...living, status: options.nowMs - startedMs < options.graceMs ? 'starting' : 'unreachable', detail: silent };
}

/** Its command is gone: well when it ended well, as a command does that goes to the background. Undefined while it lives. */
function describeEnded({ record: { successExitCodes = [0] }, child }: Launch, { members }: Examination, end: Launch['exit']): { readonly isWell: boolean; readonly detail: string } | undefined {
  if (child === undefined || members.some(({ pid, startTicks }) => pid === child.pid && startTicks === child.startTicks)) return undefined;
  const ended = end === undefined ? 'is gone' : `${describeExit(end.code)} at ${new Date(end.at).toISOString()}`;
  return { isWell: end !== undefined && successExitCodes.includes(end.code), detail: `its command (pid ${child.pid}) ${ended}` };
}

function describeFormer({ port, pids }: Bound): string {
  return `pid ${pids.join(', ')}, left behind by an earlier start of its command, listens on port ${port}`;
}

function lastEndOf(launch: Launch | undefined): Pick<ServiceTruth, 'lastEnd'> {
  const end = launch?.exit ?? launch?.lastEnd;
  return end === undefined ? {} : { lastEnd: end };
}

/** A job that has ended did what it is for, or did not; what else has ended should not have. */
function endOf({ kind, success_exit_codes: good }: ServiceRecord, launch: Launch | undefined): ServiceStatus {
  if (kind !== 'job' || launch?.exit === undefined) return launch !== undefined && wasStopped(launch) ? 'stopped' : 'stale';
  return good.includes(launch.exit.code) ? 'completed' : 'failed';
}

function describeEnd(launch: Launch | undefined): string {
  if (launch?.exit === undefined) return 'it is gone without an exit record';
  return describeRestarts({ restarts: launch.restarts, lastEnd: launch.exit }) ?? describeExit(launch.exit.code);
}

function describePause({ record, restarts, lastEnd }: Launch): string {
  const end = lastEnd === undefined ? 'ended' : `${describeExit(lastEnd.code)} at ${new Date(lastEnd.at).toISOString()}`;
  return `${end}; waits for restart ${restarts + 1} of ${record.restart.max}`;
}

function dead(service: ServiceRecord, launch: Launch | undefined, detail: string | undefined): ServiceTruth {
  const status = endOf(service, launch);
  return {
    name: service.name,
    status,
    pid: null,
    listenerPids: [],
    actualPort: service.actual_port ?? service.requested_port,
    exit: launch?.exit,
    restarts: launch?.restarts ?? 0,
    detached: [],
    detail: detail ?? (status === 'stopped' ? `a command stopped it and did not start it again: envctl start ${service.type}` : describeEnd(launch)),
    ...lastEndOf(launch),
  };
}

interface Bound {
  readonly port: number;
  readonly pids: readonly number[];
}

function findListener(members: Examination['members'], listeners: ReadonlyMap<number, readonly number[]>, wanted: number | null, maxDelta: number): Bound | undefined {
  const owned = members.flatMap((member) => (listeners.get(member.pid) ?? []).map((port) => ({ pid: member.pid, port })));
  const pidsOf = (port: number) => [...new Set(owned.filter((entry) => entry.port === port).map((entry) => entry.pid))].sort((left, right) => left - right);
  if (wanted === null) return undefined;
  if (pidsOf(wanted).length > 0) return { port: wanted, pids: pidsOf(wanted) };
  const moved = owned.map((entry) => entry.port).filter((port) => port > wanted && port - wanted <= maxDelta).sort((left, right) => left - right)[0];
  return moved === undefined ? undefined : { port: moved, pids: pidsOf(moved) };
}
