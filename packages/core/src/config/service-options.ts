import type { EdgeCondition, StopStep } from '../contract/index.js';
import type { Toggle } from './model.js';

/**
 * `server` listens on a port of its own; `worker` listens nowhere and is up while it lives; `job` runs once, and ending
 * with a success exit code is its good end.
 */
export type ServiceKind = 'server' | 'worker' | 'job';

/** An edge of the start graph that a service asks for: it waits until `name` has reached `condition`. */
export interface ServiceNeed {
  /** Slug of a service of the same project, or id of a dependency. */
  readonly name: string;
  readonly condition: EdgeCondition;
  /** True: where `name` is not part of the project, or fails, the service starts without it. */
  readonly optional: boolean;
  /** True: the service is started again when `name` is. */
  readonly restart: boolean;
}

/** When the runner starts the command again after it ended by itself. */
export interface ServiceRestart {
  readonly when: 'no' | 'on-failure' | 'always';
  /** Restarts in all, at most. */
  readonly max: number;
  /** The first pause; it doubles from restart to restart. */
  readonly backoffMs: number;
}

/**
 * What the configuration says of one service in one mode. Every default is filled in. A service is ready when everything
 * that is given of its listener, `healthUrl`, `readyLog` and `readyCommand` says so.
 */
export interface ServiceOptions {
  /** `backend`, `frontend`, or the name of an additional service as ENVCTL_ADDITIONAL_SERVICES has it. */
  readonly slug: string;
  readonly kind: ServiceKind;
  readonly enabled: Toggle;
  /** Relative to the project, as written. */
  readonly directory: string;
  /** True when the user set it: then it has to be there. */
  readonly directoryIsSet: boolean;
  /** No shell; `{port}` is replaced. */
  readonly startCommand: string | undefined;
  readonly testCommand: string | undefined;
  /** Preferred port of Main; undefined where the service listens nowhere. */
  readonly portBase: number | undefined;
  readonly dependsOn: readonly ServiceNeed[];
  /** URL, or path on the service's own port, that answers 2xx when it is healthy. `{port}` is replaced. */
  readonly healthUrl: string | undefined;
  /** What people are shown in place of http://<public host>:<port>. `{port}` is replaced. */
  readonly publicUrl: string | undefined;
  /** Source of a regular expression that a line of the log matches when the service is ready. */
  readonly readyLog: string | undefined;
  /** Exits with 0 when the service is ready; no shell; `{port}` is replaced. */
  readonly readyCommand: string | undefined;
  readonly readyTimeoutMs: number;
  /** False: the time is nobody's wish, and a service that compiles first may take longer. */
  readonly readyTimeoutIsSet: boolean;
  /** False: its failure degrades the project and fails no start. */
  readonly critical: boolean;
  /** The first signal of the ladder that stops it, to its process group. */
  readonly stopSignal: StopStep['signal'];
  /** How long it may take to end after that signal before it is killed. */
  readonly stopTimeoutMs: number;
  readonly restart: ServiceRestart;
  /** Exit codes that are a good end; 0 alone unless it says so. */
  readonly successExitCodes: readonly number[];
  /** Among services that wait for nothing of each other, the smaller one starts first. */
  readonly startOrder: number;
}
