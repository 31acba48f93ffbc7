import { stat } from 'node:fs/promises';
import type { Mode } from '../contract/index.js';
import { readTail } from '../services/index.js';
import type { RunState, ServiceRecord } from '../state/index.js';

/** The document of `logs --json`; JSON never follows. */
export interface LogsReport {
  readonly run_id: string;
  readonly mode: Mode;
  readonly tail: number;
  readonly follow_requested: boolean;
  readonly duration_seconds: number | null;
  readonly streaming: false;
  readonly services: readonly ServiceLog[];
}

export interface ServiceLog {
  readonly name: string;
  readonly status: string;
  readonly log_path: string | null;
  readonly exists: boolean;
  readonly tail_lines: readonly string[];
  readonly size_bytes?: number;
  readonly reason?: 'missing' | 'unavailable';
}

export interface LogsOptions {
  readonly tail: number;
  readonly follow: boolean;
  readonly durationSeconds: number | null;
  readonly stripColour: boolean;
}

export async function readLogs(state: RunState, services: readonly ServiceRecord[], options: LogsOptions): Promise<LogsReport> {
  return {
    run_id: state.run_id,
    mode: state.mode,
    tail: options.tail,
    follow_requested: options.follow,
    duration_seconds: options.durationSeconds,
    streaming: false,
    services: await Promise.all(services.map(async (service) => (await readServiceLog(service, options)).log)),
  };
}

/** The log of one service, and the byte where following goes on. */
export async function readServiceLog(service: ServiceRecord, options: LogsOptions): Promise<{ readonly log: ServiceLog; readonly offset: number }> {
  const base = { name: service.name, status: service.status, log_path: service.log_path };
  if (service.log_path === null) return { log: { ...base, exists: false, tail_lines: [], reason: 'unavailable' }, offset: 0 };
  const facts = await stat(service.log_path).catch(() => undefined);
  if (facts === undefined) return { log: { ...base, exists: false, tail_lines: [], reason: 'missing' }, offset: 0 };
  const { lines, offset } = await readTail(service.log_path, options.tail);
  return { log: { ...base, exists: true, tail_lines: options.stripColour ? lines.map(stripAnsi) : lines, size_bytes: facts.size }, offset };
}

const ansiSequence = new RegExp('\\u001B(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\u0007]*(?:\\u0007|\\u001B\\\\))', 'g');

export function stripAnsi(text: string): string {
  return text.replace(ansiSequence, '');
}
