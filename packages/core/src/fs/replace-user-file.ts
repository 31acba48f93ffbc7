import { open, readFile, readlink, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

export interface ReplaceUserFileOptions {
  /** Permission bits of a new file; an existing one keeps its own, and its owner. One that root makes belongs to the owner of its directory. */
  readonly newMode: number;
  /** The content the change was made from; undefined when there was no file. */
  readonly expected: Buffer | undefined;
  /** Name of the temporary file beside `target`. */
  readonly temporaryName?: (target: string) => string;
  /** Told of each step of the replacement. */
  readonly at?: (step: 'before-effect' | 'after-effect' | 'after-confirm') => void;
}

/**
 * Replaces a file of the user's whole: temporary file, sync, rename. A symbolic link stays one and its target is replaced, or made.
 * Returns false, and writes nothing, when the file is no longer `expected`. Throws what the file system said; the old file
 * is then intact and nothing temporary is left.
 */
export async function replaceUserFile(file: string, content: Buffer, options: ReplaceUserFileOptions): Promise<boolean> {
  const { at = () => undefined, temporaryName = (target: string) => `${target}.${process.pid}.envctl-tmp` } = options;
  const target = await targetOf(file);
  const temporary = temporaryName(target);
  try {
    const present = await stat(target).catch(() => undefined);
    const mode = present === undefined ? options.newMode : present.mode & 0o7777;
    at('before-effect');
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      // Root saving another user's file must not take it away from them, nor leave one in their directory that they cannot edit.
      if (process.getuid?.() === 0) await (present === undefined ? giveToOwnerOf(path.dirname(target), handle) : handle.chown(present.uid, present.gid));
      // The umask has cut the mode of open(2); chown may drop bits too.
      if (present !== undefined) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    at('after-effect');
    if (!(await holds(target, options.expected))) {
      await rm(temporary, { force: true });
      return false;
    }
    await rename(temporary, target);
    await syncDirectoryOf(target);
    at('after-confirm');
    return true;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Where `file` leads to, whether or not something is there yet. Throws where the directory of a link's target is not there. */
async function targetOf(file: string): Promise<string> {
  const target = await followLinks(file);
  const directory = path.dirname(target);
  if (target !== file && (await stat(directory).catch(() => undefined))?.isDirectory() !== true) throw new Error(`it is a link to ${target}, and ${directory} is not a directory that is there`);
  return target;
}

async function followLinks(file: string): Promise<string> {
  const real = await realpath(file).catch(unlessAbsent);
  if (real !== undefined) return real;
  const named = await readlink(file).catch(() => undefined);
  return named === undefined ? file : followLinks(path.resolve(await realpath(path.dirname(file)), named));
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** As far as it goes: in a user namespace the owner may have no number. */
async function giveToOwnerOf(directory: string, handle: FileHandle): Promise<void> {
  const { uid, gid } = await stat(directory);
  await handle.chown(uid, gid).catch(() => undefined);
}

async function holds(file: string, expected: Buffer | undefined): Promise<boolean> {
  const content = await readFile(file).catch(unlessAbsent);
  return expected === undefined ? content === undefined : content?.equals(expected) === true;
}

async function syncDirectoryOf(file: string): Promise<void> {
  const handle = await open(path.dirname(file), 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
