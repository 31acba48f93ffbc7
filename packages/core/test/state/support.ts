import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenerationLock } from '../../dist/fs/index.js';
import { createStateRepository, emptyState, type RunState, type ServiceRecord, type StateRepository, type StateRepositoryOptions } from '../../dist/state/index.js';
import { readFileSync, readlinkSync } from 'node:fs';
import { serviceDefaults } from '../../dist/state/run-state-document.js';
import type { ProcessIdentity } from '../../dist/contract/index.js';

/** A fresh directory; `remove` ends it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'envctl-test-state-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function ownIdentity(): ProcessIdentity {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return { pid: process.pid, startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0', bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), pidNamespace: readlinkSync('/proc/self/ns/pid') };
}

export function isAlive(identity: { readonly pid: number; readonly startTicks: string }): boolean {
  try {
    const stat = readFileSync(`/proc/${identity.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] !== 'Z' && fields[19] === identity.startTicks;
  } catch {
    return false;
  }
}

export const scopeId = 'repo-0123456789ab';
export const noon = Date.UTC(2026, 0, 2, 12);

export function repositoryIn(scopeDirectory: string, options: Partial<StateRepositoryOptions> = {}): StateRepository {
  const lock = createGenerationLock({ directory: join(scopeDirectory, 'locks'), name: 'scope', identity: ownIdentity(), isAlive });
  return createStateRepository({ scopeDirectory, scopeId, lock, now: () => noon, ...options });
}

/** A service record; what is not given has its default (status `unknown`, critical, a listener expected). */
export function serviceOf(name: string, fields: Partial<ServiceRecord> = {}): ServiceRecord {
  return { ...serviceDefaults, name, type: 'backend', cwd: '/x', ...fields } as ServiceRecord;
}

/** A state with one running backend of `project`. */
export function stateOf(runId: string, project: string, port: number, mode: 'main' | 'trees' = 'main'): RunState {
  const name = `${project} Backend`;
  const service = serviceOf(name, { cwd: `/work/${project}`, status: 'running', requested_port: port, actual_port: port, project, service_slug: 'backend' });
  return { ...emptyState(runId, mode), services: { [name]: service }, metadata: { project_roots: { [project]: `/work/${project}` } } };
}
