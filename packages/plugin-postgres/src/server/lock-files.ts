import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StartContext } from '@envctl/core';

/**
 * Postgres refuses to start while a lock file names a live process, whatever that process is. After a crash
 * the number may belong to a stranger. Such a file is removed; the stranger is not touched. A file that names
 * a dead process stays: Postgres reads the shared memory key in it to find orphaned backends.
 */
export async function removeStaleLocks(ctx: StartContext, data: string): Promise<void> {
  const port = ctx.instance.ports['primary'];
  const paths = [join(data, 'postmaster.pid'), join(ctx.instance.socketDirectory, `.s.PGSQL.${port}.lock`)];
  for (const path of paths) {
    const pid = await readPid(path);
    if (pid === undefined || !(await isStranger(pid, data))) continue;
    await rm(path, { force: true });
    ctx.events.emit('postgres.lock.removed', { project: ctx.project.name, path, pid });
  }
}

/** The port in the lock file of a running server: its fourth line. */
export async function readRunningPort(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const port = Number.parseInt(text.split('\n')[3] ?? '', 10);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

const readyWordMs = 100;
const readyWordLookMs = 4;

/**
 * Resolves as soon as the lock file of the cluster says that it takes connections, the eighth line, and after 100 ms at the
 * latest: reading it costs less than being refused. Never rejects.
 */
export async function awaitReadyWord(data: string, signal: AbortSignal): Promise<void> {
  const path = join(data, 'postmaster.pid');
  for (const until = performance.now() + readyWordMs; performance.now() < until && !signal.aborted; ) {
    if (/^ready/.test((await readFile(path, 'utf8').catch(() => '')).split('\n')[7] ?? '')) return;
    await delay(readyWordLookMs, undefined, { signal }).catch(() => undefined);
  }
}

async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // A lock of a server outside a postmaster carries a negative number.
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** True for a live process that is surely no server of `data`: a server works inside its data directory. */
async function isStranger(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) !== (await realpath(data));
  } catch {
    return false;
  }
}
