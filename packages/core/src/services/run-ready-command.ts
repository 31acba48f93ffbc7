import { rm } from 'node:fs/promises';
import { isEnvctlError } from '../contract/index.js';
import { describeExit } from '../processes/index.js';
import type { AcquireContext } from '../resources/index.js';
import type { ServiceReadyRequest } from './readiness.js';
import { runServiceTask, type ServiceTask } from './service-task.js';

const attemptMs = 10_000;
const lineLimit = 240;

/**
 * Asks a command whether the service is ready; one that takes longer than ten seconds has not said so. Each attempt is a task on
 * the ledger, of which nothing is left when it is over; `logPath` has the output of the last one.
 */
export function createReadyCommand(context: AcquireContext, task: Omit<ServiceTask, 'signal' | 'timeoutMs'>, timeoutMs = attemptMs): NonNullable<ServiceReadyRequest['readyCommand']> {
  const [program] = task.command;
  return async (signal) => {
    await rm(task.logPath, { force: true });
    try {
      const { code, lines } = await runServiceTask(context, { ...task, timeoutMs, signal });
      const said = lines.findLast((line) => line.trim() !== '')?.trim();
      return { ready: code === 0, detail: `${program} ${describeExit(code)}${said === undefined ? '' : `: ${said.slice(0, lineLimit)}`}` };
    } catch (error) {
      if (isEnvctlError(error) && error.code === 'ENVCTL_E_RUN_TIMEOUT') return { ready: false, detail: `${program}: ${error.message}` };
      throw error;
    }
  };
}
