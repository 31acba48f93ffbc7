/**
 * The identity predicate: which processes of a snapshot belong to a launch, and by what proof.
 * docs/decisions/0001-identity-predicate.md states it. Two rules hold everywhere: a process of another
 * token or pid namespace is never a member, and nothing is one that started before the launch was recorded.
 */
import { basename, dirname } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import { cgroupMembers } from './cgroup.js';
import type { Launch, LaunchRecord } from './launch-spec.js';
import { mayNamespaceLive } from './liveness.js';
import { isGone, type ProcessEntry } from './stat.js';
import type { ProcessTable } from './table.js';
import { tokenOf } from './tokens.js';

export type MembershipProof = 'identity' | 'session' | 'descendant' | 'token' | 'descriptor' | 'cgroup';

export interface LaunchMember {
  readonly pid: number;
  readonly startTicks: string;
  readonly comm: string;
  readonly proof: MembershipProof;
}

/** A process that carries the token but has left, or is out of reach: listed, never stopped. */
export interface DetachedProcess {
  readonly pid: number;
  readonly comm: string;
  readonly reason: string;
}

export interface Examination {
  /** Any member lives. */
  readonly alive: boolean;
  /** It is of another pid namespace that may still live: whether anything of it runs cannot be known here. */
  readonly unknown: boolean;
  readonly runnerAlive: boolean;
  /** The runner as recorded, or as found by token and command line when it has not recorded itself yet. */
  readonly runner: ProcessIdentity | undefined;
  readonly members: readonly LaunchMember[];
  readonly detached: readonly DetachedProcess[];
}

export interface ExamineExtra {
  /** Listening ports of the token carriers; see `listenersByPid`. */
  readonly listeners: ReadonlyMap<number, readonly number[]>;
  /** Pids in the launch's cgroup; default: those that are in it now. */
  readonly cgroup?: readonly number[];
  /** Members that an earlier snapshot proved; each keeps its proof, and with it how far that spreads. */
  readonly known?: readonly LaunchMember[];
  /**
   * False: only what descends from the runner or shares its session, without a look at other processes'
   * environment and descriptors. Enough to tell that a healthy launch is alive. Default true.
   */
  readonly thorough?: boolean;
  /** Never a member; default this process. */
  readonly self?: number;
}

/** Applies the predicate to one snapshot. Signals nothing, writes nothing. */
export function examineLaunch(launch: Launch, table: ProcessTable, extra: ExamineExtra): Examination {
  const { record } = launch;
  const isThisBoot = record.bootId === table.bootId;
  if (!isThisBoot || record.pidNamespace !== table.pidNamespace) {
    const unknown = isThisBoot && mayNamespaceLive(record.pidNamespace, table);
    return { alive: false, unknown, runnerAlive: false, runner: launch.runner, members: [], detached: [] };
  }
  const candidates = eligible(record, table, extra.self ?? process.pid);
  const runner = launch.runner ?? findUnrecordedRunner(record, candidates, table);
  const tree = createMembership(candidates, table);

  for (const identity of [runner, launch.child]) {
    const entry = identity && candidates.get(identity.pid);
    if (entry?.startTicks === identity?.startTicks && entry && belongsToUser(entry, record)) tree.add(entry, 'identity');
  }
  const addKnown = (near: boolean): void => {
    for (const { pid, startTicks, proof } of extra.known ?? []) {
      const entry = candidates.get(pid);
      if (entry?.startTicks === startTicks && near === isNear(proof)) tree.add(entry, proof);
    }
  };
  addKnown(true);
  const thorough = extra.thorough !== false;
  addLaunchSession(record, runner, candidates, table, tree);
  tree.spread(true);
  addKnown(false);
  tree.spread(false);
  const detached = thorough ? addCarriers(record, candidates, table, extra, tree) : [];
  if (thorough) {
    addByCgroup(extra.cgroup ?? (record.cgroup === null ? [] : cgroupMembers(record.cgroup)), candidates, table, tree, detached);
    for (const entry of candidates.values()) {
      if (!tree.has(entry.pid) && holdsOurFiles(entry.pid, record, table)) tree.add(entry, 'descriptor');
    }
    tree.spread(false);
  }

  const members = tree.list();
  return {
    alive: members.length > 0,
    unknown: false,
    runnerAlive: runner !== undefined && members.some(({ pid, startTicks }) => pid === runner.pid && startTicks === runner.startTicks),
    runner,
    members,
    detached: [...detached.filter(({ pid }) => !tree.has(pid)), ...(thorough ? outOfReach(record, table, tree) : [])],
  };
}

