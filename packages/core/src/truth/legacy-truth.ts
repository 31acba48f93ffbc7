/**
 * The truth of a service that the original recorded: a pid and a port without any proof. It is judged strictly (contracts,
 * section 3.5): it runs only while the recorded process, begun when it was recorded, or a descendant of it listens on the
 * recorded port. Whoever else answers there never counts, and nothing of it is ever signalled.
 */
import { isGone, listenersByPid, startedAtSeconds, type ProcessEntry, type ProcessTable } from '../processes/read-only.js';
import type { ServiceRecord } from '../state/read-only.js';
import type { ServiceTruth } from './service-truth.js';

export interface LegacyTruthOptions {
  readonly table: () => ProcessTable;
  /** The processes of this user only; -1: of any. */
  readonly uid: number;
}

/** The original wrote the time after the launch; clocks are set meanwhile. A process that began later is another one. */
const clockSlackSeconds = 60;

export function examineLegacyService(service: ServiceRecord, { table, uid }: LegacyTruthOptions): ServiceTruth {
  const port = service.actual_port ?? service.requested_port;
  const base = { name: service.name, pid: null, listenerPids: [], actualPort: port, exit: undefined, restarts: 0, detached: [] };
  if (service.pid === null) return { ...base, status: 'stale', detail: 'recorded by the original envctl, without a process' };
  const snapshot = table();
  const entry = snapshot.get(service.pid);
  const gone = entry === undefined || isGone(entry) ? 'is gone' : isRecorded(entry, service, uid) ? undefined : 'is another process now';
  if (entry === undefined || gone !== undefined) return { ...base, status: 'stale', detail: `recorded by the original envctl; its pid ${service.pid} ${gone ?? ''}` };
  const listeners = listenersByPid(treeOf(entry, snapshot));
  const pids = [...listeners].filter(([, ports]) => port !== null && ports.includes(port)).map(([pid]) => pid).sort((left, right) => left - right);
  if (pids.length > 0) return { ...base, status: 'running', pid: entry.pid, listenerPids: pids, detail: 'recorded by the original envctl, which alone can stop it' };
  return { ...base, status: 'unreachable', pid: entry.pid, detail: `recorded by the original envctl; pid ${entry.pid} lives, but ${port === null ? 'no port was recorded' : `nothing of it listens on port ${port}`}` };
}

function isRecorded(entry: ProcessEntry, { started_at: recordedAt }: ServiceRecord, uid: number): boolean {
  if (entry.isKernel || (uid > 0 && entry.uid !== uid)) return false;
  const startedAt = startedAtSeconds(entry);
  return recordedAt === null || startedAt === undefined || startedAt <= recordedAt + clockSlackSeconds;
}

function treeOf(root: ProcessEntry, table: ProcessTable): readonly number[] {
  const pids = [root.pid];
  for (const pid of pids) pids.push(...table.childrenOf(pid).map((child) => child.pid).filter((child) => !pids.includes(child)));
  return pids;
}
