import type { DataUser, DependencyDefinition, DependencyOutcome, DriverName, EventFields, InstanceFacts, LogicalRequest, ProjectFacts, ProjectedVariable } from '../../contract/index.js';

/** What a world is made of. */
export interface WorldOptions {
  /** Directory of the plugin's package: its `package.json` and the extension module that names. */
  readonly root: string;
  /** Default: the only dependency of the manifest. */
  readonly dependencyId?: string | undefined;
  /** Default `native`. */
  readonly driver?: DriverName | undefined;
  /** Config values by key, as text. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /** Projected variables of the dependencies that this one requires, by their ids. */
  readonly required?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** The environment of the tests: PATH, HOME, and ENVCTL_DATA_USER where the tests run as root. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Changes the definition that the extension registered. For tests of the kit itself. */
  readonly replace?: ((definition: DependencyDefinition) => DependencyDefinition) | undefined;
}

/** An entry of the ledger, as it stands on disk. */
export interface WorldRecord {
  readonly kind: 'process' | 'file' | 'logical' | (string & {});
  /** Launch id, path, or name of the resource. */
  readonly name: string;
  readonly project: string | null;
  readonly confirmed: boolean;
  readonly resource?: LogicalRequest;
}

export interface WorldEvent {
  readonly event: string;
  readonly fields: EventFields;
}

/** How a start is disturbed. */
export interface Disturbance {
  /**
   * Called at every seam of core (`ledger.process.before-effect`), before and after each call on the start context
   * (`ctx.launch.before`) and at each attempt of an `until` (`ctx.until.attempt`).
   */
  readonly at?: (point: string) => void;
  /** `refuse`: the program does not exist; `exit`: it ends at once with an error. */
  readonly launch?: 'refuse' | 'exit';
  /** Time is up in every `until` without an attempt. */
  readonly exhausted?: boolean;
  /** Awaited once, between the lease of the ports and the first launch. */
  readonly beforeLaunch?: (ports: Readonly<Record<string, number>>) => Promise<void>;
}

/** What the plugin itself did in one start; core may have called it several times. */
export interface PluginTrace {
  /** Outcomes in order, as returned; `rejected` when it threw. */
  readonly outcomes: readonly (DependencyOutcome | 'rejected')[];
  /** What it acquired: `launch server`, `directory data`. */
  readonly acquired: readonly string[];
}

/** One command that brought the dependency up for one project. */
export interface Attempt {
  readonly outcome: DependencyOutcome;
  readonly instance: Pick<InstanceFacts, 'id' | 'directory' | 'ports' | 'driver'>;
  /** How often core tried again. */
  readonly retries: number;
  readonly variables: Readonly<Record<string, ProjectedVariable>>;
  /** Values of `variables`. */
  readonly env: Readonly<Record<string, string>>;
  readonly plugin: PluginTrace;
}

/** How a server ended. */
export interface Ending {
  readonly launch: string;
  /** Exit code as the runner saw it; absent when the runner had to be killed too. */
  readonly code?: number;
}

/**
 * One dependency in a scope of its own in a temporary directory. Everything that runs is what ships: the
 * orchestrator, ledger, leases, locks, runners and instance records. Each call is a command of its own, which
 * knows nothing but what is on disk.
 */
export interface World {
  readonly directory: string;
  /** The account that servers run as; absent unless the tests run as root. */
  readonly dataUser: DataUser | undefined;
  /** What the plugin emitted, before core checks or redacts it. */
  readonly events: readonly WorldEvent[];
  /** Every secret value that was made, set or read. */
  readonly secrets: ReadonlySet<string>;
  project(name: string): ProjectFacts;
  /** Brings it up, as `envctl start` does. `trace` is filled while it runs, so that it is there after a rejection. */
  start(project: ProjectFacts, options?: { readonly signal?: AbortSignal; readonly disturbance?: Disturbance; readonly onTrace?: (trace: PluginTrace) => void }): Promise<Attempt>;
  probe(project: ProjectFacts, signal?: AbortSignal): Promise<DependencyOutcome>;
  /** Gives it back for `projects` (default: all); the last one stops the server. Rejects when something survives. */
  stop(projects?: readonly string[]): Promise<readonly Ending[]>;
  /** Removes what `project` owns inside the running server, from the ledger alone, with a definition made anew. */
  tearDown(project: ProjectFacts): Promise<readonly string[]>;
  /** Removes all data and forgets the instances, as `--remove-volumes` does. Servers must be stopped. */
  remove(): Promise<void>;
  /** Kills the servers with SIGKILL, as a crash would. */
  crash(): Promise<void>;
  records(): Promise<readonly WorldRecord[]>;
  /** What a start that failed or a stop must not leave: processes on record, held leases, projects that hold an instance. */
  held(): Promise<readonly string[]>;
  /** Processes that work in, or hold a file of, this world's directory. */
  survivors(): Promise<readonly { readonly pid: number; readonly command: string }[]>;
  /** Text of every log file of the dependency. */
  logs(): Promise<string>;
  /** Text of every file that core wrote and that is no secret store: state, instance records, launch records, events. */
  written(): Promise<string>;
  dispose(): Promise<void>;
}
