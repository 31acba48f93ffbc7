import { readdir, readFile, readlink } from 'node:fs/promises';

/** Live processes whose working directory or an open file lies under `root`. Reads /proc; empty elsewhere. */
export async function findSurvivors(root: string): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => pid !== process.pid);
  const found = await Promise.all(pids.map(async (pid) => ((await holds(pid, root)) ? { pid, command: await commandLine(pid) } : undefined)));
  return found.filter((entry) => entry !== undefined);
}

async function holds(pid: number, root: string): Promise<boolean> {
  const inside = (path: string): boolean => path === root || path.startsWith(`${root}/`);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  if (inside(cwd)) return true;
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(descriptors.map((entry) => readlink(`/proc/${pid}/fd/${entry}`).catch(() => '')));
  return targets.some(inside);
}

async function commandLine(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
}
