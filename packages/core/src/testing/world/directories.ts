import { chown, lchown, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataUser } from '../../contract/index.js';

/** Builds `path` under a temporary name beside it and renames it; does nothing when it exists. */
export async function buildDirectory(path: string, user: DataUser | undefined, build: (temporary: string) => Promise<void>): Promise<string> {
  if ((await lstat(path).catch(() => undefined)) !== undefined) return path;
  const temporary = join(dirname(path), `.building-${path.slice(dirname(path).length + 1)}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  if (user !== undefined) await chown(temporary, user.uid, user.gid);
  try {
    await build(temporary);
    if (user !== undefined) await giveTo(temporary, user);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return path;
}

async function giveTo(path: string, user: DataUser): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  await Promise.all(entries.map((entry) => lchown(join(entry.parentPath, entry.name), user.uid, user.gid)));
}
