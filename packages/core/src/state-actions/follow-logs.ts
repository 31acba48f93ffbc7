/** Following logs by the names of their services: a restart gives a service another file, and the follower goes on there. */
import { errnoOf } from '../fs/index.js';
import { createSharedWatch, followLog, stripEscapes, watchDirectory, type SharedWatch } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';
import { readServiceLog, toShown, type LogsOptions, type Redact, type ServiceLog } from './logs.js';

export interface FollowOptions extends LogsOptions {
  readonly signal: AbortSignal;
  /** The tail of each log before its first followed line, and, without lines, each file that takes its place. */
  readonly onTail: (log: ServiceLog) => void;
  /** Lines of one service, in their order; the next of it are read when the promise is resolved. */
  readonly onLines: (service: string, lines: readonly string[]) => void | Promise<void>;
}

/** Where it is recorded which file a service logs to. */
export interface LogRecord {
  /** The directory whose entries change with the record. */
  readonly directory: string;
  /** What is recorded now, by the name of the service. */
  readonly read: () => Promise<Readonly<Record<string, ServiceRecord>>>;
}

/** A file of a service, and what takes its place. */
interface Place {
  readonly service: ServiceRecord;
  readonly superseded: AbortController;
  next?: Place;
}

/**
 * Tells the tails, then follows until `signal` aborts: each log goes on at the very byte where its tail ended, and
 * with `record` in the file that is recorded for the service later, from its start. Ends when no log can be followed.
 */
export async function followLogs(services: readonly ServiceRecord[], options: FollowOptions, redact: Redact, record?: LogRecord): Promise<void> {
  const places = services.map((service): Place => ({ service, superseded: new AbortController() }));
  const over = new AbortController();
  const shared = createSharedWatch();
  const moving = record === undefined ? Promise.resolve() : noteMoves(places, record, AbortSignal.any([options.signal, over.signal]));
  try {
    await Promise.all([moving, Promise.all(places.map((place) => followService(place, options, redact, shared))).finally(() => over.abort())]);
  } finally {
    over.abort();
    shared.close();
    await moving.catch(() => undefined);
  }
}

async function followService(first: Place, options: FollowOptions, redact: Redact, { watch }: SharedWatch): Promise<void> {
  const { grep } = options;
  const show = toShown(options, redact);
  // One of its own: Node warns of many listeners on one signal.
  const signal = AbortSignal.any([options.signal]);
  for (let place: Place | undefined = first; place !== undefined && !signal.aborted; place = place.next) {
    const { name, log_path: path } = place.service;
    const isFirst = place === first;
    const { log, next } = await readServiceLog(place.service, isFirst ? options : { ...options, tail: 0 }, redact);
    options.onTail(log);
    if (path === null) continue;
    try {
      for await (const lines of followLog(path, { from: isFirst && next !== undefined ? next : 'start', signal, superseded: place.superseded.signal, watch })) {
        const matched = grep?.match(lines.map(stripEscapes));
        const wanted = matched === undefined ? lines : lines.filter((_line, index) => matched[index]);
        if (wanted.length > 0) await options.onLines(name, wanted.map(show));
      }
    } catch (error) {
      // The directory of the log is gone: it was told as missing, and nothing can come back there.
      if (!signal.aborted && errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

/** Chains the next place to the last of each service whose recorded log is another one. A service that is on no record now keeps its file. */
async function noteMoves(first: readonly Place[], record: LogRecord, signal: AbortSignal): Promise<void> {
  const changes = watchDirectory(record.directory, { wakes: [signal] });
  try {
    const last = [...first];
    while (!signal.aborted) {
      const recorded = await record.read();
      for (const [index, place] of last.entries()) {
        const now = recorded[place.service.name];
        if (now === undefined || now.log_path === null || now.log_path === place.service.log_path) continue;
        place.next = { service: now, superseded: new AbortController() };
        last[index] = place.next;
        place.superseded.abort();
      }
      await changes.next();
    }
  } finally {
    changes.close();
  }
}
