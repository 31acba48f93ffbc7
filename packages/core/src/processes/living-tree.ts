/**
 * The quick half of the identity predicate: a runner that lives and what descends from it, without a look at any
 * other process of the machine. It can miss members, never invent one; who needs all of them examines the launch.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Launch } from './launch-spec.js';
import { launchTokenVariable } from './launch-spec.js';
import { isGone, readProcessEntry } from './stat.js';
import { readBootId, readNamespace } from './table.js';

/** Pids of the runner and its descendants; empty when the recorded runner does not live. */
export function readLivingTree(launch: Launch, options: { readonly procRoot?: string } = {}): readonly number[] {
  const procRoot = options.procRoot ?? '/proc';
  const { record, runner } = launch;
  if (runner === undefined || record.bootId !== readBootId(procRoot) || record.pidNamespace !== readNamespace(procRoot, 'self')) return [];
  const entry = readProcessEntry(procRoot, runner.pid);
  if (entry === undefined || entry.startTicks !== runner.startTicks || isGone(entry)) return [];
  if (record.user !== undefined && entry.uid !== record.user.uid) return [];
  const pids = [runner.pid];
  for (const pid of pids) pids.push(...childrenOf(procRoot, pid).filter((child) => !pids.includes(child) && isOurs(procRoot, child, launch)));
  return pids;
}

/** Children that any thread of the process made; none where the kernel does not tell. */
function childrenOf(procRoot: string, pid: number): readonly number[] {
  try {
    return readdirSync(`${procRoot}/${pid}/task`).flatMap((thread) =>
      readFileSync(`${procRoot}/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((word) => word !== '').map(Number),
    );
  } catch {
    return [];
  }
}

function isOurs(procRoot: string, pid: number, { record }: Launch): boolean {
  const entry = readProcessEntry(procRoot, pid);
  if (entry === undefined || isGone(entry) || Number(entry.startTicks) < Number(record.createdTicks) - 2) return false;
  const namespace = readNamespace(procRoot, pid);
  if (namespace !== undefined && namespace !== record.pidNamespace) return false;
  const token = readToken(procRoot, pid);
  return token === undefined || token === record.token;
}

function readToken(procRoot: string, pid: number): string | undefined {
  const mark = `${launchTokenVariable}=`;
  try {
    const word = readFileSync(`${procRoot}/${pid}/environ`, 'utf8').split('\0').find((candidate) => candidate.startsWith(mark));
    return word?.slice(mark.length);
  } catch {
    return undefined;
  }
}