/** Token carriers in a pid namespace of their own that no member is above of: nothing will end them with the launch. */
function outOfReach(record: LaunchRecord, table: ProcessTable, tree: Membership): readonly DetachedProcess[] {
  const isElsewhere = (entry: ProcessEntry): boolean => {
    const namespace = entry.isKernel || isGone(entry) ? undefined : table.namespaceOf(entry.pid);
    return namespace !== undefined && namespace !== record.pidNamespace && tokenOf(entry.pid, table) === record.token;
  };
  return [...table.all()]
    .filter((entry) => isElsewhere(entry) && !hasMemberAbove(entry, table, tree))
    .map(({ pid, comm }) => ({ pid, comm, reason: 'runs in a pid namespace of its own' }));
}

function hasMemberAbove(entry: ProcessEntry, table: ProcessTable, tree: Membership): boolean {
  const seen = new Set<number>();
  for (let at = table.get(entry.ppid); at !== undefined && !seen.has(at.pid); at = table.get(at.ppid)) {
    if (tree.has(at.pid)) return true;
    seen.add(at.pid);
  }
  return false;
}

/** Proofs that say a process never left the tree of the runner: its whole session did not either. */
function isNear(proof: MembershipProof): boolean {
  return proof === 'identity' || proof === 'session' || proof === 'descendant';
}

/** Living processes that are not vetoed. */
function eligible(record: LaunchRecord, table: ProcessTable, self: number): ReadonlyMap<number, ProcessEntry> {
  const created = Number(record.createdTicks) - 2;
  const result = new Map<number, ProcessEntry>();
  for (const entry of table.all()) {
    if (Number(entry.startTicks) < created || entry.isKernel || entry.pid === self || isGone(entry)) continue;
    if (!isVetoed(entry, record, table)) result.set(entry.pid, entry);
  }
  return result;
}

/** Another pid namespace, or another token: its own, or where it shows none that of its nearest ancestor that does. */
function isVetoed(entry: ProcessEntry, record: LaunchRecord, table: ProcessTable): boolean {
  const namespace = table.namespaceOf(entry.pid);
  if (namespace !== undefined && namespace !== record.pidNamespace) return true;
  const carrier = nearestCarrier(entry, table);
  return carrier !== undefined && tokenOf(carrier, table) !== record.token;
}

function nearestCarrier(entry: ProcessEntry, table: ProcessTable): number | undefined {
  const seen = new Set<number>();
  for (let at: ProcessEntry | undefined = entry; at !== undefined && at.pid > 1 && !seen.has(at.pid); at = table.get(at.ppid)) {
    if (tokenOf(at.pid, table) !== undefined) return at.pid;
    seen.add(at.pid);
  }
  return undefined;
}

// What the journal of a launch of another user says is that user's word: it cannot name a process of somebody else.
function belongsToUser(entry: ProcessEntry, record: LaunchRecord): boolean {
  return record.user === undefined || entry.uid === record.user.uid;
}

function findUnrecordedRunner(
  record: LaunchRecord,
  candidates: ReadonlyMap<number, ProcessEntry>,
  table: ProcessTable,
): ProcessIdentity | undefined {
  for (const { pid, sid, startTicks } of candidates.values()) {
    if (pid !== sid || tokenOf(pid, table) !== record.token) continue;
    // The directory may be reached by another path than when it was launched: through a link, or moved with the state root.
    if (table.commandLine(pid)[1]?.endsWith(`/${basename(record.directory)}/runner.sh`) !== true) continue;
    return { pid, startTicks, bootId: table.bootId, pidNamespace: table.pidNamespace };
  }
  return undefined;
}

interface Membership {
  has(pid: number): boolean;
  add(entry: ProcessEntry, proof: MembershipProof): void;
  /** Adds descendants, and with `sessions` everyone in the sessions of members, until nothing more is found. */
  spread(sessions: boolean): void;
  list(): readonly LaunchMember[];
}

