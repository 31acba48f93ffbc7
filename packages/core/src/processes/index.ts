/** Processes: who they are, how they are started under a runner, examined and stopped. */
export { isGone, type ProcessEntry } from './stat.js';
export { readProcessTable, type ProcessTable } from './table.js';
export { startedAtSeconds } from './start-time.js';
export { identityOf, isSameProcess, selfIdentity } from './identity.js';
export { livenessOf, type Liveness, mayBeAlive } from './liveness.js';
export {
  defaultStopLadder,
  launchTokenVariable,
  type Launch,
  type LaunchRecord,
  type LaunchSpec,
  type LedgeredLaunch,
  type RestartPolicy,
} from './launch-spec.js';
export { launchProcess, type LaunchOptions } from './launch.js';
export { readLivingTree } from './living-tree.js';
export { readLaunch, readLaunchSync, toRecord } from './read-launch.js';
export { readLaunchEnvironment } from './read-environment.js';
export { findRunningLaunches, recoverLaunch } from './recover-launch.js';
export { recordLaunchPorts } from './record-ports.js';
export type { LogPosition } from './journal.js';
export { examineLaunch, type DetachedProcess, type Examination, type ExamineExtra, type LaunchMember, type MembershipProof } from './examine.js';
export { finalEnd, hasEndedWell } from './final-end.js';
export { findAttendants } from './attendants.js';
export { isSettling } from './settling.js';
export { findFormerMembers } from './former-members.js';
export { stopLaunches, type StopOptions, type StopResult } from './stop.js';
export { waitForExit } from './wait-for-exit.js';
export { listenersByPid } from './listeners.js';
export { readListeningLines } from './listening-sockets.js';
export { findTokenCarriers, tokenOf } from './tokens.js';
export { describeExit, describeRestarts, toLastExit, type LastExit } from './describe-exit.js';
export { findProgram, isExecutableFile, type ProgramSearch } from './find-program.js';
export { quoteForShell } from './quote-for-shell.js';
export { closeInheritedDescriptors } from './inherited-descriptors.js';
export { runCommand, type RunOptions, type RunOutcome } from './run.js';
