import type { ProcessIdentity, StopStep } from '../contract/index.js';
import type { LogPosition } from './journal.js';

/** When the runner starts the command again. The pause doubles from `backoffMs` to 30 s; a minute of work resets it. */
export interface RestartPolicy {
  readonly when: 'no' | 'on-failure' | 'always';
  /** Restarts in all; 0 is none. */
  readonly max: number;
  readonly backoffMs: number;
}

/** Everything needed to start one process under a runner of its own. */
export interface LaunchSpec {
  readonly id: string;
  /** Unguessable; the child carries it as `ENVCTL_LAUNCH_TOKEN`. */
  readonly token: string;
  readonly name: string;
  readonly kind: 'service' | 'dependency' | 'task';
  readonly scopeId: string;
  readonly project: string | null;
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment of the command; nothing is added but the token. */
  readonly env: Readonly<Record<string, string>>;
  readonly logPath: string;
  /** The launch directory; made by `launchProcess`, removed by whoever owns the launch once it has stopped. */
  readonly directory: string;
  /** Leased ports. */
  readonly ports: readonly number[];
  readonly dataDirectories: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly stop: readonly StopStep[];
  readonly restart: RestartPolicy;
  /** Exit codes after which `on-failure` does not start the command again; default 0 alone. */
  readonly successExitCodes?: readonly number[];
  /** The log is rotated to `<log>.1` above this size; default 16 MiB. */
  readonly logMaxBytes?: number;
  /**
   * `start` (default): it is rotated when the command (re)starts, which writes to the file itself. `running`: the command
   * writes to a pipe, and a writer beside it rotates whenever the log is full. A launch of another user has `start`.
   */
  readonly logRotation?: 'start' | 'running';
}

/** What `<directory>/launch.json` holds, before anything is spawned. Paths are real paths. */
export interface LaunchRecord extends Omit<LaunchSpec, 'env'> {
  readonly version: 1;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Clock ticks since boot: a process that started earlier is not of this launch. */
  readonly createdTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  /** Directory of the launch's own cgroup, where one could be made. */
  readonly cgroup: string | null;
}

/** A launch as its directory tells it. */
export interface Launch {
  readonly record: LaunchRecord;
  readonly runner?: ProcessIdentity;
  /** The command's process; the last one after a restart. */
  readonly child?: ProcessIdentity;
  /** Present once the runner has ended by itself. */
  readonly exit?: { readonly code: number; readonly at: number };
  /** How the command ended last, whether or not it was started again. */
  readonly lastEnd?: { readonly code: number; readonly at: number };
  readonly restarts: number;
  /** Where the log of the present incarnation begins. */
  readonly logStart: LogPosition;
  /** The command has ended and its runner lives: it waits to start it again, or is about to end. */
  readonly between: boolean;
}

/** What the ledger knows of a launch, for when its directory does not tell. */
export interface LedgeredLaunch {
  /** The launch record once more; judged as one from a file is. */
  readonly record?: unknown;
  readonly runner?: Pick<ProcessIdentity, 'pid' | 'startTicks'>;
  /** It was spawned: without any record nobody can tell whether it still runs. */
  readonly spawned: boolean;
  /** Boot of the command that put it on record. */
  readonly bootId: string;
}

/** The environment variable that carries the token. */
export const launchTokenVariable = 'ENVCTL_LAUNCH_TOKEN';

export const defaultStopLadder: readonly StopStep[] = [
  { signal: 'SIGTERM', target: 'group', waitMs: 10_000 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
];
