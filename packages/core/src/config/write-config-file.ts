import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { EnvctlError, errorMessage, type FaultSeam, noSeam } from '../contract/index.js';
import { configTemporaryName } from './config-leftovers.js';

export interface WriteConfigOptions {
  /** Permission bits of a new file; an existing one keeps its own, and its owner. One that root makes belongs to the owner of its directory. */
  readonly newMode: number;
  /** The content the change was made from; undefined when there was no file. */
  readonly expected: Buffer | undefined;
  readonly seam?: FaultSeam;
}

/**
 * Replaces the user's configuration file whole: temporary file, sync, rename. A symbolic link stays one
 * and its target is replaced. Returns false, and writes nothing, when the file is no longer `expected`.
 * Throws ENVCTL_E_CONFIG_UNREADABLE; the old file is then intact.
 */
export async function writeConfigFile(file: string, content: Buffer, options: WriteConfigOptions): Promise<boolean> {
  const { seam = noSeam } = options;
  const target = await realpath(file).catch(() => file);
  const temporary = configTemporaryName(target);
  try {
    const present = await stat(target).catch(() => undefined);
    const mode = present === undefined ? options.newMode : present.mode & 0o7777;
    seam('config.file.before-effect');
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      // Root saving another user's file must not take it away from them, nor leave one in their repository that they cannot edit.
      if (process.getuid?.() === 0) await (present === undefined ? giveToOwnerOf(path.dirname(target), handle) : handle.chown(present.uid, present.gid));
      // The umask has cut the mode of open(2); chown may drop bits too.
      if (present !== undefined) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    seam('config.file.after-effect');
    if (!(await holds(target, options.expected))) {
      await rm(temporary, { force: true });
      return false;
    }
    await rename(temporary, target);
    await syncDirectory(path.dirname(target));
    seam('config.file.after-confirm');
    return true;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new EnvctlError('ENVCTL_E_CONFIG_UNREADABLE', `The configuration file ${file} cannot be written: ${errorMessage(error)}`, {
      kind: 'environment',
      hints: [`ls -ld ${path.dirname(target)} ${target}`],
      data: { path: file },
      cause: error,
    });
  }
}

/** As far as it goes: in a user namespace the owner may have no number. */
async function giveToOwnerOf(directory: string, handle: FileHandle): Promise<void> {
  const { uid, gid } = await stat(directory);
  await handle.chown(uid, gid).catch(() => undefined);
}

async function holds(file: string, expected: Buffer | undefined): Promise<boolean> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return expected === undefined ? content === undefined : content?.equals(expected) === true;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
