/**
 * Stops launches from their directories alone. The order is the law: stop file, snapshot, one signal by the
 * launch's ladder, rescan until two scans find nothing. A member that any scan proved is followed to its end.
 */
import { statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StopStep } from '../contract/index.js';
import type { FaultSeam } from '../contract/seam.js';
import { findAttendants } from './attendants.js';
import { removeCgroup } from './cgroup.js';
import { examineLaunch, type DetachedProcess, type MembershipProof } from './examine.js';
import { defaultStopLadder, type Launch, type LedgeredLaunch } from './launch-spec.js';
import { listenersByPid } from './listeners.js';
import { mayNamespaceLive } from './liveness.js';
import { readLaunch, recordName, stopName } from './read-launch.js';
import { recoverLaunch } from './recover-launch.js';
import { isSettling, settleTicks } from './settling.js';
import { sendToGroup, sendToProcess } from './signals.js';
import { isGone, readProcessEntry, type ProcessEntry } from './stat.js';
import { readProcessTable, type ProcessTable } from './table.js';
import { uptimeTicks } from './uptime.js';
import { findTokenCarriers } from './tokens.js';

export interface StopOptions {
  /** Replaces the wait of every rung that does not kill, milliseconds. */
  readonly graceMs?: number;
  /** Replaces the recorded ladder. */
  readonly ladder?: readonly StopStep[];
  /** Stops waiting; what still lives is reported as surviving. */
  readonly signal?: AbortSignal;
  /** By directory. */
  readonly ledgered?: ReadonlyMap<string, LedgeredLaunch>;
  /** Points `process.stop.before-effect`, `.after-effect` (first signals sent), `.after-confirm` (counted). */
  readonly seam: FaultSeam;
}

export interface StopResult {
  readonly launchId: string;
  readonly directory: string;
  /** Nothing of it is left. */
  readonly stopped: boolean;
  /** Something of it lived when it was to stop. */
  readonly lived: boolean;
  /** Why nothing was touched. */
  readonly untouched?: 'other-boot' | 'other-namespace' | 'record-missing' | 'record-damaged' | 'record-lost';
  readonly survivors: readonly { readonly pid: number; readonly comm: string; readonly proof: MembershipProof }[];
  readonly detached: readonly DetachedProcess[];
}

const orphanGraceMs = 200;
/** The writer of a log has a pipe to empty. */
const writerGraceMs = 2_000;
/** What was killed ends when the disk it waits for has answered. */
const finalWaitMs = 10_000;

interface Target {
  readonly launch: Launch;
  readonly ladder: readonly StopStep[];
  /** False when the stop file could not be written: then the runner must die first, or it might restart. */
  readonly stopFile: boolean;
  lived: boolean;
  members: readonly Followed[];
  detached: readonly DetachedProcess[];
  /** Somebody who left the session may still open a leased port. */
  settling: boolean;
  /** Until when that is waited for, in ticks since boot. */
  readonly settledBy: number;
  runnerPid: number | undefined;
  attendants: ReadonlySet<number>;
  rung: number;
  rungSince: number;
  aloneSince: number | undefined;
  /** Since when only attendants live. */
  attendedSince: number | undefined;
  signalled: Set<number>;
  refused: boolean;
  cleanScans: number;
  done: boolean;
}

interface Followed {
  readonly pid: number;
  readonly startTicks: string;
  readonly comm: string;
  readonly proof: MembershipProof;
  readonly ppid: number;
  readonly pgid: number;
}

/** Stops all the launches at once. Never throws for a process that will not die: it is in `survivors`. */
export async function stopLaunches(directories: readonly string[], options: StopOptions): Promise<readonly StopResult[]> {
  const read = await Promise.all(directories.map(async (directory) => ({ directory, launch: await readLaunch(directory, options.ledgered?.get(directory)) })));
  const first = readProcessTable();
  const opened = read.map(({ directory, launch }) => ({ directory, launch: launch ?? recoverLaunch(directory, first) }));
  options.seam('process.stop.before-effect');
  const plans = opened.map(({ directory, launch }) => planStop(directory, launch, first, options));
  options.seam('process.stop-file.after-effect');
  const targets = plans.flatMap((plan) => ('target' in plan ? [plan.target] : []));

  if (targets.length > 0) {
    scan(targets, readProcessTable());
    for (const target of targets) target.lived = target.members.length > 0;
    const now = performance.now();
    for (const target of targets) enterRung(target, 0, now);
    options.seam('process.stop.after-effect');
    await follow(targets, options.signal);
  }
  const results = plans.map((plan) => ('target' in plan ? toResult(plan.target) : plan.result));
  // What survives keeps its cgroup: for a process without any other proof it is the one that is left.
  for (const { launch } of targets) {
    const stopped = results.some(({ directory, stopped }) => directory === launch.record.directory && stopped);
    if (stopped && launch.record.cgroup !== null) removeCgroup(launch.record.cgroup);
  }
  if (targets.length > 0) options.seam('process.stop.after-confirm');
  return results;
}

