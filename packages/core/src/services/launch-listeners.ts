import { readKernelListeners } from '../ports/index.js';
import { examineLaunch, findTokenCarriers, listenersByPid, readLaunch, readProcessTable, type Launch, type ProcessTable } from '../processes/index.js';

/** The listeners of one launch, as the last look found them. */
export interface LaunchListeners {
  /**
   * Looks. With `port` the kernel's socket table is read first: while nobody listens there, nobody's
   * processes need to be examined, which costs several times as much.
   */
  readonly listenersOf: (port?: number) => Promise<readonly number[]>;
  /** Processes of the launch that listen on the port, in ascending order. */
  pidsOn(port: number): readonly number[];
  /** The command's process; the runner's while that is not known. */
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
      // A command that has ended is no service, whatever it left behind listens.
      if (launch === undefined || launch.between || launch.exit !== undefined) return [];
      const table = readProcessTable();
      listeners = listenersOfMembers(launch, table, false);
      // A server that became a daemon has left the session, and is known by its token or its open log.
      if (port === undefined || !portsOf().includes(port)) listeners = listenersOfMembers(launch, table, true);
      return portsOf();
    },
    pidsOn: (port) => [...listeners].filter(([, ports]) => ports.includes(port)).map(([pid]) => pid).sort((left, right) => left - right),
    childPid: () => launch?.child?.pid ?? launch?.runner?.pid ?? null,
  };
}

function listenersOfMembers(launch: Launch, table: ProcessTable, thorough: boolean): Listeners {
  const carried: Listeners = thorough ? listenersByPid(findTokenCarriers(table, new Set([launch.record.token])).keys()) : new Map();
  return listenersByPid(examineLaunch(launch, table, { listeners: carried, thorough }).members.map(({ pid }) => pid));
}
