/**
 * What can be known about a recorded process. A pid namespace sees itself and the namespaces below it, never those
 * beside or above it: two containers that share a state directory cannot see each other. What cannot be seen is not
 * gone, so that a lock, a lease or a launch of the other container is never taken for abandoned.
 */
import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../contract/index.js';
import { selfIdentity } from './identity.js';
import { isGone, type ProcessEntry, readProcessEntry } from './stat.js';
import { readProcessTable, type ProcessTable } from './table.js';

/** `unknown`: it is of a pid namespace of this boot that cannot be seen from here. */
export type Liveness = 'alive' | 'gone' | 'unknown';

/** The kernel's fixed name of the first pid namespace, which sees every other one. */
const initialNamespace = 'pid:[4026531836]';

/** Whether the very process still runs. One small read for a process of this namespace, a look at all for any other. */
export function livenessOf(identity: ProcessIdentity, self: ProcessIdentity = selfIdentity()): Liveness {
  if (identity.bootId !== self.bootId) return 'gone';
  if (identity.pidNamespace === self.pidNamespace) {
    const entry = readProcessEntry('/proc', identity.pid);
    return entry !== undefined && entry.startTicks === identity.startTicks && !isGone(entry) ? 'alive' : 'gone';
  }
  const table = readProcessTable();
  const inside = [...table.all()].filter(({ pid }) => table.namespaceOf(pid) === identity.pidNamespace);
  // A namespace of which one process can be seen lies below this one: then all of it can be seen.
  if (inside.length > 0) {
    const isIt = (entry: (typeof inside)[number]): boolean => entry.startTicks === identity.startTicks && !isGone(entry) && innermostPid(entry.pid) === identity.pid;
    return inside.some(isIt) ? 'alive' : 'gone';
  }
  return seesEveryNamespace(table) ? 'gone' : 'unknown';
}

/** False only when the process is surely gone. */
export function mayBeAlive(identity: ProcessIdentity, self?: ProcessIdentity): boolean {
  return livenessOf(identity, self) !== 'gone';
}

/** False only when no process of that namespace of this boot lives for sure. */
export function mayNamespaceLive(namespace: string, table: ProcessTable): boolean {
  for (const { pid } of table.all()) if (table.namespaceOf(pid) === namespace) return true;
  return !seesEveryNamespace(table);
}

function seesEveryNamespace(table: ProcessTable): boolean {
  // Process 1 is of the namespace it is number 1 in, readable or not.
  const isKnown = (entry: ProcessEntry): boolean => entry.pid === 1 || entry.isKernel || table.namespaceOf(entry.pid) !== undefined || hasEnded(entry);
  return table.pidNamespace === initialNamespace && [...table.all()].every(isKnown);
}

/** It, or its number, is nobody's any more: there was nothing to read. */
function hasEnded(entry: ProcessEntry): boolean {
  const now = readProcessEntry('/proc', entry.pid);
  return now === undefined || now.startTicks !== entry.startTicks || isGone(now);
}

/** The pid of a process in its own namespace, the last of the ones it has. */
function innermostPid(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^NSpid:\s*(.*\s)?(\d+)$/m.exec(text)?.[2] ?? NaN);
  } catch {
    return undefined;
  }
}
