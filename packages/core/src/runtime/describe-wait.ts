import type { LockWait } from '../fs/index.js';

export interface WaitFacts {
  /** Epoch seconds at which the holder's process began; undefined where that cannot be seen. */
  readonly sinceSeconds: number | undefined;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** Of this process: a holder in another one has another pid here. */
  readonly pidNamespace: string;
}

/** Who holds a lock, since when, and what can be done about it; lines for people. */
export function describeWait({ identity, purpose }: LockWait, { sinceSeconds, nowMs, pidNamespace }: WaitFacts): string {
  const isHere = identity.pidNamespace === pidNamespace;
  const since = !isHere || sinceSeconds === undefined ? '' : `, since ${timeOfDay(sinceSeconds)} (${Math.max(0, Math.round(nowMs / 1000 - sinceSeconds))} s)`;
  const mend = isHere ? `to cancel it: kill -INT ${identity.pid}` : 'it runs in another container; cancel it there';
  return `Waiting for envctl (pid ${identity.pid}): ${purpose}${since}\n  ${mend}`;
}

/** Local, `17:04:09`. */
function timeOfDay(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
