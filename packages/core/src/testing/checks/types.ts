import type { DriverName } from '../../contract/index.js';
import type { PluginUnderTest } from '../world/plugin.js';
import type { World, WorldOptions } from '../world/types.js';

/** The variables that a project's services get. */
export type Environment = Readonly<Record<string, string>>;

export interface ConformanceOptions extends WorldOptions {
  /**
   * What an application does with the projected variables: write something and read it back through the usual
   * client. Rejects when that fails. It must end within seconds.
   */
  readonly use: (env: Environment) => Promise<void>;
  /**
   * Tries to open the data of `other` with the credentials of `own`: true when it got in. Absent: the
   * dependency does not keep projects apart, and the check is skipped.
   */
  readonly trespass?: (own: Environment, other: Environment) => Promise<boolean>;
  /** Config that points the external driver at a server with the variables `env`. Absent: there is none. */
  readonly external?: (env: Environment) => Readonly<Record<string, string>>;
  /** Longest time a start may take, in milliseconds. Default 60 000. */
  readonly startTimeoutMs?: number;
  /** Longest time a start may go on after its abort, in milliseconds. Default 5000. */
  readonly abortTimeoutMs?: number;
}

/** What a check works with. */
export interface Bench {
  readonly options: ConformanceOptions;
  readonly plugin: PluginUnderTest;
  /** A new world; closed when the check ends. */
  open(overrides?: { readonly config?: Readonly<Record<string, string>>; readonly driver?: DriverName }): Promise<World>;
}

export interface ConformanceCheck {
  /** Stable name: `start.adopts`. */
  readonly id: string;
  /** The rule, as a sentence. */
  readonly title: string;
  run(bench: Bench): Promise<void>;
}

export interface CheckReport {
  readonly id: string;
  readonly title: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** Why it failed or was skipped. */
  readonly message?: string;
  readonly durationMs: number;
}

/** Thrown by a check that does not apply. */
export class Skip extends Error {}

/** Fails the check with `message` unless `condition` holds. */
export function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
