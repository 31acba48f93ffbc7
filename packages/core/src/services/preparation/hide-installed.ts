import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../processes/index.js';

const timeoutMs = 10_000;

/**
 * What an installer wrote is no change of the checkout: where the project's own ignore files do not say so, the directory says it
 * itself, as new Python environments do. Only directories that installers make are looked at; never rejects.
 */
export async function hideInstalled(directory: string, options: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal }): Promise<void> {
  try {
    const { code, stdout } = await runCommand(['git', '-C', directory, 'ls-files', '--others', '--exclude-standard', '--directory', '--no-empty-directory', '-z', '--', '.'], { cwd: directory, ...options, timeoutMs });
    if (code !== 0) return;
    const made = stdout.split('\0').filter((path) => /(?:^|\/)(?:node_modules|\.venv)\/$/.test(path));
    await Promise.all(made.map((path) => writeFile(join(directory, path, '.gitignore'), '*\n', { flag: 'wx' })));
  } catch {
    // No git, no repository, or it says so already.
  }
}
