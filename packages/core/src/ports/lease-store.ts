import { createHash } from 'node:crypto';
import { linkSync, readFileSync, readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import { errnoOf, makeDirectoriesSync, parseTemporaryName, temporaryName, toWriteError } from '../fs/index.js';
import type { ClaimRecord, StoreRecord } from './lease-schema.js';
import { parseStoreRecord } from './lease-schema.js';
import type { Stamp, StoreRoutine, StoreStep } from './store-protocol.js';
import { read, replace } from './store-protocol.js';

export type LeaseStamp = Stamp<StoreRecord>;

/** The directory of leases as the protocol's driver sees it. */
export interface LeaseStore {
  /** Runs a routine on the disk. */
  run<T>(routine: StoreRoutine<StoreRecord, T>): T;
  path(port: number): string;
  /** Ports that have a lease file, ascending. */
  ports(): number[];
  /** Removes claims and staged files whose process is dead. */
  sweep(): void;
}

export interface LeaseStoreOptions {
  readonly directory: string;
  readonly self: ProcessIdentity;
  readonly isAlive: (identity: ProcessIdentity) => boolean;
  readonly newId: () => string;
}

const leaseName = /^(\d{1,5})\.json$/;
/** Ids of records that cannot even be read (a directory, no permission): never replaced, always counted as taken. */
export const unreadablePrefix = 'unreadable-';

const claimPrefix = '.envctl-claim-';

/** Opens the store; the directory is made, mode 0700, when something is first written. */
export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { directory, self, isAlive } = options;

  const run = <T>(routine: StoreRoutine<StoreRecord, T>): T => {
    let turn = routine.next();
    while (turn.done !== true) turn = advance(routine, turn.value);
    return turn.value;
  };

  /** A failed operation is thrown inside the routine, which then cleans up behind itself. */
  const advance = <T>(routine: StoreRoutine<StoreRecord, T>, step: StoreStep<StoreRecord>): IteratorResult<StoreStep<StoreRecord>, T> => {
    let answer: unknown;
    try {
      answer = perform(step);
    } catch (error) {
      return routine.throw(toWriteError(directory, error));
    }
    return routine.next(answer);
  };

  const perform = (step: StoreStep<StoreRecord>): unknown => {
    switch (step.op) {
      case 'stage':
        return stage(step.record);
      case 'link':
        return linked(step.from, step.to);
      case 'rename':
        return renameSync(step.from, step.to);
      case 'unlink':
        return removed(step.path);
      case 'read':
        return readStamp(step.path);
      case 'alive':
        // A claim that may not be read is of another user, who may be about to act on it.
        return step.stamp.record === undefined ? step.stamp.id.startsWith(unreadablePrefix) : isAlive(step.stamp.record.holder);
      case 'claim':
        return { version: 1, kind: 'claim', id: options.newId(), holder: self } satisfies ClaimRecord;
    }
  };

  const stage = (record: StoreRecord): string => {
    const path = temporaryName(join(directory, 'lease'), self);
    const content = `${JSON.stringify(record, undefined, 2)}\n`;
    try {
      writeFresh(path, content);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      makeDirectoriesSync(directory);
      writeFresh(path, content);
    }
    return path;
  };

  return {
    run,
    path: (port) => join(directory, `${port}.json`),
    ports: () =>
      names(directory)
        .flatMap((name) => leaseName.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b),
    sweep: () => {
      for (const name of names(directory)) {
        if (name.startsWith(claimPrefix)) {
          const stamp = run(read<StoreRecord>(join(directory, name)));
          if (stamp === undefined || stamp.id.startsWith(unreadablePrefix)) continue;
          if (stamp.record === undefined || !isAlive(stamp.record.holder)) run(replace<StoreRecord>(join(directory, name), stamp.id, undefined));
          continue;
        }
        const writer = parseTemporaryName(name)?.owner;
        if (writer === undefined) continue;
        // A staged file is touched by its writer only, and carries its writer's name; boot and namespace stand in it.
        const { bootId, pidNamespace } = readStamp(join(directory, name))?.record?.holder ?? self;
        if (!isAlive({ ...writer, bootId, pidNamespace })) removed(join(directory, name));
      }
    },
  };
}

/** Writes a new file whole or leaves none. */
function writeFresh(path: string, content: string): void {
  try {
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    removed(path);
    throw error;
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toWriteError(directory, error);
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function removed(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function readStamp(path: string): LeaseStamp | undefined {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT') return undefined;
    return { id: `${unreadablePrefix}${code ?? 'unknown'}`, record: undefined };
  }
  const record = parseStoreRecord(content);
  return record === undefined ? { id: damagedId(path, content), record: undefined } : { id: record.id, record };
}

/** A damaged file has no id of its own: the same bytes in the same inode count as the same record. */
function damagedId(path: string, content: string): string {
  const { ino, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { ino: 0, mtimeMs: 0 };
  return `damaged-${createHash('sha256').update(`${ino}:${mtimeMs}:${content}`).digest('hex').slice(0, 32)}`;
}
