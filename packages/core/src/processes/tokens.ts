import { launchTokenVariable } from './launch-spec.js';
import { isGone } from './stat.js';
import type { ProcessTable } from './table.js';

/** The launch token a process carries, as far as its environment can be read. */
export function tokenOf(pid: number, table: ProcessTable): string | undefined {
  return table.environ(pid)?.get(launchTokenVariable);
}

/** Every living process that carries one of the tokens. Reads the environment of each process once per table. */
export function findTokenCarriers(table: ProcessTable, tokens: ReadonlySet<string>): ReadonlyMap<number, string> {
  const carriers = new Map<number, string>();
  for (const entry of table.all()) {
    if (entry.isKernel || isGone(entry)) continue;
    const token = tokenOf(entry.pid, table);
    if (token !== undefined && tokens.has(token)) carriers.set(entry.pid, token);
  }
  return carriers;
}
