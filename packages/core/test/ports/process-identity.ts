import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../../dist/contract/index.js';

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Identity of a living process; undefined when it is gone or a zombie. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    if (fields[0] === 'Z') return undefined;
    return { pid, startTicks: fields[19] ?? '', bootId, pidNamespace: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

export function self(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error('no /proc');
  return identity;
}

/** Nobody: a process of another boot. */
export const deadIdentity: ProcessIdentity = { pid: 1, startTicks: '1', bootId: 'another-boot', pidNamespace: 'pid:[1]' };
