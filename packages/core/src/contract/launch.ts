/** One rung of a stop ladder: send `signal` to `target`, then wait up to `waitMs` before the next rung. */
export interface StopStep {
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGKILL';
  /** `group`: the process group of the launch; `child`: the command itself; `tree`: every member by pid. */
  readonly target: 'group' | 'child' | 'tree';
  readonly waitMs: number;
}

/** A process to start under a runner of its own. The intent is on record before it is spawned. */
export interface LaunchRequest {
  /** Unique within the instance: `server`, `initdb`. */
  readonly name: string;
  /** Program and arguments; no shell. Never put a secret here: argv is public on the machine. */
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Added to a minimal environment (PATH, HOME, LANG, TZ). May carry secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Resource names of the ports it will listen on. */
  readonly ports?: readonly string[];
  /** Directories whose open descriptors prove that a process belongs to this launch. */
  readonly dataDirectories?: readonly string[];
  /** How it is stopped; default TERM group 10 s, then KILL tree. */
  readonly stop?: readonly StopStep[];
  /** Run as the data user when envctl is root (law: servers that refuse root). Default true for dependencies. */
  readonly asDataUser?: boolean;
}

export interface LaunchExit {
  /** Exit code; 128 + signal number when a signal ended it. */
  readonly code: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface LaunchHandle {
  readonly id: string;
  /** `started` now, or `adopted` when a verified process of an earlier command still runs. */
  readonly origin: 'started' | 'adopted';
  readonly logPath: string;
  /** Resolves when the process has ended; rejects only on abort. */
  exited(signal: AbortSignal): Promise<LaunchExit>;
  /** The last lines of its log since it was launched, oldest first. */
  logTail(lines: number): Promise<readonly string[]>;
}

/** A short task that writes (an `initdb`): ledgered like a server, waited for. */
export interface TaskRequest extends Omit<LaunchRequest, 'ports' | 'stop'> {
  readonly timeoutMs: number;
  /** Told when its process runs: the moment to begin what can be done beside it. */
  readonly onLaunched?: () => void;
}

export interface TaskResult {
  readonly code: number;
  /** Last lines of stdout and stderr together. */
  readonly output: readonly string[];
}

/** A resource inside a server: a database, a role, a bucket. */
export interface LogicalRequest {
  readonly kind: 'database' | 'role' | (string & {});
  readonly name: string;
  /** The project it belongs to; absent = to the instance. */
  readonly project?: string;
  /** Whatever the plugin's `teardown` needs to remove it, beside the instance's own record. Never a secret. */
  readonly data?: Readonly<Record<string, string | number | boolean>>;
}

/** A container to create or adopt by label. The labels that prove ownership are added by core. */
export interface ContainerRequest {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly volumes?: Readonly<Record<string, string>>;
}

export interface ContainerHandle {
  readonly id: string;
  readonly name: string;
  readonly origin: 'started' | 'adopted';
}
