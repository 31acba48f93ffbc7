import { hasEndedWell, readLaunch, waitForExit } from '../processes/index.js';
import type { WaitedLaunch } from './readiness.js';

/** A launch as readiness asks it. @param directory the launch directory */
export function createWaitedLaunch(directory: string, logPath: string): WaitedLaunch {
  return {
    logPath,
    exited: (signal) => waitForExit(directory, signal),
    async read() {
      const launch = await readLaunch(directory);
      if (launch === undefined) return undefined;
      const { restarts, logStart, lastEnd } = launch;
      return { restarts, logStart, ended: launch.between || launch.exit !== undefined, endedWell: hasEndedWell(launch), ...(lastEnd && { lastEnd }) };
    },
  };
}
