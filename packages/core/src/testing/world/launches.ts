import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { DataUser, LaunchExit, LaunchHandle, LaunchRequest, StopStep } from '../../contract/index.js';

export interface RunningLaunch {
  readonly child: ChildProcess;
  readonly handle: LaunchHandle;
  readonly stop: readonly StopStep[];
  readonly exit: Promise<LaunchExit>;
  exited(): boolean;
}

const defaultLadder: readonly StopStep[] = [
  { signal: 'SIGTERM', target: 'group', waitMs: 10_000 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
];

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** Starts `request` in a session of its own with its output in `logPath`. */
export async function startProcess(
  request: LaunchRequest,
  options: { readonly id: string; readonly logPath: string; readonly cwd: string; readonly path: string; readonly user: DataUser | undefined },
): Promise<RunningLaunch> {
  const log = await open(options.logPath, 'a', 0o600);
  try {
    const [program, ...args] = request.command;
    const user = request.asDataUser === false ? undefined : options.user;
    const child = spawn(program, args, {
      cwd: request.cwd ?? options.cwd,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: options.path, HOME: user?.home ?? options.cwd, LANG: 'C.UTF-8', TZ: 'UTC', ...request.env },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    const exit = new Promise<LaunchExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0), at: Date.now() }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return {
      child,
      stop: request.stop ?? defaultLadder,
      exit,
      exited: () => child.exitCode !== null || child.signalCode !== null,
      handle: toHandle(options.id, options.logPath, exit, 'started'),
    };
  } finally {
    await log.close();
  }
}

/** A handle on a running process; `origin` says how this command came by it. */
export function toHandle(id: string, logPath: string, exit: Promise<LaunchExit>, origin: 'started' | 'adopted'): LaunchHandle {
  return {
    id,
    origin,
    logPath,
    exited: (signal) => untilAborted(exit, signal),
    logTail: async (lines) => (await readFile(logPath, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-lines),
  };
}

/** Goes down the ladder until the process has ended. */
export async function stopProcess(launch: RunningLaunch): Promise<void> {
  for (const step of launch.stop) {
    if (launch.exited()) return;
    const pid = launch.child.pid;
    if (pid === undefined) return;
    sendSignal(step.target === 'child' ? pid : -pid, step.signal);
    await within(launch.exit, step.waitMs);
  }
}

/** Resolves with `promise`, rejects when `signal` aborts. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/** `promise`, or `undefined` after `ms`. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
