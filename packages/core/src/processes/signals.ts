import { isGone, readProcessEntry } from './stat.js';

type Named = { readonly pid: number; readonly startTicks: string };

/**
 * Signals one process, after a last look that the pid is still the same process.
 * @returns false when the kernel refused; true when it was sent or there was nobody left
 */
export function sendToProcess(process: Named, signal: NodeJS.Signals): boolean {
  return isStill(process) ? send(process.pid, signal) : true;
}

/** Signals a process group, after a last look that one of the witnesses, proven members of it, is still in it. */
export function sendToGroup(witnesses: readonly Named[], pgid: number, signal: NodeJS.Signals): boolean {
  return witnesses.some((witness) => isStill(witness, pgid)) ? send(-pgid, signal) : true;
}

function isStill({ pid, startTicks }: Named, pgid?: number): boolean {
  const entry = readProcessEntry('/proc', pid);
  return entry !== undefined && entry.startTicks === startTicks && !isGone(entry) && (pgid === undefined || entry.pgid === pgid);
}

function send(target: number, signal: NodeJS.Signals): boolean {
  // 0, 1 and -1 name everybody.
  if (Math.abs(target) <= 1) return false;
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
