import { createHash } from 'node:crypto';
import type { EventEmitter, EventFields, FieldRule, SignalDeclaration } from '../contract/index.js';
import { EnvctlError, errorMessage } from '../contract/index.js';
import type { Redactor } from './redaction.js';
import type { EventRecord, EventSink } from './sinks.js';

/** Fields of the event contract (version 2). A payload field of the same name is written as `payload_<name>`. */
export const contractKeys = ['event', 'timestamp', 'schema_version', 'trace_id', 'phase', 'parent_trace_id'] as const;

/** Distinct undeclared names that are told apart. */
const droppedLimit = 1000;

/** The event that reports undeclared events and fields. */
export const droppedSignal = 'events.signal.dropped';

export interface RecorderOptions {
  /** Every signal that may be emitted: core's and the active plugins'. */
  readonly catalogue: readonly SignalDeclaration[];
  readonly sinks: readonly EventSink[];
  readonly traceId: string;
  readonly parentTraceId?: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly redactor: Redactor;
  /** Run the command works on, as far as known. */
  readonly runIdProvider?: () => string | undefined;
  /** Tests: an undeclared event or field throws instead of being dropped. */
  readonly strict?: boolean;
  /** Makes digests of `hash` fields unlinkable between commands; random per process. */
  readonly salt: string;
}

export interface Recorder extends EventEmitter {
  /** Binds the sinks to the run's event file and adds the run id to later events. */
  setRun(runId: string, path: string): void;
  /** Writes the final counts of what was dropped. Everything else is on disk already. */
  flush(): void;
  close(): void;
  /** Undeclared events and fields so far, and how often. */
  dropped(): ReadonlyMap<string, number>;
  /** Sinks that failed, with the last message and how often. */
  failures(): readonly { readonly message: string; readonly count: number }[];
}

/** Makes the recorder of one command. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { sinks, redactor } = options;
  const signals = new Map(options.catalogue.map((signal) => [signal.event, signal]));
  const dropped = new Map<string, number>();
  const reported = new Map<string, number>();
  const failures = new Map<EventSink, { message: string; count: number }>();
  let runId: string | undefined;

  const emit = (event: string, fields: EventFields = {}): void => {
    const signal = signals.get(event);
    if (signal === undefined) return drop(event);
    const payload: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      const rule = Object.hasOwn(signal.fields, name) ? signal.fields[name] : undefined;
      if (rule === undefined) drop(event, name);
      else Object.assign(payload, toPayload(name, rule, value));
    }
    write(event, signal.phase, payload);
  };

  const toPayload = (name: string, rule: FieldRule, value: unknown): Record<string, unknown> => {
    if (value === undefined || rule === 'secret') return {};
    const key = (contractKeys as readonly string[]).includes(name) ? `payload_${name}` : name;
    try {
      if (rule !== 'hash') return { [key]: redactor.field(rule, value) };
      const plain = hashable(value);
      return { [`${key}_hash`]: digest(options.salt, plain), [`${key}_length`]: plain.length };
    } catch {
      return { [key]: '[unreadable]' };
    }
  };

  const write = (event: string, phase: string, payload: Record<string, unknown>): void => {
    const run = runId ?? options.runIdProvider?.();
    const record: EventRecord = {
      event,
      timestamp: new Date(options.now()).toISOString(),
      schema_version: 2,
      trace_id: options.traceId,
      phase,
      ...(options.parentTraceId === undefined ? {} : { parent_trace_id: options.parentTraceId }),
      ...(run === undefined ? {} : { run_id: run }),
      ...payload,
    };
    for (const sink of sinks) guarded(sink, () => sink.write(record));
  };

  const guarded = (sink: EventSink, work: () => void): void => {
    try {
      work();
    } catch (error) {
      failures.set(sink, { message: errorMessage(error), count: (failures.get(sink)?.count ?? 0) + 1 });
    }
  };

  const drop = (event: string, field?: string): void => {
    const name = field === undefined ? event : `${event}.${field}`;
    if (options.strict === true) {
      throw new EnvctlError('ENVCTL_E_BUG', field === undefined ? `the event ${event} is not declared` : `the field ${field} of the event ${event} is not declared`, { kind: 'bug' });
    }
    const shown = redactor.text(name).slice(0, 120);
    const key = dropped.has(shown) || dropped.size < droppedLimit ? shown : 'others';
    dropped.set(key, (dropped.get(key) ?? 0) + 1);
    if (!reported.has(key)) reportDropped(key);
  };

  const reportDropped = (key: string): void => {
    const count = dropped.get(key) ?? 0;
    reported.set(key, count);
    write(droppedSignal, 'runtime', { signal: key, count });
  };

  return {
    emit,
    setRun: (id, path) => {
      runId = id;
      for (const sink of sinks) guarded(sink, () => sink.bind?.(path));
    },
    flush: () => {
      for (const [key, count] of dropped) if (reported.get(key) !== count) reportDropped(key);
    },
    close: () => {
      for (const sink of sinks) guarded(sink, () => sink.close?.());
    },
    dropped: () => new Map(dropped),
    failures: () => [...failures.values()],
  };
}

function hashable(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(' ') : (JSON.stringify(value) ?? '');
}

function digest(salt: string, text: string): string {
  return createHash('sha256').update(`${salt}:${text}`).digest('hex');
}
