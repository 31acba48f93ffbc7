/**
 * What the servers behind a project's dependencies do now, from the ledger and the kernel alone: no plugin code, no
 * request to the server. A server whose process lives and listens counts as healthy; `health` asks it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examineLaunch, listenersByPid, readLaunch, readLivingTree, readProcessTable, type Launch } from '../processes/read-only.js';
import type { RequirementsResult } from '../state/read-only.js';

type Component = RequirementsResult['components'][string];

export interface DependencyEndpoint {
  readonly enabled: boolean;
  /** `healthy`, `degraded` or `unreachable`; of one that is not observed what was recorded. */
  readonly status: string;
  /** False for a server of somebody else's: its status is the recorded one. */
  readonly observed: boolean;
  readonly port: number | null;
  readonly resources: Readonly<Record<string, number>>;
}

/** By dependency id. Never throws for what cannot be read: such a server is unreachable. `legacy`: the original recorded them, nothing is looked at. */
export async function examineDependencies(scopeDirectory: string, components: readonly Component[], options: { readonly legacy?: boolean } = {}): Promise<Readonly<Record<string, DependencyEndpoint>>> {
  if (options.legacy === true) return Object.fromEntries(components.map((component) => [component.id, toRecorded(component)]));
  const own = components.filter(isObserved);
  const servers = own.length === 0 ? [] : await readServers(join(scopeDirectory, 'ledger'));
  return Object.fromEntries(components.map((component) => [component.id, toEndpoint(component, servers)]));
}

function toEndpoint(component: Component, servers: readonly Launch[]): DependencyEndpoint {
  const port = component.resources['primary'] ?? null;
  const observed = isObserved(component);
  const facts = { enabled: true, observed, port, resources: component.resources };
  if (!observed) return { ...facts, status: component.health };
  const alive = servers.filter((server) => server.record.name.startsWith(`${component.instance_id ?? component.id}/`)).some((server) => serves(server, port));
  return { ...facts, status: !alive ? 'unreachable' : component.health === 'degraded' ? 'degraded' : 'healthy' };
}

function toRecorded({ health, resources }: Component): DependencyEndpoint {
  return { enabled: true, status: health, observed: false, port: resources['primary'] ?? null, resources };
}

function isObserved(component: Component): boolean {
  return component.driver !== 'external' && !component.simulated;
}

/** A process of the launch listens on the port; of a server without a port it is enough that one lives. */
function serves(launch: Launch, port: number | null): boolean {
  const listens = (pids: readonly number[]) => port === null || [...listenersByPid(pids).values()].some((ports) => ports.includes(port));
  const tree = readLivingTree(launch);
  if (tree.length > 0 && listens(tree)) return true;
  const { members } = examineLaunch(launch, readProcessTable(), { listeners: new Map() });
  return members.length > 0 && listens(members.map((member) => member.pid));
}

/** The launches of dependencies that are on record; what cannot be read is passed over. */
async function readServers(ledger: string): Promise<readonly Launch[]> {
  const names = await readdir(ledger).catch(() => []);
  const directories = await Promise.all(names.filter((name) => /^process-.*\.json$/.test(name)).map((name) => readServerDirectory(join(ledger, name))));
  const launches = await Promise.all(directories.filter((directory) => directory !== undefined).map((directory) => readLaunch(directory)));
  return launches.filter((launch) => launch !== undefined).filter((launch) => launch.record.kind === 'dependency');
}

async function readServerDirectory(path: string): Promise<string | undefined> {
  try {
    const { step } = JSON.parse(await readFile(path, 'utf8')) as { readonly step?: { readonly directory?: unknown } };
    return typeof step?.directory === 'string' ? step.directory : undefined;
  } catch {
    return undefined;
  }
}
