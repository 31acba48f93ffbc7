import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import { ensureDirectory } from './ensure-directory.js';
import { namesIn, parseTemporaryName, temporaryName } from './temporary-files.js';
import { errnoOf, toWriteError } from './write-error.js';

export interface LockHolder {
  readonly identity: ProcessIdentity;
  readonly purpose: string;
}

/**
 * The disk side of the generation lock: one directory, one file a generation. The calls are synchronous:
 * each touches one small file in the cache, and the lock is for milliseconds.
 */
export function createLockDirectory(options: {
  readonly path: string;
  readonly identity: ProcessIdentity;
  readonly isAlive: (identity: ProcessIdentity) => boolean;
  readonly purpose: string;
}) {
  const { path, identity, isAlive, purpose } = options;
  const fileOf = (generation: number): string => join(path, String(generation));
  /** The released form of a generation, written before it is taken: releasing needs no space on the disk. */
  const releases = new Map<number, string>();

  return {
    list(): readonly number[] {
      return namesIn(path).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
    },

    judge(generation: number): { verdict: 'free' | 'held' | 'missing'; holder?: LockHolder } {
      let text: string;
      try {
        text = readFileSync(fileOf(generation), 'utf8');
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'ENOENT') return { verdict: 'missing' };
        if (errno !== 'EISDIR') throw toWriteError(fileOf(generation), error);
        // Somebody put a directory there: nothing to read, as in a damaged file. The next generation passes it by.
        text = '';
      }
      const content = parseLock(text);
      if (content === 'released') return { verdict: 'free' };
      if (content !== undefined) return isAlive(content.identity) ? { verdict: 'held', holder: content } : { verdict: 'free' };
      const holder = holderOfDamaged(generation);
      return holder === undefined ? { verdict: 'free' } : { verdict: 'held', holder };
    },

    create(generation: number): boolean {
      ensureDirectory(path);
      const held = temporaryName(fileOf(generation), identity);
      const released = temporaryName(fileOf(generation), identity);
      let created = false;
      try {
        writeFileSync(released, formatLock({ state: 'released', identity, purpose }), { flag: 'wx', mode: 0o600 });
        writeFileSync(held, formatLock({ state: 'held', identity, purpose }), { flag: 'wx', mode: 0o600 });
        linkSync(held, fileOf(generation));
        created = true;
        releases.set(generation, released);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw toWriteError(fileOf(generation), error);
      } finally {
        discard(held);
        if (!created) discard(released);
      }
      return created;
    },

    /** Only for generations below the highest. */
    remove(generation: number): void {
      discard(fileOf(generation));
      const released = releases.get(generation);
      if (released !== undefined) discard(released);
      releases.delete(generation);
    },

    releaseAll(): void {
      for (const generation of [...releases.keys()]) this.release(generation);
    },

    release(generation: number): void {
      const released = releases.get(generation);
      if (released === undefined) return;
      releases.delete(generation);
      try {
        renameSync(released, fileOf(generation));
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'EISDIR') return discard(released);
        if (errno !== 'ENOENT') throw toWriteError(fileOf(generation), error);
        releaseAnew(generation);
      }
    },
  };

  /** Without the prepared release (swept by mistake). With the whole directory gone there is nothing to give back. */
  function releaseAnew(generation: number): void {
    if (!namesIn(path).includes(String(generation))) return;
    const released = temporaryName(fileOf(generation), identity);
    try {
      writeFileSync(released, formatLock({ state: 'released', identity, purpose }), { flag: 'wx', mode: 0o600 });
      renameSync(released, fileOf(generation));
    } catch (error) {
      discard(released);
      throw toWriteError(fileOf(generation), error);
    }
  }

  /** A holder keeps its prepared release beside the generation; its name tells the owner when the content is lost. */
  function holderOfDamaged(generation: number): LockHolder | undefined {
    for (const name of namesIn(path)) {
      const parsed = parseTemporaryName(name);
      if (parsed === undefined || parsed.base !== String(generation)) continue;
      const owner: ProcessIdentity = { ...identity, ...parsed.owner };
      if (isAlive(owner)) return { identity: owner, purpose: 'unknown, the lock file is damaged' };
    }
    return undefined;
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or left for the sweep.
  }
}

function formatLock(content: { readonly state: 'held' | 'released' } & LockHolder): string {
  return `${JSON.stringify(content)}\n`;
}

function parseLock(text: string): LockHolder | 'released' | undefined {
  try {
    const { state, identity, purpose } = JSON.parse(text) as { state?: unknown; identity?: unknown; purpose?: unknown };
    if (state === 'released') return 'released';
    if (state !== 'held' || !isIdentity(identity)) return undefined;
    return { identity, purpose: typeof purpose === 'string' ? purpose : 'unknown' };
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTicks, bootId, pidNamespace } = value as Record<string, unknown>;
  return Number.isSafeInteger(pid) && [startTicks, bootId, pidNamespace].every((part) => typeof part === 'string');
}
