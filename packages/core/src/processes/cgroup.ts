/**
 * A cgroup per launch, where a cgroup v2 tree can be written: membership is the one proof that survives
 * a cleared environment, a new session and a dead parent. Everything here is best effort.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync, accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The path a launch's cgroup would have below ours; `undefined` where none can be made. */
export function cgroupPathFor(launchId: string, procRoot = '/proc'): string | undefined {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync(`${procRoot}/self/cgroup`, 'utf8'))?.[1];
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync(`${procRoot}/self/mounts`, 'utf8'))?.[1];
    if (own === undefined || mount === undefined) return undefined;
    // A command run from inside a launch does not nest.
    const parent = join(mount, own.replace(/\/envctl-[^/]*.*$/, ''));
    accessSync(parent, constants.W_OK);
    accessSync(join(parent, 'cgroup.procs'), constants.W_OK);
    return join(parent, `envctl-${launchId.replace(/[^\w.-]/g, '_')}`);
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

/** Off the main thread: the kernel takes tens of milliseconds to be sure that nobody forks meanwhile. */
export async function moveToCgroup(path: string, pid: number): Promise<void> {
  await writeFile(join(path, 'cgroup.procs'), String(pid)).catch(() => undefined);
}

export function joinCgroup(path: string, pid: number): void {
  try {
    writeFileSync(join(path, 'cgroup.procs'), String(pid));
  } catch {
    return; // one proof less
  }
}

/** Pids in the cgroup; empty when there is none. */
export function cgroupMembers(path: string): readonly number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
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
