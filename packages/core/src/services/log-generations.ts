/**
 * The files of one log: `<log>` is written to, `<log>.1` was before it, `<log>.2` before that. A rotation renames each to the next older
 * name, so an index only grows; a file is known by device and inode, whatever its name.
 */
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file, whatever its name is now. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** One file of a log, opened. */
export interface Generation {
  readonly path: string;
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  /** Bytes when it was opened. */
  readonly size: number;
  /** Epoch milliseconds of the last write. */
  readonly writtenAt: number;
}

const attempts = 5;

/** Paths of the files of a log, the newest first. A missing directory has none. */
export async function listGenerations(log: string): Promise<readonly string[]> {
  const paths = await candidatePaths(log);
  const found = await Promise.all(paths.map(identityOf));
  return paths.filter((_path, index) => found[index] !== undefined);
}

/** Opens all files of a log as they stood at one moment, the newest first; the caller closes them. */
export async function openGenerations(log: string): Promise<readonly Generation[]> {
  for (let attempt = 1; ; attempt += 1) {
    const paths = await candidatePaths(log);
    const opened = await Promise.all(paths.map(openGeneration));
    // A rotation meanwhile may have shown one file under two names, and another under none.
    const after = await Promise.all(paths.map(identityOf));
    const generations = opened.filter((generation) => generation !== undefined);
    if (attempt === attempts || opened.every((generation, index) => (generation === undefined ? after[index] === undefined : isSameFile(after[index], generation.identity)))) return generations;
    await closeGenerations(generations);
  }
}

export async function closeGenerations(generations: readonly Generation[]): Promise<void> {
  await Promise.all(generations.map(({ handle }) => handle.close()));
}

/** The file that was begun after the one held open as `current`, opened; without one, the oldest. Undefined when there is none yet. */
export async function openSuccessor(log: string, current: FileHandle | undefined): Promise<FileHandle | undefined> {
  if (current === undefined) return openOldest(log);
  const held = await current.stat();
  // The common case: nothing was rotated.
  if (isSameFile(await identityOf(log), held)) return undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const paths = await candidatePaths(log);
    const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    const at = found.findIndex((facts) => isSameFile(facts, held));
    if (at === -1) {
      // A file that has a name was missed while names changed. One without was removed: what is newer than it is left. The present
      // one is, also where the clock was set back.
      if ((await current.stat()).nlink > 0) continue;
      return openIfThere(paths.findLast((_path, index) => (found[index]?.mtimeMs ?? 0) >= held.mtimeMs) ?? log);
    }
    const next = await openFirstBelow(paths, at);
    if (next === undefined) return undefined;
    if (await isSettled(paths, next.index, at, held)) return next.handle;
    await next.handle.close();
  }
  return undefined;
}

async function openFirstBelow(paths: readonly string[], at: number): Promise<{ readonly handle: FileHandle; readonly index: number } | undefined> {
  for (let index = at - 1; index >= 0; index -= 1) {
    const handle = await openIfThere(paths[index]!);
    if (handle !== undefined) return { handle, index };
  }
  return undefined;
}

/**
 * Whether nothing stood between two names: then what was opened under the lower one follows what has the higher. Names only move up, so
 * that looking upwards meets every file that was between them; and it was, if the higher name is still that of the same file.
 */
async function isSettled(paths: readonly string[], lower: number, upper: number, held: FileIdentity): Promise<boolean> {
  for (const path of paths.slice(lower + 1, upper)) if ((await identityOf(path)) !== undefined) return false;
  return isSameFile(await identityOf(paths[upper]!), held);
}

/** The file with this identity under whichever name it has now, opened. */
export async function openIdentified(log: string, wanted: FileIdentity): Promise<FileHandle | undefined> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    for (const path of await listGenerations(log)) {
      const handle = await openIfThere(path);
      if (handle !== undefined && isSameFile(await handle.stat(), wanted)) return handle;
      await handle?.close();
    }
  }
  return undefined;
}

/** The oldest file of a log, opened. */
export async function openOldest(log: string): Promise<FileHandle | undefined> {
  const path = (await listGenerations(log)).at(-1);
  return path === undefined ? undefined : openIfThere(path);
}

export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function toIdentity({ dev, ino }: FileIdentity): FileIdentity {
  return { dev, ino };
}

/** Every name that a file of this log can have now, the newest first. A listing alone may miss a name that changes meanwhile. */
async function candidatePaths(log: string): Promise<readonly string[]> {
  const name = basename(log);
  const names = await readdir(dirname(log)).catch(() => undefined);
  if (names === undefined) return [];
  const indexes = names.flatMap((entry) => (entry.startsWith(`${name}.`) && /^[1-9]\d{0,3}$/.test(entry.slice(name.length + 1)) ? [Number(entry.slice(name.length + 1))] : []));
  return [log, ...Array.from({ length: Math.max(0, ...indexes) + 1 }, (_, index) => join(dirname(log), `${name}.${index + 1}`))];
}

async function openGeneration(path: string): Promise<Generation | undefined> {
  const handle = await openIfThere(path);
  if (handle === undefined) return undefined;
  const facts = await handle.stat();
  return { path, handle, identity: toIdentity(facts), size: facts.size, writtenAt: facts.mtimeMs };
}

async function identityOf(path: string): Promise<FileIdentity | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts === undefined ? undefined : toIdentity(facts);
}

export function isSameFile(left: FileIdentity | undefined, right: FileIdentity | undefined): boolean {
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}
