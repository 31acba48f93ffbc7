import type { ProcessIdentity } from '../contract/index.js';
import { isGone, readProcessEntry } from './stat.js';
import { assertOwnProc, readBootId, readNamespace, type ProcessTable } from './table.js';

/** The identity of a running process; `undefined` when there is none or it is a zombie. Without a table it is read now. */
export function identityOf(pid: number, table?: ProcessTable): ProcessIdentity | undefined {
  const entry = table === undefined ? readProcessEntry('/proc', pid) : table.get(pid);
  if (entry === undefined || isGone(entry)) return undefined;
  return {
    pid,
    startTicks: entry.startTicks,
    bootId: table?.bootId ?? readBootId(),
    pidNamespace: table?.pidNamespace ?? readNamespace('/proc', 'self') ?? '',
  };
}

/** The identity of this process. @throws EnvctlError ENVCTL_E_PLATFORM_UNSUPPORTED when `/proc` is of another pid namespace */
export function selfIdentity(): ProcessIdentity {
  assertOwnProc();
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error(`/proc does not show this process (pid ${process.pid})`);
  return identity;
}

/** True when the very process still runs; false for another boot, another pid namespace, a reused pid, a zombie. */
export function isSameProcess(identity: ProcessIdentity, table: ProcessTable): boolean {
  if (identity.bootId !== table.bootId || identity.pidNamespace !== table.pidNamespace) return false;
  const entry = table.get(identity.pid);
  return entry !== undefined && entry.startTicks === identity.startTicks && !isGone(entry);
}
