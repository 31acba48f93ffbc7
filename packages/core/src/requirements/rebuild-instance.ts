/**
 * The record of an instance that is damaged, told anew: whom it serves and how by the states, its ports by their
 * leases, its token by the launch of its server.
 */
import { basename } from 'node:path';
import type { DriverName } from '../contract/index.js';
import { examineLaunch, readProcessTable } from '../processes/index.js';
import { readRecordedLaunches } from '../resources/index.js';
import type { EngineContext } from '../scope/index.js';
import type { RequirementComponent } from '../state/index.js';
import type { InstanceRecord } from './instance-schema.js';
import { newInstanceRecord, readInstance, readInstances, writeInstance } from './instance-store.js';

const lockTimeoutMs = 120_000;

/** Writes anew what damaged records can be told; the lock of none may be held. Returns the paths of those that cannot. */
export async function mendInstances(context: EngineContext): Promise<readonly string[]> {
  const { damaged } = await readInstances(context);
  const left = await Promise.all(
    damaged.map(async (path) => {
      const id = toInstanceId(path);
      return context.lock(`instance-${id}`).hold(`mend ${id}`, { timeoutMs: lockTimeoutMs }, async () => {
        if ((await readInstances(context)).damaged.every((other) => other !== path)) return [];
        const record = await rebuildInstance(context, id);
        if (record === undefined) return [path];
        await writeInstance(context, record);
        return [];
      });
    }),
  );
  return left.flat();
}

/** The record, or what it must have been where it is damaged. Throws as {@link readInstance} when nothing tells that. */
export async function readOrRebuildInstance(context: EngineContext, id: string): Promise<InstanceRecord | undefined> {
  try {
    return await readInstance(context, id);
  } catch (error) {
    const rebuilt = await rebuildInstance(context, id);
    if (rebuilt === undefined) throw error;
    return rebuilt;
  }
}

/** Of a damaged record that nothing tells anew: what may run without it, as a problem. */
export async function describeUnmended(context: EngineContext, path: string): Promise<readonly string[]> {
  const id = toInstanceId(path);
  const { launches } = await readRecordedLaunches(context);
  const table = readProcessTable();
  const isAlive = launches.some(({ name, state }) => name?.startsWith(`${id}/`) === true && state !== undefined && examineLaunch(state, table, { listeners: new Map() }).alive);
  return isAlive ? [`${id}: its record ${path} is damaged and nothing tells who uses it; its server runs on: envctl stop-all`] : [];
}

async function rebuildInstance(context: EngineContext, id: string): Promise<InstanceRecord | undefined> {
  const uses = await usesOf(context, id);
  const component = uses[0]?.component;
  if (component === undefined) return undefined;
  const leases = (await context.leases.list()).flatMap(({ owner, port, token }) => (owner?.scopeId === context.scope.id && owner.service.startsWith(`${id}:`) ? [{ owner, port, token, resource: owner.service.slice(id.length + 1) }] : []));
  const { launches } = await readRecordedLaunches(context);
  const server = launches.find(({ name, kind }) => kind === 'dependency' && name?.startsWith(`${id}/`) === true);
  const token = server?.token ?? null;
  const current = leases.filter((lease) => token === null || lease.token === token);
  const share = id === component.id ? 'scope' : 'project';
  const holders = [...new Set(uses.map(({ project }) => project))].sort();
  const record = newInstanceRecord(context, id, { dependency: component.id, share, project: share === 'scope' ? null : (holders[0] ?? null), driver: component.driver as DriverName });
  return { ...record, token, holders, ports: current.length > 0 ? Object.fromEntries(current.map(({ resource, port }) => [resource, port])) : portsOf(component) };
}

/** By which projects, of both modes, the instance is used. */
async function usesOf({ state }: EngineContext, id: string): Promise<readonly { readonly project: string; readonly component: RequirementComponent }[]> {
  const states = await Promise.all((['main', 'trees'] as const).map((mode) => state.load({ mode }).catch(() => undefined)));
  return states.flatMap((loaded) =>
    Object.entries(loaded?.state.requirements ?? {}).flatMap(([project, { components }]) =>
      Object.values(components).flatMap((component) => (component.enabled && component.instance_id === id && component.driver !== null ? [{ project, component }] : [])),
    ),
  );
}

function portsOf({ resources }: RequirementComponent): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(resources).filter(([name]) => name !== 'requested'));
}

function toInstanceId(path: string): string {
  return basename(path, '.json');
}
