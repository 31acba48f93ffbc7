import { stat } from 'node:fs/promises';
import { errnoOf } from '../fs/index.js';
import type { Mode } from '../contract/index.js';
import { followLines, readTail } from '../services/index.js';
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

async function readServiceLog(service: ServiceRecord, options: LogsOptions): Promise<{ readonly log: ServiceLog; readonly offset: number }> {
  const base = { name: service.name, status: service.status, log_path: service.log_path };
  if (service.log_path === null) return { log: { ...base, exists: false, tail_lines: [], reason: 'unavailable' }, offset: 0 };
  const facts = await stat(service.log_path).catch(() => undefined);
  if (facts === undefined) return { log: { ...base, exists: false, tail_lines: [], reason: 'missing' }, offset: 0 };
  const { lines, offset } = await readTail(service.log_path, options.tail);
  return { log: { ...base, exists: true, tail_lines: options.stripColour ? lines.map(stripAnsi) : lines, size_bytes: facts.size }, offset };
}

export interface FollowOptions extends LogsOptions {
  readonly signal: AbortSignal;
  /** The tail of each log, before its first followed line. */
  readonly onTail: (log: ServiceLog) => void;
  readonly onLine: (service: string, line: string) => void;
}

/** Tells the tails, then follows until `signal` aborts: each log goes on at the very byte where its tail ended. */
export async function followLogs(services: readonly ServiceRecord[], options: FollowOptions): Promise<void> {
  await Promise.all(
    services.map(async (service) => {
      const { log, offset } = await readServiceLog(service, options);
      options.onTail(log);
      if (service.log_path === null) return;
      try {
        for await (const line of followLines(service.log_path, offset, options.signal)) options.onLine(service.name, options.stripColour ? stripAnsi(line) : line);
      } catch (error) {
        // The directory of the log is gone: it was told as missing, and nothing can come back there.
        if (!options.signal.aborted && errnoOf(error) !== 'ENOENT') throw error;
      }
    }),
  );
}

const ansiSequence = new RegExp('\\u001B(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\u0007]*(?:\\u0007|\\u001B\\\\))', 'g');

export function stripAnsi(text: string): string {
  return text.replace(ansiSequence, '');
}