function createMembership(candidates: ReadonlyMap<number, ProcessEntry>, table: ProcessTable): Membership {
  const members = new Map<number, LaunchMember>();
  const add = (entry: ProcessEntry, proof: MembershipProof): void => {
    if (members.has(entry.pid) || !candidates.has(entry.pid)) return;
    members.set(entry.pid, { pid: entry.pid, startTicks: entry.startTicks, comm: entry.comm, proof });
  };
  const addDescendants = (): void => {
    const queue = [...members.keys()];
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      for (const child of table.childrenOf(pid)) {
        if (members.has(child.pid) || !candidates.has(child.pid)) continue;
        // Below a token carrier or a file holder the proof is theirs: it never opens a session.
        const above = members.get(pid)?.proof ?? 'descendant';
        add(child, isNear(above) ? 'descendant' : above);
        queue.push(child.pid);
      }
    }
  };
  return {
    has: (pid) => members.has(pid),
    add,
    list: () => [...members.values()],
    spread(sessions) {
      for (let before = -1; before !== members.size; ) {
        before = members.size;
        addDescendants();
        if (!sessions) continue;
        const ours = new Set([...members.keys()].map((pid) => candidates.get(pid)?.sid));
        for (const entry of candidates.values()) if (ours.has(entry.sid)) add(entry, 'session');
      }
    },
  };
}

/**
 * The session the runner opened. Its number stays taken while one process is in it; a leader of that
 * number that is not our runner is a stranger who got the number after the session had ended.
 */
function addLaunchSession(
  record: LaunchRecord,
  runner: ProcessIdentity | undefined,
  candidates: ReadonlyMap<number, ProcessEntry>,
  table: ProcessTable,
  tree: Membership,
): void {
  if (runner === undefined) return;
  const leader = table.get(runner.pid);
  if (leader !== undefined && leader.startTicks !== runner.startTicks) return;
  for (const entry of candidates.values()) {
    if (entry.sid !== runner.pid) continue;
    if (tokenOf(entry.pid, table) === record.token) tree.add(entry, 'token');
    else if (holdsOurFiles(entry.pid, record, table)) tree.add(entry, 'descriptor');
  }
}

/** Token carriers outside the session: members when they still serve the launch, else detached. */
function addCarriers(
  record: LaunchRecord,
  candidates: ReadonlyMap<number, ProcessEntry>,
  table: ProcessTable,
  extra: ExamineExtra,
  tree: Membership,
): readonly DetachedProcess[] {
  const leased = new Set(record.ports);
  const outside = [...candidates.values()].filter(({ pid }) => !tree.has(pid) && tokenOf(pid, table) === record.token);
  for (const entry of outside) {
    const listens = extra.listeners.get(entry.pid)?.some((port) => leased.has(port)) ?? false;
    if (listens || holdsOurFiles(entry.pid, record, table)) tree.add(entry, 'token');
  }
  tree.spread(false);
  return outside
    .filter(({ pid }) => !tree.has(pid))
    .map(({ pid, comm }) => ({ pid, comm, reason: 'left the session; serves no leased port and holds neither log nor data open' }));
}

// Everything the launch ever forked is in its cgroup, a browser or a tmux server too: what detached by the rule above, or
// descends from that, stays so.
function addByCgroup(
  pids: readonly number[],
  candidates: ReadonlyMap<number, ProcessEntry>,
  table: ProcessTable,
  tree: Membership,
  detached: readonly DetachedProcess[],
): void {
  const spared = new Set(detached.map(({ pid }) => pid));
  for (const pid of pids) {
    const entry = candidates.get(pid);
    if (entry === undefined || tree.has(pid)) continue;
    const carrier = nearestCarrier(entry, table);
    if (carrier === undefined || !spared.has(carrier)) tree.add(entry, 'cgroup');
  }
}

function holdsOurFiles(pid: number, record: LaunchRecord, table: ProcessTable): boolean {
  return table
    .writableDescriptors(pid)
    .some(
      (path) =>
        path === record.logPath ||
        path === `${record.logPath}.1` ||
        isOutput(path, record) ||
        record.dataDirectories.some((directory) => path === directory || path.startsWith(`${directory}/`)),
    );
}

// The pipe of the log. The directory may be reached by another path than the descriptor shows.
function isOutput(path: string, record: LaunchRecord): boolean {
  return /^output(?:\.\d+)?$/.test(basename(path)) && basename(dirname(path)) === basename(record.directory);
}
