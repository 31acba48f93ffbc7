/* The launcher's own health: which envctl runs, which one a shell finds, and whether the PATH block is right. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isEnvctlError } from '@envctl/core';
import { findExecutable, executableOnPath, isInCacheOfNpx, isSameFile, toInstallCommand } from './executable.js';
import { findPathBlock, toPathBlock } from './path-block.js';
import { readShellFile, shellFileOf } from './shell-file.js';

export interface LauncherReport {
  readonly launcher: string;
  readonly version: string;
  readonly node: string;
  /** The file `envctl` of this installation; null when it was not installed as a program. */
  readonly binary_path: string | null;
  readonly launcher_root: string;
  /** Null outside a repository. */
  readonly repo_root: string | null;
  readonly runtime_entry: string;
  /** The envctl that this shell finds; null when it finds none. */
  readonly on_path: string | null;
  readonly shell_file: string | null;
  readonly path_block: 'absent' | 'current' | 'outdated' | 'damaged' | 'unreadable';
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
}

export interface LauncherFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  readonly script: string | undefined;
  readonly packageRoot: string;
  /** Entry of the runtime core. */
  readonly runtimeEntry: string;
  /** Null outside a repository. */
  readonly repositoryRoot: string | null;
}

/** Never throws for what it finds: a launcher that is broken is what it is asked about. */
export async function inspectLauncher(facts: LauncherFacts): Promise<LauncherReport> {
  const { env, packageRoot } = facts;
  const binaryPath = findExecutable({ script: facts.script, packageRoot, searchPath: env['PATH'] }) ?? null;
  const onPath = executableOnPath(env['PATH']) ?? null;
  const block = await inspectBlock(facts, binaryPath);
  return {
    launcher: 'envctl',
    version: facts.version,
    node: process.version,
    binary_path: binaryPath,
    launcher_root: realpathSync(packageRoot),
    repo_root: facts.repositoryRoot,
    runtime_entry: facts.runtimeEntry,
    on_path: onPath,
    shell_file: block.file,
    path_block: block.state,
    problems: [...pathProblems(onPath, binaryPath, packageRoot), ...blockProblems(block, toInstallHint(binaryPath, packageRoot))],
  };
}

export function renderLauncher(report: LauncherReport): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Launcher', `${report.launcher} ${report.version}, Node ${report.node}`],
    ['Binary Path', report.binary_path ?? 'none'],
    ['Launcher Root', report.launcher_root],
    ['Repo Root', report.repo_root ?? 'none; not in a git repository'],
    ['Runtime Entry', report.runtime_entry],
    ['On PATH', report.on_path ?? 'none'],
    ['Shell File', `${report.shell_file ?? 'none'} (PATH block: ${report.path_block})`],
  ];
  return [...rows.map(([name, value]) => `${`${name}:`.padEnd(15)}${value}`), ...report.problems.map(({ message, hint }) => `Problem: ${message}\n  → ${hint}`)].join('\n');
}

interface BlockFinding {
  readonly file: string | null;
  readonly state: LauncherReport['path_block'];
  /** Number of the line that has no partner, of a damaged block. */
  readonly line?: number | undefined;
}

async function inspectBlock({ env, cwd }: LauncherFacts, binaryPath: string | null): Promise<BlockFinding> {
  let file: string;
  try {
    file = shellFileOf(env, undefined, cwd);
  } catch {
    return { file: null, state: 'absent' };
  }
  try {
    const block = findPathBlock((await readShellFile(file)).text ?? '', file);
    if (block === undefined) return { file, state: 'absent' };
    const wanted = binaryPath === null ? undefined : toPathBlock(dirname(binaryPath), env['HOME'] ?? '');
    const isCurrent = wanted !== undefined && Buffer.from(block.join('\n'), 'latin1').toString('utf8') === wanted.join('\n');
    return { file, state: isCurrent ? 'current' : 'outdated' };
  } catch (error) {
    return isEnvctlError(error) && error.code === 'ENVCTL_E_SHELL_BLOCK' ? { file, state: 'damaged', line: error.data['line'] as number } : { file, state: 'unreadable' };
  }
}

function toInstallHint(binaryPath: string | null, packageRoot: string): string {
  return binaryPath === null || isInCacheOfNpx(binaryPath) ? `${toInstallCommand(packageRoot)}, then: envctl install` : 'envctl install';
}

function pathProblems(onPath: string | null, binaryPath: string | null, packageRoot: string): LauncherReport['problems'] {
  if (onPath === null) return [{ message: 'No envctl is on the PATH of this shell.', hint: binaryPath === null ? toInstallCommand(packageRoot) : `${toInstallHint(binaryPath, packageRoot)}, then open a new shell` }];
  if (isSameFile(onPath, join(packageRoot, 'bin/run.js'))) return [];
  return [{ message: `This shell finds another envctl: ${onPath}`, hint: 'type -a envctl   (the first one runs)' }];
}

function blockProblems({ state, file, line }: BlockFinding, installHint: string): LauncherReport['problems'] {
  const path = file ?? '';
  if (state === 'outdated') return [{ message: `The PATH block in ${path} names another directory.`, hint: installHint }];
  if (state === 'damaged') return [{ message: `The PATH block in ${path} is not whole: line ${line ?? '?'} has no partner.`, hint: `remove line ${line ?? '?'} of ${path} and what is left of the block beside it, then: envctl launcher doctor` }];
  if (state === 'unreadable') return [{ message: `${path} cannot be read.`, hint: `ls -l ${path}` }];
  return [];
}