function planStop(
  directory: string,
  launch: Launch | undefined,
  table: ProcessTable,
  options: StopOptions,
): { readonly result: StopResult } | { readonly target: Target } {
  const untouched = (reason: NonNullable<StopResult['untouched']>, stopped: boolean): { readonly result: StopResult } => ({
    result: { launchId: launch?.record.id ?? basename(directory), directory, stopped, lived: false, untouched: reason, survivors: [], detached: [] },
  });
  if (launch === undefined) {
    // One that is damaged, or may not be looked at, hides what may run unproven; without one nothing was ever spawned, unless the ledger says so.
    if (!isMissing(join(directory, recordName))) return untouched('record-damaged', false);
    const ledgered = options.ledgered?.get(directory);
    return ledgered?.spawned === true && ledgered.bootId === table.bootId ? untouched('record-lost', false) : untouched('record-missing', true);
  }
  if (launch.record.bootId !== table.bootId) return untouched('other-boot', true);
  if (launch.record.pidNamespace !== table.pidNamespace) return untouched('other-namespace', !mayNamespaceLive(launch.record.pidNamespace, table));

  const recorded = options.ladder ?? (launch.record.stop.length > 0 ? launch.record.stop : defaultStopLadder);
  const { graceMs } = options;
  return {
    target: {
      launch,
      ladder: recorded.map((step) => (graceMs === undefined || step.signal === 'SIGKILL' ? step : { ...step, waitMs: graceMs })),
      stopFile: writeStopFile(directory),
      lived: false,
      members: [],
      detached: [],
      settling: false,
      settledBy: uptimeTicks() + settleTicks,
      runnerPid: undefined,
      attendants: new Set(),
      rung: 0,
      rungSince: 0,
      aloneSince: undefined,
      attendedSince: undefined,
      signalled: new Set(),
      refused: false,
      cleanScans: 0,
      done: false,
    },
  };
}

function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}

function writeStopFile(directory: string): boolean {
  try {
    writeFileSync(join(directory, stopName), '', { mode: 0o644 });
    return true;
  } catch {
    return false;
  }
}

/** Looks at the whole machine once for all targets. */
function scan(targets: readonly Target[], table: ProcessTable): void {
  const carriers = findTokenCarriers(table, new Set(targets.map(({ launch }) => launch.record.token)));
  const listeners = listenersByPid(carriers.keys());
  for (const target of targets) {
    const { launch } = target;
    const found = examineLaunch(launch, table, { listeners, known: target.members });
    target.members = found.members.flatMap((member) => {
      const entry = table.get(member.pid);
      if (entry === undefined) return [];
      return [{ ...member, ppid: entry.ppid, pgid: entry.pgid }];
    });
    target.detached = found.detached;
    target.settling = mayStillOpenPort(target, table);
    target.runnerPid = found.runner?.pid ?? target.runnerPid;
    target.attendants = findAttendants(launch, target.members, target.runnerPid, table);
  }
}

function mayStillOpenPort({ launch: { record }, detached, settledBy }: Target, table: ProcessTable): boolean {
  return record.ports.length > 0 && uptimeTicks() < settledBy && detached.some(({ pid }) => isSettling(pid, table));
}

/** Sends the signal of a rung. Past the last rung everything is killed, the runner too. */
function enterRung(target: Target, rung: number, now: number): void {
  target.rung = rung;
  target.rungSince = now;
  target.aloneSince = undefined;
  target.signalled = new Set();
  target.refused = false;
  if (!target.stopFile && rung === 0) signalMembers(target, 'SIGKILL', ({ pid }) => pid === target.runnerPid);
  const step = target.ladder[rung];
  if (step === undefined) {
    signalMembers(target, 'SIGKILL', () => true);
    return;
  }
  const others = target.members.filter(({ pid }) => !target.attendants.has(pid));
  if (step.target === 'tree') {
    signalMembers(target, step.signal, ({ pid }) => !target.attendants.has(pid));
    return;
  }
  const child = target.launch.child;
  if (step.target === 'child' && child && others.some(({ pid, startTicks }) => pid === child.pid && startTicks === child.startTicks)) {
    signalMembers(target, step.signal, ({ pid }) => pid === child.pid);
    return;
  }
  const group = target.members.filter(({ pgid }) => pgid === target.runnerPid);
  const witness = group[0];
  if (witness === undefined) {
    signalOrphans(target, step);
    return;
  }
  if (witness.pgid === readProcessEntry('/proc', process.pid)?.pgid) {
    // A service stops its own launch: the signal to the group would end the stopping one first.
    signalMembers(target, step.signal, ({ pid }) => pid === target.runnerPid || (!target.attendants.has(pid) && group.some((member) => member.pid === pid)));
    return;
  }
  if (!sendToGroup(group, witness.pgid, step.signal)) target.refused = true;
  for (const { pid } of group) if (!target.attendants.has(pid)) target.signalled.add(pid);
}

