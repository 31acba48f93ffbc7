/** Commands that end by themselves and belong to a service: installations and migrations. Each is on the ledger before it runs. */
import { createDeadline, EnvctlError } from '../contract/index.js';
import { defaultStopLadder, waitForExit } from '../processes/index.js';
import { acquireProcess, createLaunchToken, releaseProcesses, type AcquireContext } from '../resources/index.js';
import { tailLines } from './tail-lines.js';

export interface ServiceTask {
  /** What it is to people; unique in its project: `prepare backend`. */
  readonly name: string;
  readonly project: string;
  readonly runId: string | null;
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Its output is appended here. */
  readonly logPath: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface TaskEnd {
  readonly code: number;
  /** The last lines of its output, oldest first. */
  readonly lines: readonly string[];
}

const keptLines = 400;

/**
 * Runs a task to its end; nothing of it is left then, however it ended.
 * Throws ENVCTL_E_RUN_TIMEOUT, ENVCTL_E_PROCESS_SPAWN, and the reason of an abort.
 */
export async function runServiceTask(context: AcquireContext, task: ServiceTask): Promise<TaskEnd> {
  const { signal, timeoutMs, ...request } = task;
  signal.throwIfAborted();
  const acquired = await acquireProcess(context, {
    ...request,
    name: launchName(task.project, task.name),
    kind: 'task',
    token: createLaunchToken(context),
    ports: [],
    dataDirectories: [],
    stop: defaultStopLadder,
    restart: { when: 'no', max: 0, backoffMs: 0 },
  });
  const limit = createDeadline(signal, timeoutMs);
  try {
    const { code } = await waitForExit(acquired.directory, limit.signal);
    return { code, lines: await tailLines(task.logPath, keptLines) };
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    throw new EnvctlError('ENVCTL_E_RUN_TIMEOUT', `it did not end within ${Math.round(timeoutMs / 1000)} s`, { kind: 'environment', cause: error });
  } finally {
    limit.clear();
    await releaseProcesses(context, [{ entryId: acquired.entry.id, directory: acquired.directory }], { keepReserved: true });
  }
}

/** True for the launch of a task of a project's services; tasks of its dependencies are named otherwise. */
export function isServiceTask(project: string, { kind, name }: { readonly kind: string | undefined; readonly name: string | undefined }): boolean {
  return kind === 'task' && name?.startsWith(launchName(project, '')) === true;
}

function launchName(project: string, task: string): string {
  return `${project}: ${task}`;
}

/** The caller's environment as a task gets it: without what envctl's own tests and launches go by, and without an environment of another project. */
export function taskEnvironment(callerEnv: Readonly<Record<string, string | undefined>>, extra: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(callerEnv).filter((entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('ENVCTL_TEST_') && entry[0] !== 'ENVCTL_LAUNCH_TOKEN' && entry[0] !== 'VIRTUAL_ENV');
  return { ...Object.fromEntries(inherited), ...extra };
}
