/* What `install` and `uninstall` do to one shell file. */
import { dirname } from 'node:path';
import { EnvctlError } from '@envctl/core';
import { findExecutable, isInCacheOfNpx, toInstallCommand, type StartedAs } from './executable.js';
import { findPathBlock, toPathBlock, withPathBlock, withoutPathBlock } from './path-block.js';
import { readShellFile, shellFileOf, writeShellFile } from './shell-file.js';

export interface ChangeRequest extends Pick<StartedAs, 'script' | 'packageRoot'> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** `--shell-file` */
  readonly shellFile: string | undefined;
  readonly dryRun: boolean;
}

export interface InstallReport {
  readonly shell_file: string;
  /** The directory that is put on the PATH. */
  readonly directory: string;
  readonly action: 'added' | 'refreshed' | 'unchanged';
  readonly dry_run: boolean;
  readonly block: readonly string[];
}

export interface UninstallReport {
  readonly shell_file: string;
  readonly action: 'removed' | 'absent';
  readonly dry_run: boolean;
  /** What would be left of the file; null without --dry-run. */
  readonly remaining: string | null;
}

/** Throws ENVCTL_E_SHELL_BLOCK for a block that is not whole, ENVCTL_E_PREREQUISITE_MISSING when no file `envctl` starts this installation. */
export async function installPath(request: ChangeRequest): Promise<InstallReport> {
  const { env, dryRun } = request;
  const path = shellFileOf(env, request.shellFile, request.cwd);
  const directory = dirname(requireExecutable(request));
  const block = toPathBlock(directory, env['HOME'] ?? '');
  const file = await readShellFile(path);
  const before = file.text ?? '';
  const after = withPathBlock(before, toLatin1(block), path);
  const action = after === before ? 'unchanged' : findPathBlock(before, path) === undefined ? 'added' : 'refreshed';
  if (!dryRun && action !== 'unchanged') await writeShellFile(file, after);
  return { shell_file: path, directory, action, dry_run: dryRun, block };
}

/** Throws ENVCTL_E_SHELL_BLOCK for a block that is not whole: the file stays as it is. */
export async function uninstallPath(request: ChangeRequest): Promise<UninstallReport> {
  const { dryRun } = request;
  const path = shellFileOf(request.env, request.shellFile, request.cwd);
  const file = await readShellFile(path);
  const after = withoutPathBlock(file.text ?? '', path);
  if (after !== undefined && !dryRun) await writeShellFile(file, after);
  return { shell_file: path, action: after === undefined ? 'absent' : 'removed', dry_run: dryRun, remaining: dryRun ? Buffer.from(after ?? file.text ?? '', 'latin1').toString('utf8') : null };
}

function requireExecutable({ script, packageRoot, env }: ChangeRequest): string {
  const path = findExecutable({ script, packageRoot, searchPath: env['PATH'] });
  if (path !== undefined && !isInCacheOfNpx(path)) return path;
  const why = path === undefined ? `No program named envctl starts ${packageRoot}.` : `${path} stands in a cache that npm clears.`;
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', why, { kind: 'environment', hints: [toInstallCommand(packageRoot), 'then: envctl install'] });
}

/** The file is read as Latin-1: what is put into it has to be the bytes of its UTF-8. */
function toLatin1(lines: readonly string[]): readonly string[] {
  return lines.map((line) => Buffer.from(line, 'utf8').toString('latin1'));
}
