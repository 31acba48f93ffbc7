import type { ProcessTable } from './table.js';
import { uptimeTicks } from './uptime.js';

/** A process that left the session and is younger may still open the port that makes it a member. In ticks. */
export const settleTicks = 300;

export function isSettling(pid: number, table: ProcessTable): boolean {
  return uptimeTicks() - Number(table.get(pid)?.startTicks) < settleTicks;
}
