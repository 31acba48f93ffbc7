/** The light door of the room: looking at processes, without the libraries that starting and running them needs. */
export { examineLaunch, type Examination } from './examine.js';
export { finalEnd, hasEndedWell } from './final-end.js';
export { findFormerMembers } from './former-members.js';
export { describeExit, describeRestarts, toLastExit, type LastExit } from './describe-exit.js';
export { findProgram, isExecutableFile } from './find-program.js';
export { installCommand } from './install-command.js';
export { assertPrograms } from './required-programs.js';
export { closeInheritedDescriptors } from './inherited-descriptors.js';
export { listenersByPid } from './listeners.js';
export { readLivingTree } from './living-tree.js';
export { quoteForShell } from './quote-for-shell.js';
export type { Launch, LedgeredLaunch } from './launch-spec.js';
export { findLaunchesOf, findUnrecordedLaunch } from './find-launches.js';
export { readLaunchHistory, readLaunchSync, wasStopped } from './read-launch.js';
export { startedAtSeconds } from './start-time.js';
export { isGone, type ProcessEntry } from './stat.js';
export { readProcessTable, type ProcessTable } from './table.js';
export { identityOf } from './identity.js';
