import { readFileSync } from 'node:fs';

/** Time since boot in hundredths of a second, the unit (USER_HZ) in which start ticks count. */
export function uptimeTicks(): number {
  return Number((readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '0').replace('.', ''));
}
