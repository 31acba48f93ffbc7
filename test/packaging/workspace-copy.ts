import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runOrThrow } from './run.js';

/**
 * Copies the workspace as git sees it (uncommitted files too) with its compiled output to `target`, as a repository of
 * its own. Third-party packages are links into the original's node_modules; workspace packages are those of the copy.
 */
export async function copyWorkspace(root: string, target: string): Promise<void> {
  const listed = await runOrThrow('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const packages = await readdir(join(root, 'packages'));
  const compiled = packages.flatMap((name) => [`packages/${name}/dist`, `packages/${name}/oclif.manifest.json`]);
  for (const path of [...new Set([...listed.stdout.split('\0'), ...compiled])]) {
    if (path === '') continue;
    await cp(join(root, path), join(target, path), { recursive: true, preserveTimestamps: true }).catch(ignoreMissing);
  }
  await linkModules(root, target);
  for (const name of packages) await linkModules(join(root, 'packages', name), join(target, 'packages', name));
  const git = async (...args: readonly string[]) => runOrThrow('git', ['-c', 'core.hooksPath=/dev/null', ...args], { cwd: target });
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'release');
  await git('config', 'user.email', 'release@localhost');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'feat: everything so far');
}

async function linkModules(from: string, to: string): Promise<void> {
  const source = join(from, 'node_modules');
  const entries = await readdir(source, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const isWorkspace = entry.isSymbolicLink();
    const inScope = entry.name.startsWith('@') ? await readdir(join(source, entry.name), { withFileTypes: true }) : [];
    if (inScope.length === 0) {
      await link(isWorkspace ? join(to, 'packages', workspaceFolder(entry.name)) : join(source, entry.name), join(to, 'node_modules', entry.name));
      continue;
    }
    for (const scoped of inScope) {
      const original = join(source, entry.name, scoped.name);
      const place = scoped.isSymbolicLink() ? join(to, 'packages', workspaceFolder(`${entry.name}/${scoped.name}`)) : original;
      await link(place, join(to, 'node_modules', entry.name, scoped.name));
    }
  }
}

/** The folder of a workspace package: `@envctl/core` stands in packages/core, `envctl` in packages/cli. */
function workspaceFolder(name: string): string {
  return name === 'envctl' ? 'cli' : name.replace('@envctl/', '');
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** A file that git still lists and the working tree has lost, or an output that was not built. */
function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