/** Members that no other member can be expected to end: each gets the rung's signal once. */
function signalOrphans(target: Target, step: StopStep): void {
  const parents = new Set(target.members.map(({ pid }) => pid).filter((pid) => !target.attendants.has(pid)));
  signalMembers(target, step.signal, ({ pid, ppid }) => !target.attendants.has(pid) && !parents.has(ppid) && !target.signalled.has(pid));
}

function signalMembers(target: Target, signal: StopStep['signal'], which: (member: Followed) => boolean): void {
  for (const member of target.members.filter(which)) {
    target.signalled.add(member.pid);
    if (!sendToProcess(member, signal)) target.refused = true;
  }
}

/** Waits for the members of all targets, climbing each ladder, until each is done. */
async function follow(targets: readonly Target[], signal: AbortSignal | undefined): Promise<void> {
  for (let intervalMs = 4; ; intervalMs = Math.min(intervalMs * 1.25, 40)) {
    const now = performance.now();
    const due = targets.filter((target) => !target.done && needsScan(target, now));
    if (due.length > 0) {
      scan(due, readProcessTable());
      for (const target of due) advance(target, now);
    }
    if (targets.every(({ done }) => done) || signal?.aborted) return;
    await pause(due.some(({ cleanScans }) => cleanScans > 0) ? 2 : intervalMs, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** A cheap look at the known members. True when something is to be decided on a fresh snapshot. */
function needsScan(target: Target, now: number): boolean {
  const living = target.members.filter(isLiving);
  if (living.length === 0 || now - target.rungSince >= waitOf(target)) return true;
  const step = target.ladder[target.rung];
  const addressed = living.some(({ pid }) => target.signalled.has(pid));
  if (living.every(({ pid }) => target.attendants.has(pid))) target.attendedSince ??= now;
  else target.attendedSince = undefined;
  if (step === undefined || addressed || living.every(({ pid }) => pid === target.runnerPid)) {
    target.aloneSince = undefined;
    return false;
  }
  target.aloneSince ??= now;
  return isOverdue(target, now) || (target.attendedSince === undefined && now - target.aloneSince >= orphanGraceMs);
}

function isOverdue({ attendedSince }: Target, now: number): boolean {
  return attendedSince !== undefined && now - attendedSince >= writerGraceMs;
}

function advance(target: Target, now: number): void {
  if (target.members.length === 0) {
    if (target.settling) return;
    target.cleanScans += 1;
    target.done = target.cleanScans >= 2;
    return;
  }
  target.cleanScans = 0;
  if (now - target.rungSince < waitOf(target)) {
    const step = target.ladder[target.rung];
    // A writer that somebody who is no member keeps open would wait for ever.
    if (isOverdue(target, now)) signalMembers(target, 'SIGKILL', ({ pid }) => pid !== target.runnerPid);
    // Those that were signalled are gone; whoever remains was left behind.
    else if (step !== undefined && !target.members.some(({ pid }) => target.signalled.has(pid))) signalOrphans(target, step);
    else if (step === undefined) signalMembers(target, 'SIGKILL', () => true);
    target.aloneSince = undefined;
    return;
  }
  if (target.rung >= target.ladder.length) target.done = true;
  else enterRung(target, target.rung + 1, now);
}

function waitOf(target: Target): number {
  return target.refused ? 100 : (target.ladder[target.rung]?.waitMs ?? finalWaitMs);
}

function isLiving(member: Followed): boolean {
  const entry: ProcessEntry | undefined = readProcessEntry('/proc', member.pid);
  return entry !== undefined && entry.startTicks === member.startTicks && !isGone(entry);
}

function toResult(target: Target): StopResult {
  const survivors = target.members.filter(isLiving);
  return {
    launchId: target.launch.record.id,
    directory: target.launch.record.directory,
    stopped: survivors.length === 0 && target.cleanScans >= 2,
    lived: target.lived,
    survivors: survivors.map(({ pid, comm, proof }) => ({ pid, comm, proof })),
    detached: target.detached,
  };
}
