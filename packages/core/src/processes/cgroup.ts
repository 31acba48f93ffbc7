/**
 * A cgroup per launch, where a cgroup v2 tree can be written: membership is the one proof that survives
 * a cleared environment, a new session and a dead parent. Everything here is best effort.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync, accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/** Ids are unique within a scope only, cgroups are one name space for the machine. The name is public: no part of the token. */
export function cgroupNameOf(launchId: string, token: string): string {
  return `${prefixOf(launchId)}${createHash('sha256').update(token).digest('hex').slice(0, 16)}`;
}

/** The path that a cgroup of this name would have below ours; `undefined` where none can be made. */
export function cgroupPathFor(name: string, procRoot = '/proc'): string | undefined {
  const parent = writableParent(procRoot);
  return parent === undefined ? undefined : join(parent, name);
}

/** The cgroup of a launch, by its name below `parent` or ours; with a token of that very token. */
export function findCgroup(launchId: string, token: string | undefined, parent: string): string | undefined {
  for (const directory of [parent, writableParent('/proc')]) {
    if (directory === undefined || !isAbsolute(directory)) continue;
    const names = namesIn(directory).filter((name) => (token === undefined ? name.startsWith(prefixOf(launchId)) && /^[0-9a-f]{16}$/.test(name.slice(prefixOf(launchId).length)) : name === cgroupNameOf(launchId, token)));
    const [name] = names;
    if (name !== undefined && names.length === 1) return join(directory, name);
  }
  return undefined;
}

function prefixOf(launchId: string): string {
  return `envctl-${launchId.replace(/[^\w.-]/g, '_')}-`;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function writableParent(procRoot: string): string | undefined {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync(`${procRoot}/self/cgroup`, 'utf8'))?.[1];
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync(`${procRoot}/self/mounts`, 'utf8'))?.[1];
    if (own === undefined || mount === undefined) return undefined;
    // A command run from inside a launch does not nest.
    const parent = join(mount, own.replace(/\/envctl-[^/]*.*$/, ''));
    accessSync(parent, constants.W_OK);
    accessSync(join(parent, 'cgroup.procs'), constants.W_OK);
    return parent;
  } catch {
    return undefined;
  }
}

export function createCgroup(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Off the main thread, and not to be waited for: the kernel takes tens of milliseconds to be sure that nobody forks meanwhile. Never rejects. */
export async function moveToCgroup(path: string, pid: number): Promise<void> {
  await writeFile(join(path, 'cgroup.procs'), String(pid)).catch(() => undefined);
}

function joinCgroup(path: string, pid: number): void {
  try {
    writeFileSync(join(path, 'cgroup.procs'), String(pid));
  } catch {
    return; // one proof less
  }
}

/** Pids in the cgroup; empty when there is none. */
export function cgroupMembers(path: string): readonly number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Removes the cgroup. What still lives in it (listed as detached) moves to the parent. */
export function removeCgroup(path: string): void {
  for (const pid of cgroupMembers(path)) joinCgroup(dirname(path), pid);
  try {
    rmdirSync(path);
  } catch {
    return; // gone already, or somebody put something into it
  }
}
