import type { LaunchExit } from '../contract/index.js';
import type { Launch } from './launch-spec.js';

/** How it ended for good, also while the runner has yet to say so: it waits for the rest of the log. */
export function finalEnd({ record: { restart, successExitCodes = [0] }, restarts, between, lastEnd, exit }: Launch): LaunchExit | undefined {
  if (exit !== undefined || !between || lastEnd === undefined) return exit;
  const comesAgain = restarts < restart.max && (restart.when === 'always' || (restart.when === 'on-failure' && !successExitCodes.includes(lastEnd.code)));
  return comesAgain ? undefined : lastEnd;
}

/** Its command has ended for good, and well, as one does that goes to the background. */
export function hasEndedWell(launch: Launch): boolean {
  const end = finalEnd(launch);
  return end !== undefined && (launch.record.successExitCodes ?? [0]).includes(end.code);
}
