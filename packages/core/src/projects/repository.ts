import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { EnvctlError } from '../contract/index.js';
import { quoteForShell } from '../processes/read-only.js';

export interface Repository {
  /** Real path of the main checkout; a linked worktree resolves to its owner. */
  readonly root: string;
  /** Real path of the checkout the command was given in; differs from `root` inside a linked worktree. */
  readonly executionRoot: string;
}

/**
 * Finds the repository for `--repo PATH`, or for the nearest ancestor of `cwd` that has a `.git`.
 * Reads `.git` files itself: starting git would cost more than most commands do.
 * Throws ENVCTL_E_REPO_NOT_FOUND or ENVCTL_E_REPO_INVALID.
 */
export function resolveRepository(cwd: string, repoOption?: string): Repository {
  const executionRoot = repoOption === undefined ? nearestCheckout(cwd) : givenCheckout(cwd, repoOption);
  return { root: owningCheckout(executionRoot), executionRoot };
}

function givenCheckout(cwd: string, repoOption: string): string {
  const path = resolve(cwd, repoOption);
  if (existsSync(join(path, '.git'))) return realpathSync(path);
  const { why, mend } = judgeNoCheckout(path);
  throw new EnvctlError('ENVCTL_E_REPO_INVALID', `Invalid --repo path: ${path} ${why}.`, { hints: mendOf(path, repoOption, mend), data: { path } });
}

function mendOf(path: string, typed: string, mend: readonly string[]): readonly string[] {
  if (typed.startsWith('~')) return [`envctl --repo ${typed} …   (a shell expands ~ only where a word begins)`];
  const around = checkoutAround(path);
  return around === undefined ? [...mend, 'envctl --repo <path of a git repository> …'] : [`envctl --repo ${quoteForShell(around)} …`];
}

/** Why there is no checkout at `path`, and what makes one. */
function judgeNoCheckout(path: string): { readonly why: string; readonly mend: readonly string[] } {
  if (!existsSync(path)) return { why: 'does not exist', mend: [] };
  if (!statSync(path).isDirectory()) return { why: 'is not a directory', mend: [] };
  const isBare = ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
  return isBare ? { why: 'is a bare repository, without a checkout', mend: [`git clone ${quoteForShell(path)} <directory>`] } : { why: 'has no .git', mend: [`git init ${quoteForShell(path)}`] };
}

function nearestCheckout(cwd: string): string {
  const around = checkoutAround(realpathSync(cwd));
  if (around !== undefined) return around;
  throw new EnvctlError('ENVCTL_E_REPO_NOT_FOUND', `Could not resolve repository root. Use --repo <path>. (looked upwards from ${cwd})`, {
    hints: ['cd into a git repository, or pass --repo <path>'],
    data: { cwd },
  });
}

/** The nearest directory with a `.git`, from `start` upwards. */
function checkoutAround(start: string): string | undefined {
  for (let path = start; ; path = dirname(path)) {
    if (existsSync(join(path, '.git'))) return path;
    if (path === dirname(path)) return undefined;
  }
}

/** A linked worktree's `.git` is a file that leads to `<owner>/.git/worktrees/<name>`, whose `commondir` leads back. */
function owningCheckout(checkout: string): string {
  const dotGit = join(checkout, '.git');
  try {
    if (statSync(dotGit).isDirectory()) return checkout;
    const gitDir = /^gitdir: (.+)$/m.exec(readFileSync(dotGit, 'utf8'))?.[1]?.trim();
    if (gitDir === undefined) return checkout;
    const gitDirPath = isAbsolute(gitDir) ? gitDir : resolve(checkout, gitDir);
    const commonDirFile = join(gitDirPath, 'commondir');
    if (!existsSync(commonDirFile)) return checkout;
    const commonDir = realpathSync(resolve(gitDirPath, readFileSync(commonDirFile, 'utf8').trim()));
    const owner = dirname(commonDir);
    return existsSync(join(owner, '.git')) ? owner : checkout;
  } catch {
    return checkout;
  }
}
