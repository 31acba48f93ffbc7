/** What an interrupted command left: it runs, the ledger has it, and no state lists it. From the records and the kernel alone. */
import { examineLaunch, listenersByPid, mayBeAlive, readLaunchSync, readProcessTable, type ProcessTable } from '../processes/read-only.js';
import { readLatestState, type RunState } from '../state/read-only.js';
import { readLedgeredProcesses, type LedgeredProcess } from './ledgered-launches.js';

export interface LeftProcess {
  /** As it was launched: the name of a service, `<instance>/<server>` of a dependency. */
  readonly name: string;
  readonly project: string | null;
  readonly pid: number;
  /** The first port that it listens on. */
  readonly port: number | null;
}

/** What mends it. */
export const leftHints = ['envctl start', 'envctl stop-all'] as const;

/** Never throws. What a command launched that still runs is its own. */
export function findLeftRunning(scopeDirectory: string): readonly LeftProcess[] {
  try {
    // The ledger first: what is committed or ended meanwhile is then seen as such.
    const processes = readLedgeredProcesses(scopeDirectory);
    if (processes.length === 0) return [];
    const isListed = toListed((['main', 'trees'] as const).flatMap((mode) => readLatestState(scopeDirectory, mode) ?? []));
    const unlisted = processes.filter((process) => !isListed(process) && process.owner !== undefined && !mayBeAlive(process.owner));
    if (unlisted.length === 0) return [];
    const table = readProcessTable();
    return unlisted.flatMap((process) => examineLeft(process, table) ?? []).sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** `Main Frontend runs (pid 12, port 9000), and no state lists it: an interrupted command left it` */
export function describeLeft({ name, pid, port }: LeftProcess): string {
  return `${name} runs (pid ${pid}${port === null ? '' : `, port ${port}`}), and no state lists it: an interrupted command left it`;
}

/** One line for each, with what mends it. */
export function warnOfLeftRunning(scopeDirectory: string): readonly string[] {
  return findLeftRunning(scopeDirectory).map((left) => `Warning: ${describeLeft(left)}. Mend it with: ${leftHints.join(', or ')}.`);
}

function toListed(states: readonly RunState[]): (process: LedgeredProcess) => boolean {
  const components = states.flatMap(({ requirements }) => Object.values(requirements).flatMap((result) => Object.values(result.components)));
  const directories = new Set([...states.flatMap(({ services }) => Object.values(services)), ...components].map(({ launch_directory: directory }) => directory));
  const instances = components.map(({ id, instance_id: instance }) => `${instance ?? id}/`);
  return ({ directory, name }) => directories.has(directory) || (name !== undefined && instances.some((instance) => name.startsWith(instance)));
}

function examineLeft({ directory, name, project, ledgered }: LedgeredProcess, table: ProcessTable): LeftProcess | undefined {
  const launch = readLaunchSync(directory, ledgered);
  if (launch === undefined) return undefined;
  const pids = examineLaunch(launch, table, { listeners: new Map() }).members.map((member) => member.pid);
  const pid = [launch.child?.pid, ...pids].find((candidate) => candidate !== undefined && pids.includes(candidate));
  if (pid === undefined) return undefined;
  const [port] = [...listenersByPid(pids).values()].flat();
  return { name: name ?? launch.record.name, project, pid, port: port ?? null };
}
