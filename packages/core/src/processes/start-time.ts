import { readFileSync } from 'node:fs';
import type { ProcessEntry } from './stat.js';

/** What /proc counts in: the kernel gives programs hundredths of a second on every architecture. */
const ticksPerSecond = 100;

/** When a process began, in epoch seconds by the clock of now; `undefined` where the kernel does not tell. */
export function startedAtSeconds(entry: Pick<ProcessEntry, 'startTicks'>, procRoot = '/proc'): number | undefined {
  try {
    const booted = /^btime (\d+)$/m.exec(readFileSync(`${procRoot}/stat`, 'utf8'))?.[1];
    return booted === undefined ? undefined : Number(booted) + Number(entry.startTicks) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
