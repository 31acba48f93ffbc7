import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import { ensureDirectory } from './ensure-directory.js';
import { parseTemporaryName, temporaryName } from './temporary-files.js';
import { errnoOf, toWriteError } from './write-error.js';

export interface LockHolder {
  readonly identity: ProcessIdentity;
  readonly purpose: string;
}

/** The disk side of the generation lock: one directory, one file a generation. */
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
    async list(): Promise<readonly number[]> {
      const names = await namesIn(path);
      return names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
    },

    async judge(generation: number): Promise<{ verdict: 'free' | 'held' | 'missing'; holder?: LockHolder }> {
      let text: string;
      try {
        text = await readFile(fileOf(generation), 'utf8');
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return { verdict: 'missing' };
        throw toWriteError(fileOf(generation), error);
      }
      const content = parseLock(text);
      if (content === 'released') return { verdict: 'free' };
      if (content !== undefined) return isAlive(content.identity) ? { verdict: 'held', holder: content } : { verdict: 'free' };
      const holder = await holderOfDamaged(generation);
      return holder === undefined ? { verdict: 'free' } : { verdict: 'held', holder };
    },

    async create(generation: number): Promise<boolean> {
      await ensureDirectory(path);
      const held = temporaryName(fileOf(generation), identity);
      const released = temporaryName(fileOf(generation), identity);
      let created = false;
      try {
        await writeFile(released, formatLock({ state: 'released', identity, purpose }), { flag: 'wx', mode: 0o600 });
        await writeFile(held, formatLock({ state: 'held', identity, purpose }), { flag: 'wx', mode: 0o600 });
        await link(held, fileOf(generation));
        created = true;
        releases.set(generation, released);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw toWriteError(fileOf(generation), error);
      } finally {
        await Promise.all([discard(held), created ? undefined : discard(released)]);
      }
      return created;
    },

    /** Only for generations below the highest. */
    async remove(generation: number): Promise<void> {
      await discard(fileOf(generation));
      const released = releases.get(generation);
      if (released !== undefined) await discard(released);
      releases.delete(generation);
    },

    async releaseAll(): Promise<void> {
      for (const generation of [...releases.keys()]) await this.release(generation);
    },

    async release(generation: number): Promise<void> {
      const released = releases.get(generation);
      if (released === undefined) return;
      releases.delete(generation);
      try {
        await rename(released, fileOf(generation));
      } catch (error) {
        // The directory was removed under us: there is no lock any more to give back.
        if (errnoOf(error) !== 'ENOENT') throw toWriteError(fileOf(generation), error);
      }
    },
  };

  /** A holder keeps its prepared release beside the generation; its name tells the owner when the content is lost. */
  async function holderOfDamaged(generation: number): Promise<LockHolder | undefined> {
    for (const name of await namesIn(path)) {
      const parsed = parseTemporaryName(name);
      if (parsed === undefined || parsed.base !== String(generation)) continue;
      const owner: ProcessIdentity = { ...identity, ...parsed.owner };
      if (isAlive(owner)) return { identity: owner, purpose: 'unknown, the lock file is damaged' };
    }
    return undefined;
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toWriteError(path, error);
  }
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
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
