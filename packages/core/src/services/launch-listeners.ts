import { readKernelListeners } from '../ports/index.js';
import { examineLaunch, findTokenCarriers, listenersByPid, readLaunch, readProcessTable } from '../processes/index.js';

/**
 * `listenersOf` of a launch on this machine. The kernel's socket table is read first: while nobody listens
 * on the port, nobody's processes need to be looked at.
 * @param directory the launch directory
 */
export function createLaunchListeners(directory: string): (port?: number) => Promise<readonly number[]> {
  return async (port) => {
    if (port !== undefined && !readKernelListeners().some((listener) => listener.port === port)) return [];
    const launch = await readLaunch(directory);
    if (launch === undefined) return [];
    const table = readProcessTable();
    const portsOf = (pids: readonly number[]): readonly number[] => [...new Set([...listenersByPid(pids).values()].flat())];
    const members = (thorough: boolean, listeners: ReadonlyMap<number, readonly number[]>): readonly number[] =>
      examineLaunch(launch, table, { listeners, thorough }).members.map(({ pid }) => pid);
    const near = portsOf(members(false, new Map()));
    if (port !== undefined && near.includes(port)) return near;
    // A server that became a daemon has left the session, and is known by its token or its open log.
    const carriers = findTokenCarriers(table, new Set([launch.record.token]));
    return portsOf(members(true, listenersByPid(carriers.keys())));
  };
}
