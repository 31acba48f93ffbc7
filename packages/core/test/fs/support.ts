import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../dist/contract/index.js';

/** A fresh directory; `remove` ends it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'envctl-test-fs-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTicks: statFields('self')?.[19] ?? '0', bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), pidNamespace: readlinkSync('/proc/self/ns/pid') };
}

/** Written without envctl's own process room, on purpose. */
export function isAlive(identity: { readonly pid: number; readonly startTicks: string }): boolean {
  const fields = statFields(String(identity.pid));
  return fields !== undefined && fields[0] !== 'Z' && fields[19] === identity.startTicks;
}

function statFields(pid: string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
