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
  for (const { pid, ppid, state, threads } of table.all()) {
    if (ppid === 2 || isGone({ state, threads })) continue; // kernel threads are children of 2
    const token = tokenOf(pid, table);
    if (token !== undefined && tokens.has(token)) carriers.set(pid, token);
  }
  return carriers;
}
