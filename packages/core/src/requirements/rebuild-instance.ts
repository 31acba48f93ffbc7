/**
 * The record of an instance that is damaged, or gone while its server lives, told anew: whom it serves and how by the
 * states, its ports by their leases, its token by the launch of its server.
 */
import { basename } from 'node:path';
import { EnvctlError, type DriverName } from '../contract/index.js';
import { readProcessTable } from '../processes/index.js';
import { isLaunchAlive, readRecordedLaunches, type RecordedLaunch } from '../resources/index.js';
import type { EngineContext } from '../scope/index.js';
import type { RequirementComponent } from '../state/index.js';
import type { InstanceRecord } from './instance-schema.js';
import { instanceLockMs, instancePath, newInstanceRecord, readInstance, readInstances, writeInstance } from './instance-store.js';

/** Writes anew what damaged and lost records can be told; the lock of none may be held. Returns the ids of those that cannot. */
export async function mendInstances(context: EngineContext): Promise<readonly string[]> {
  const left = await Promise.all(
    (await findUnreadable(context)).map((id) =>
      context.lock(`instance-${id}`).hold(`mend ${id}`, { timeoutMs: instanceLockMs }, async () => {
        if (!(await findUnreadable(context)).includes(id)) return [];
        const record = await rebuildInstance(context, id);
        if (record === undefined) return [id];
        await writeInstance(context, record);
        return [];
      }),
    ),
  );
  return left.flat();
}

/** The record, or what it must have been where it is damaged, or gone while its server lives. Throws as {@link readInstance} when nothing tells that. */
export async function readOrRebuildInstance(context: EngineContext, id: string): Promise<InstanceRecord | undefined> {
  try {
    return (await readInstance(context, id)) ?? ((await findLost(context, [])).includes(id) ? await rebuildInstance(context, id) : undefined);
  } catch (error) {
    const rebuilt = await rebuildInstance(context, id);
    if (rebuilt === undefined) throw error;
    return rebuilt;
  }
}

/** Of a record that nothing tells anew: what may run without it, as a problem. */
export async function describeUnmended(context: EngineContext, id: string): Promise<readonly string[]> {
  const alive = await findServers(context, id);
  return alive.length > 0 ? [`${id}: its record ${instancePath(context, id)} is damaged or gone and nothing tells who uses it; its server runs on: envctl stop-all`] : [];
}

/** Throws ENVCTL_E_STATE_UNREADABLE when a server may run on the data that is on no readable record: a second one would destroy it. */
export async function assertNoLostServer(context: EngineContext, id: string): Promise<void> {
  const [server] = await findServers(context, id);
  if (server === undefined) return;
  throw new EnvctlError('ENVCTL_E_STATE_UNREADABLE', `A server of ${id} that an earlier command started runs, and the record of it is gone: ${server.directory}`, {
    kind: 'environment',
    hints: ['envctl stop-all   (ends it; the data stays and is found again)'],
    data: { path: server.directory },
  });
}

async function findUnreadable(context: EngineContext): Promise<readonly string[]> {
  const { instances, damaged } = await readInstances(context);
  const ids = damaged.map(toInstanceId);
  return [...ids, ...(await findLost(context, [...ids, ...instances.map(({ id }) => id)]))];
}

/** Instances without a record of which something runs. */
async function findLost(context: EngineContext, recorded: readonly string[]): Promise<readonly string[]> {
  const [{ launches }, used] = await Promise.all([readRecordedLaunches(context), readUses(context)]);
  const launched = launches.flatMap(({ kind, name }) => (kind === 'dependency' && name !== undefined ? [name.slice(0, name.lastIndexOf('/'))] : []));
  const missing = [...new Set([...launched, ...used.map(({ id }) => id)])].filter((id) => !recorded.includes(id));
  const seen = await Promise.all(missing.map(async (id) => ((await findServers(context, id)).length > 0 ? [id] : [])));
  return seen.flat();
}

/** The living launches of an instance, on record or not. A launch that has lost its name is known by its directory. */
async function findServers(context: EngineContext, id: string): Promise<readonly RecordedLaunch[]> {
  const { launches } = await readRecordedLaunches(context, { thorough: true });
  const table = readProcessTable();
  const isOfInstance = ({ name, kind, launchId }: RecordedLaunch): boolean => (name === undefined ? launchId.startsWith(`${id}-`) : kind === 'dependency' && name.startsWith(`${id}/`));
  return launches.filter((launch) => isOfInstance(launch) && isLaunchAlive(launch, table));
}

async function rebuildInstance(context: EngineContext, id: string): Promise<InstanceRecord | undefined> {
  const uses = (await readUses(context)).filter((use) => use.id === id);
  const component = uses[0]?.component;
  if (component === undefined) return undefined;
  const leases = (await context.leases.list()).flatMap(({ owner, port, token }) => (owner?.scopeId === context.scope.id && owner.service.startsWith(`${id}:`) ? [{ port, token, resource: owner.service.slice(id.length + 1) }] : []));
  const { launches } = await readRecordedLaunches(context);
  const server = launches.find(({ name, kind }) => kind === 'dependency' && name?.startsWith(`${id}/`) === true) ?? (await findServers(context, id))[0];
  const token = server?.token ?? null;
  const current = leases.filter((lease) => token === null || lease.token === token);
  const share = id === component.id ? 'scope' : 'project';
  const holders = [...new Set(uses.map(({ project }) => project))].sort();
  const record = newInstanceRecord(context, id, { dependency: component.id, share, project: share === 'scope' ? null : (holders[0] ?? null), driver: component.driver as DriverName });
  return { ...record, token, holders, ports: current.length > 0 ? Object.fromEntries(current.map(({ resource, port }) => [resource, port])) : portsOf(component) };
}

interface Use {
  readonly id: string;
  readonly project: string;
  readonly component: RequirementComponent;
}

/** Which projects, of both modes, use which instances of servers that envctl runs. */
async function readUses({ state }: EngineContext): Promise<readonly Use[]> {
  const states = await Promise.all((['main', 'trees'] as const).map((mode) => state.load({ mode }).catch(() => undefined)));
  return states.flatMap((loaded) =>
    Object.entries(loaded?.state.requirements ?? {}).flatMap(([project, { components }]) =>
      Object.values(components).flatMap((component) => (component.enabled && component.instance_id !== null && component.driver !== null ? [{ id: component.instance_id, project, component }] : [])),
    ),
  );
}

function portsOf({ resources }: RequirementComponent): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(resources).filter(([name]) => name !== 'requested'));
}

function toInstanceId(path: string): string {
  return basename(path, '.json');
}
