// A cgroup v2 of its own for a suite, where one can be made: nothing a test starts can leave it, and the cgroups envctl
// makes for its launches stand below it. Where none can be made the word in the environment has to do.
import { mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The directory of a new cgroup below our own; `undefined` where there is no writable cgroup v2. */
export function makeSuiteCgroup(name) {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];
    if (own === undefined || mount === undefined) return undefined;
    const path = join(mount, own, name);
    mkdirSync(path);
    return path;
  } catch {
    return undefined;
  }
}

/** Pids in the cgroup and in those below it. */
export function cgroupPids(path) {
  return [path, ...below(path)].flatMap((directory) => {
    try {
      return readFileSync(join(directory, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

/** Names of the cgroups below; all are removed with it. */
export function removeSuiteCgroup(path) {
  const left = below(path);
  for (const directory of [...left, path].sort((a, b) => b.length - a.length)) {
    try {
      rmdirSync(directory);
    } catch {
      // A process that is dying still holds it; the machine keeps an empty cgroup at worst.
    }
  }
  return left.map((directory) => relative(path, directory));
}

function below(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => [join(path, entry.name), ...below(join(path, entry.name))]);
  } catch {
    return [];
  }
}
