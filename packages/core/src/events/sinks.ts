import { closeSync, fchmodSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Logger, pino as createPino } from 'pino';

/** One event as it is written. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** Where events go. `write` may throw; the recorder counts it and goes on. */
export interface EventSink {
  write(record: EventRecord): void;
  /** Tells a sink that was opened early where its file is; what it buffered is written now. */
  bind?(path: string): void;
  close?(): void;
}

/** Events a sink keeps while its path is not known; older ones are dropped first. */
const bufferLimit = 10_000;

/**
 * Appends events to a JSONL file, mode 0600, one write per event before `write` returns: the file is
 * complete to the last event even when the process is killed in the next instant. Without a path it
 * buffers until `bind`. pino is loaded with the first event that is written, not before.
 */
export function createJsonlSink(path?: string): EventSink {
  let target = path;
  let open: { readonly fd: number; readonly logger: Logger; failure(): Error | undefined } | undefined;
  let buffer: EventRecord[] = [];

  const write = (record: EventRecord): void => {
    if (target === undefined) {
      buffer.push(record);
      if (buffer.length > bufferLimit) buffer.shift();
      return;
    }
    open ??= openLogger(target);
    const { schema_version: _version, ...rest } = record;
    open.logger.info(rest);
    const failure = open.failure();
    if (failure !== undefined) throw failure;
  };

  const close = (): void => {
    if (open === undefined) return;
    closeSync(open.fd);
    open = undefined;
  };

  return {
    write,
    close,
    bind: (next) => {
      if (next === target) return;
      close();
      target = next;
      const early = buffer;
      buffer = [];
      for (const record of early) write(record);
    },
  };
}

/** Keeps events in memory: for tests, and for commands that show their own events. */
export function createMemorySink(): EventSink & { readonly records: readonly EventRecord[] } {
  const records: EventRecord[] = [];
  return { records, write: (record) => void records.push(record) };
}

function openLogger(path: string): { readonly fd: number; readonly logger: Logger; failure(): Error | undefined } {
  const fd = openSync(path, 'a+', 0o600);
  fchmodSync(fd, 0o600);
  endTornLine(fd);
  // Synchronous loading: an event must be on disk when `emit` returns, so nothing here can be awaited.
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof createPino };
  const destination = pino.destination({ fd, sync: true });
  let failure: Error | undefined;
  destination.on('error', (error: Error) => {
    failure = error;
  });
  // pino begins every line with a level; the one field that all events share stands in its place.
  const logger = pino({ base: null, timestamp: false, formatters: { level: () => ({ schema_version: 2 }) } }, destination);
  return {
    fd,
    logger,
    failure: () => {
      const seen = failure;
      failure = undefined;
      return seen;
    },
  };
}

/** A full disk can leave half a line; the next event starts on a line of its own. */
function endTornLine(fd: number): void {
  const { size } = fstatSync(fd);
  if (size === 0) return;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  if (last[0] !== 0x0a) writeSync(fd, '\n');
}
