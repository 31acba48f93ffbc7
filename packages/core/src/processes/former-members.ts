import type { LaunchMember } from './examine.js';
import type { Launch } from './launch-spec.js';
import type { ProcessTable } from './table.js';

/**
 * Pids of the members that an earlier start of the command left behind: they began before the present one did, or were forked by
 * one of these since. Empty until the command has been started again.
 */
export function findFormerMembers({ child, runner, restarts }: Launch, members: readonly LaunchMember[], table: ProcessTable): ReadonlySet<number> {
  if (restarts === 0 || child === undefined) return new Set();
  const began = Number(child.startTicks);
  const former = new Set(members.filter(({ pid, startTicks }) => pid !== runner?.pid && pid !== child.pid && Number(startTicks) < began).map(({ pid }) => pid));
  const known = new Set(members.map(({ pid }) => pid));
  // A set that grows while it is gone through: what is added is gone through, too.
  for (const pid of former) for (const { pid: forked } of table.childrenOf(pid)) if (known.has(forked)) former.add(forked);
  return former;
}
