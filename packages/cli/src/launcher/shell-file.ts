import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { EnvctlError, errorMessage } from '@envctl/core';
import { replaceUserFile } from '@envctl/core/boot';

type Environment = Readonly<Record<string, string | undefined>>;

/** A shell file and its bytes, read as Latin-1; undefined when it is not there. */
export interface ShellFile {
  readonly path: string;
  readonly text: string | undefined;
}

/**
 * The file given, else the one of the user's shell: zsh `.zshrc`, bash `.bashrc` (`.bash_profile` where only that one is),
 * fish `config.fish`, any other `.profile`.
 */
export function shellFileOf(env: Environment, given: string | undefined, cwd: string): string {
  const home = env['HOME'] ?? '';
  if (given !== undefined) return given.startsWith('~/') && home !== '' ? join(home, given.slice(2)) : resolve(cwd, given);
  if (!isAbsolute(home)) throw new EnvctlError('ENVCTL_E_ARGV_INVALID', 'No shell file is known: HOME is not set.', { hints: ['name the file: --shell-file <path>'] });
  switch (basename(env['SHELL'] ?? '')) {
    case 'zsh':
      return join(directoryOf(env, 'ZDOTDIR') ?? home, '.zshrc');
    case 'bash':
      return join(home, !existsSync(join(home, '.bashrc')) && existsSync(join(home, '.bash_profile')) ? '.bash_profile' : '.bashrc');
    case 'fish':
      return join(directoryOf(env, 'XDG_CONFIG_HOME') ?? join(home, '.config'), 'fish/config.fish');
    default:
      return join(home, '.profile');
  }
}

/** Throws ENVCTL_E_FILE_SYSTEM when the file is there and cannot be read. */
export async function readShellFile(path: string): Promise<ShellFile> {
  try {
    return { path, text: await readFile(path, 'latin1') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, text: undefined };
    throw refused(path, 'read', error);
  }
}

/** Replaces the file whole, with its mode and owner; a link stays one, a directory that is missing is made. Throws ENVCTL_E_FILE_SYSTEM, also when it changed since it was read. */
export async function writeShellFile(file: ShellFile, text: string): Promise<void> {
  const expected = file.text === undefined ? undefined : Buffer.from(file.text, 'latin1');
  let isWritten: boolean;
  try {
    await makeDirectory(dirname(file.path));
    isWritten = await replaceUserFile(file.path, Buffer.from(text, 'latin1'), { newMode: 0o644, expected });
  } catch (error) {
    throw refused(file.path, 'written', error);
  }
  if (!isWritten) throw refused(file.path, 'written', new Error('somebody else changed it meanwhile'));
}

/** Not mkdir's own `recursive`: below /proc it never returns. */
async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectory(parent);
  await mkdir(path);
}

function directoryOf(env: Environment, key: string): string | undefined {
  const value = env[key];
  return value !== undefined && isAbsolute(value) ? value : undefined;
}

function refused(path: string, what: string, error: unknown): EnvctlError {
  return new EnvctlError('ENVCTL_E_FILE_SYSTEM', `${path} cannot be ${what}: ${errorMessage(error)}`, { kind: 'environment', hints: ['name another file: --shell-file <path>'], data: { path }, cause: error });
}
