import { stat } from 'node:fs/promises';
import type { Mode } from '../contract/index.js';
import { keepColours, readTail, stripEscapes, type LinesMatch, type LogPosition } from '../services/index.js';
import type { RunState, ServiceRecord } from '../state/index.js';

/** The document of `logs --json` without following. */
export interface LogsReport {
  readonly run_id: string;
  readonly mode: Mode;
  /** Lines asked for of each log; null = all that are given back. */
  readonly tail: number | null;
  /** ISO 8601. */
  readonly since: string | null;
  readonly grep: string | null;
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
  /** By what `since` was held; see `LogTail`. */
  readonly since_basis?: 'lines' | 'file';
  /** Earlier lines are left out: more than 8 MiB. */
  readonly tail_cut?: true;
  readonly size_bytes?: number;
  readonly reason?: 'missing' | 'unavailable';
}

export interface LogsOptions {
  /** Lines to show of each log; null = all of them, as far as memory allows. */
  readonly tail: number | null;
  /** Epoch milliseconds. */
  readonly since?: number;
  readonly grep?: { readonly pattern: string; readonly match: LinesMatch };
  readonly follow: boolean;
  readonly durationSeconds: number | null;
  readonly stripColour: boolean;
  /** Shows also the secrets that envctl knows. */
  readonly reveal: boolean;
}

/** Text without the secrets that envctl knows. */
export type Redact = (text: string) => string;

export async function readLogs(state: RunState, services: readonly ServiceRecord[], options: LogsOptions, redact: Redact): Promise<LogsReport> {
  return {
    run_id: state.run_id,
    mode: state.mode,
    tail: options.tail,
    since: options.since === undefined ? null : new Date(options.since).toISOString(),
    grep: options.grep?.pattern ?? null,
    follow_requested: options.follow,
    duration_seconds: options.durationSeconds,
    streaming: false,
    services: await Promise.all(services.map(async (service) => (await readServiceLog(service, options, redact)).log)),
  };
}

/** The log of one service, and the byte where following goes on. Of one that is followed a line that is not finished is left to the following. */
export async function readServiceLog(service: ServiceRecord, options: LogsOptions, redact: Redact): Promise<{ readonly log: ServiceLog; readonly next?: LogPosition }> {
  const base = { name: service.name, status: service.status, log_path: service.log_path };
  if (service.log_path === null) return { log: { ...base, exists: false, tail_lines: [], reason: 'unavailable' } };
  const { lines, next, sinceBasis, isCut } = await readTail(service.log_path, { count: options.tail ?? undefined, since: options.since, match: options.grep?.match, unfinished: !options.follow });
  if (next === undefined) return { log: { ...base, exists: false, tail_lines: [], reason: 'missing' } };
  const size = (await stat(service.log_path).catch(() => undefined))?.size ?? 0;
  return { log: { ...base, exists: true, tail_lines: lines.map(toShown(options, redact)), ...(sinceBasis === undefined ? {} : { since_basis: sinceBasis }), ...(isCut ? { tail_cut: true as const } : {}), size_bytes: size }, next };
}

/**
 * What is shown of a line: without any escape sequence, or with its colours only, so that no service can clear the screen of the others. Secrets
 * are looked for in the plain text, where no colour can stand in one; a line that has some is shown without colours.
 */
export function toShown({ stripColour, reveal }: Pick<LogsOptions, 'stripColour' | 'reveal'>, redact: Redact): (line: string) => string {
  const toColoured = stripColour ? stripEscapes : keepColours;
  if (reveal) return toColoured;
  return (line) => {
    const plain = stripEscapes(line);
    const safe = redact(plain);
    return safe === plain ? toColoured(line) : safe;
  };
}
