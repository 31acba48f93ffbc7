import { basename } from 'node:path';
import type { LaunchMember } from './examine.js';
import type { Launch } from './launch-spec.js';
import type { ProcessTable } from './table.js';

/**
 * Pids of the runner, the writers of the log and what they start: they end by themselves when everybody else has. A writer is a
 * subshell of the runner, so it shows the same script; so does the command before it has begun.
 */
export function findAttendants({ record }: Launch, members: readonly LaunchMember[], runnerPid: number | undefined, table: ProcessTable): ReadonlySet<number> {
  const script = `/${basename(record.directory)}/runner.sh`;
  const known = new Set(members.map(({ pid }) => pid));
  const found = members.filter(({ pid }) => pid !== runnerPid && table.commandLine(pid)[1]?.endsWith(script) === true).map(({ pid }) => pid);
  for (const pid of found) found.push(...table.childrenOf(pid).map((child) => child.pid).filter((child) => known.has(child)));
  return new Set(runnerPid === undefined ? found : [runnerPid, ...found]);
}
