import { readKernelListeners } from '../ports/index.js';
import { examineLaunch, findAttendants, findFormerMembers, findTokenCarriers, hasEndedWell, isSettling, listenersByPid, readLaunch, readLivingTree, readProcessTable, type Launch, type ProcessTable } from '../processes/index.js';

/** The listeners of one launch, as the last look found them. */
export interface LaunchListeners {
  /**
   * Looks. With `port` the kernel's socket table is read first: while nobody listens there, nobody's
   * processes need to be examined, which costs several times as much.
   */
  readonly listenersOf: (port?: number) => Promise<readonly number[]>;
  /** Looks for processes of the launch that listen on the port although the start of the command that made them is over. */
  leftOn(port: number): Promise<readonly number[]>;
  /** Whether something of the present start of the command lives, its end notwithstanding, that listens or may come to. */
  lives(): Promise<boolean>;
  /** Processes of the launch that listen on the port, in ascending order. */
  pidsOn(port: number): readonly number[];
  /** The command's process; the runner's while that is not known; of a command that went to the background the one that listens. */
  childPid(): number | null;
}

type Listeners = ReadonlyMap<number, readonly number[]>;

/** @param directory the launch directory */
export function createLaunchListeners(directory: string): LaunchListeners {
  let launch: Launch | undefined;
  let listeners: Listeners = new Map();
  const portsOf = (): readonly number[] => [...new Set([...listeners.values()].flat())];
  return {
    async listenersOf(port) {
      if (port !== undefined && !readKernelListeners().some((listener) => listener.port === port)) return [];
      launch = await readLaunch(directory);
      // A command that has ended badly is no service, whatever it left behind listens.
      if (launch === undefined || (isOver(launch) && !hasEndedWell(launch))) return [];
      if (port !== undefined) {
        listeners = listenersBelow(launch);
        if (portsOf().includes(port)) return portsOf();
      }
      const table = readProcessTable();
      listeners = listenersOfMembers(launch, table, { thorough: false, which: 'present' });
      // A server that became a daemon has left the session, and is known by its token or its open log.
      if (port === undefined || !portsOf().includes(port)) listeners = listenersOfMembers(launch, table, { thorough: true, which: 'present' });
      return portsOf();
    },
    async leftOn(port) {
      const now = await readLaunch(directory);
      if (now === undefined) return [];
      return pidsIn(listenersOfMembers(now, readProcessTable(), { thorough: true, which: isOver(now) ? 'all' : 'former' }), port);
    },
    async lives() {
      const now = await readLaunch(directory);
      return now !== undefined && hasLivingMembers(now, readProcessTable());
    },
    pidsOn: (port) => pidsIn(listeners, port),
    childPid: () => (launch !== undefined && isOver(launch) ? ([...listeners.keys()][0] ?? null) : (launch?.child?.pid ?? launch?.runner?.pid ?? null)),
  };
}

function pidsIn(listeners: Listeners, port: number): readonly number[] {
  return [...listeners].filter(([, ports]) => ports.includes(port)).map(([pid]) => pid).sort((left, right) => left - right);
}

function isOver({ between, exit }: Launch): boolean {
  return between || exit !== undefined;
}

/** The runner and what it has beside the command do not count; what left the session does while it is young enough to open its port yet. */
function hasLivingMembers(launch: Launch, table: ProcessTable): boolean {
  const listeners = listenersByPid(findTokenCarriers(table, new Set([launch.record.token])).keys());
  const { members, detached, runner } = examineLaunch(launch, table, { listeners });
  const former = findFormerMembers(launch, members, table);
  const attendants = findAttendants(launch, members, runner?.pid, table);
  return members.some(({ pid }) => !former.has(pid) && !attendants.has(pid)) || detached.some(({ pid }) => isSettling(pid, table));
}

/** Those of the command and what it started itself, without a look at any other process; none where a former start may have left something. */
function listenersBelow(launch: Launch): Listeners {
  if (launch.restarts > 0 || launch.child === undefined) return new Map();
  const tree = readLivingTree(launch);
  return tree.includes(launch.child.pid) ? listenersByPid(tree) : new Map();
}

/** `present`: of what belongs to the present start of the command; `former`: of what an earlier one left behind. */
function listenersOfMembers(launch: Launch, table: ProcessTable, { thorough, which }: { readonly thorough: boolean; readonly which: 'present' | 'former' | 'all' }): Listeners {
  const carried: Listeners = thorough ? listenersByPid(findTokenCarriers(table, new Set([launch.record.token])).keys()) : new Map();
  const { members } = examineLaunch(launch, table, { listeners: carried, thorough });
  const former = findFormerMembers(launch, members, table);
  return listenersByPid(members.map(({ pid }) => pid).filter((pid) => which === 'all' || former.has(pid) === (which === 'former')));
}
