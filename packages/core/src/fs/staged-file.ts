/**
 * A file is written in two steps: staged whole under a temporary name, then published by one rename.
 * Everything that needs space happens while staging, so a set of files staged together is published
 * together even on a full disk, and a failed set leaves every old file as it was.
 *
 * The files are small: calls that only touch the cache are made at once, which is many times faster than a
 * turn through the thread pool each; only syncing waits for the disk.
 */
import { chmodSync, closeSync, constants, copyFileSync, fchmodSync, fsync, linkSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type FaultSeam, noSeam } from '../contract/index.js';
import { syncDirectory } from './ensure-directory.js';
import { temporaryName } from './temporary-files.js';
import { errnoOf, toWriteError } from './write-error.js';

export interface WriteOptions {
  /** Permission bits of the file; default 0600. The umask does not change them. */
  readonly mode?: number;
  /** Survives a power cut: the file is synced before it is renamed and its directory after. Default true. */
  readonly durable?: boolean;
  readonly seam?: FaultSeam;
  /** Name of the write at the seam; default `fs.write`. */
  readonly point?: string;
}

export interface StagedFile {
  readonly path: string;
  /** Gives the file its name. The directory is not synced. Throws ENVCTL_E_STATE_WRITE. */
  publish(): Promise<void>;
  /** Removes what was staged; never throws. */
  discard(): Promise<void>;
}

/** Writes `content` beside `path`. Throws ENVCTL_E_STATE_WRITE and leaves nothing behind. */
export async function stageFile(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<StagedFile> {
  return stage(path, options, false, (temporary) => writeWhole(temporary, content, options));
}

/**
 * Stages another name for the file `source`: what is appended to it later shows under both. A copy where
 * the file system has no links. Throws ENVCTL_E_STATE_WRITE.
 */
export async function stageLink(path: string, source: string, options: WriteOptions = {}): Promise<StagedFile> {
  return stage(path, options, true, (temporary) => linkOrCopy(source, temporary, options.mode ?? 0o600));
}

async function stage(path: string, options: WriteOptions, linked: boolean, write: (temporary: string) => Promise<void>): Promise<StagedFile> {
  const { seam = noSeam, point = 'fs.write' } = options;
  const temporary = temporaryName(path);
  const discard = async (): Promise<void> => {
    try {
      unlinkSync(temporary);
    } catch {
      // Never made, published, or left for the sweep.
    }
  };
  seam(`${point}.before-effect`);
  try {
    await write(temporary);
  } catch (error) {
    await discard();
    throw toWriteError(path, error);
  }
  return {
    path,
    discard,
    async publish() {
      seam(`${point}.after-effect`);
      try {
        renameSync(temporary, path);
        // rename(2) of two names of one file does nothing and keeps both.
        if (linked) await discard();
      } catch (error) {
        await discard();
        throw toWriteError(path, error);
      }
      seam(`${point}.after-confirm`);
    },
  };
}

/** A file of a set: new content, or another name for `source`. */
export type FileToWrite = WriteOptions & { readonly path: string } & (
  | { readonly content: string | Uint8Array }
  | { readonly source: string }
);

/**
 * Stages all files of all groups at once, then publishes group by group in the order given, each on the
 * disk before the next. When one cannot be staged, none is published and every old file stays. Throws
 * ENVCTL_E_STATE_WRITE.
 */
export async function writeFileGroups(groups: readonly (readonly FileToWrite[])[]): Promise<void> {
  const results = await Promise.allSettled(groups.flat().map(stageOne));
  const staged = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const waiting = [...staged];
    for (const group of groups) {
      for (const file of waiting.splice(0, group.length)) await file.publish();
      const directories = new Set(group.filter((file) => file.durable !== false).map((file) => dirname(file.path)));
      await Promise.all([...directories].map(syncPublished));
    }
  } catch (error) {
    await Promise.all(staged.map((file) => file.discard()));
    throw error;
  }
}

function stageOne(file: FileToWrite): Promise<StagedFile> {
  return 'source' in file ? stageLink(file.path, file.source, file) : stageFile(file.path, file.content, file);
}

async function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions): Promise<void> {
  const mode = options.mode ?? 0o600;
  const descriptor = openSync(path, 'wx', mode);
  try {
    writeFileSync(descriptor, content);
    fchmodSync(descriptor, mode);
    if (options.durable !== false) await promisify(fsync)(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function linkOrCopy(source: string, path: string, mode: number): Promise<void> {
  try {
    linkSync(source, path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw error;
    copyFileSync(source, path, constants.COPYFILE_EXCL);
    chmodSync(path, mode);
  }
}

async function syncPublished(directory: string): Promise<void> {
  try {
    await syncDirectory(directory);
  } catch (error) {
    throw toWriteError(directory, error);
  }
}
