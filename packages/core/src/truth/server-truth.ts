/**
 * What the servers behind dependencies do now, from the ledger and the kernel alone: no plugin code, no request to
 * the server. Who needs to know whether it answers asks it.
 */
import { examineLaunch, findLaunchesOf, listenersByPid, readLaunchSync, readLivingTree, readProcessTable, type Launch, type ProcessTable } from '../processes/read-only.js';
import { readLedgeredProcesses } from './ledgered-launches.js';

/** `listening`: a process of its launch listens on the port; `silent`: one lives and does not; `gone`: none lives. */
export type ServerStatus = 'listening' | 'silent' | 'gone';

export interface ServerToExamine {
  /** The instance whose launches it may be. */
  readonly instance: string;
  /** Null: one without a port, which listens for as long as it lives. */
  readonly port: number | null;
}

/** In the order asked for. Never throws: a launch that cannot be read is gone. */
export async function examineServers(scopeDirectory: string, servers: readonly ServerToExamine[]): Promise<readonly ServerStatus[]> {
  if (servers.length === 0) return [];
  const launches = readServerLaunches(scopeDirectory);
  const seen = statusesOf(launches, servers);
  // Nothing on record lives: what is on no record, or on a damaged one, may.
  return Promise.all(servers.map(async (server, index) => (seen[index] === 'gone' ? statusesOf(await findLaunchesOf(scopeDirectory, server.instance), [server])[0] : seen[index]) ?? 'gone'));
}

function statusesOf(launches: readonly Launch[], servers: readonly ServerToExamine[]): readonly ServerStatus[] {
  const trees = new Map(launches.map((launch) => [launch, readLivingTree(launch)]));
  const listeners = listenersByPid([...trees.values()].flat());
  let snapshot: ProcessTable | undefined;
  return servers.map(({ instance, port }) => {
    const seen = launches
      .filter(({ record }) => record.name.startsWith(`${instance}/`))
      .map((launch): ServerStatus => {
        const tree = trees.get(launch) ?? [];
        return tree.length > 0 && listensOn(port, tree, listeners) ? 'listening' : examineServer(launch, port, (snapshot ??= readProcessTable()));
      });
    return (['listening', 'silent'] as const).find((status) => seen.includes(status)) ?? 'gone';
  });
}

/** By every process of the machine: what left the runner's tree counts too. */
function examineServer(launch: Launch, port: number | null, table: ProcessTable): ServerStatus {
  const pids = examineLaunch(launch, table, { listeners: new Map() }).members.map((member) => member.pid);
  if (pids.length === 0) return 'gone';
  return listensOn(port, pids, listenersByPid(pids)) ? 'listening' : 'silent';
}

function listensOn(port: number | null, pids: readonly number[], listeners: ReadonlyMap<number, readonly number[]>): boolean {
  return port === null || pids.some((pid) => listeners.get(pid)?.includes(port) === true);
}

/** The launches of dependencies that are on record; what cannot be read is passed over. */
function readServerLaunches(scopeDirectory: string): readonly Launch[] {
  const launches = readLedgeredProcesses(scopeDirectory).map(({ directory, ledgered }) => readLaunchSync(directory, ledgered));
  return launches.filter((launch) => launch !== undefined).filter((launch) => launch.record.kind === 'dependency');
}
