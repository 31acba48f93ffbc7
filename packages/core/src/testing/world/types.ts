import type { DataUser, DependencyDeclaration, DependencyDefinition, DependencyOutcome, DependencyPlan, DriverName, EventFields, InstanceFacts, LogicalRequest, ProjectFacts, ProjectedVariable, StartContext, TeardownContext } from '../../contract/index.js';

/** What a world of test instances is made of. */
export interface WorldOptions {
  readonly declaration: DependencyDeclaration;
  readonly definition: () => DependencyDefinition;
  readonly driver: DriverName;
  /** Config values by key; defaults of declared keys must be in here already. */
  readonly config: Readonly<Record<string, string>>;
  readonly dataUser: DataUser | undefined;
  /** Longest wait of any `until` and `task`. */
  readonly timeoutMs: number;
  readonly searchPath: string;
}

/** A line of the world's ledger, as it stands on disk. */
export interface WorldRecord {
  readonly id: number;
  readonly kind: 'process' | 'directory' | 'logical';
  readonly instance: string;
  readonly name: string;
  readonly resource?: LogicalRequest;
  readonly command?: readonly string[];
  readonly confirmed: boolean;
}

export interface WorldEvent {
  readonly event: string;
  readonly fields: EventFields;
}

/** Where a context can be disturbed. */
export interface Disturbance {
  /** Called before and after each call on the context, and around each attempt of an `until`. */
  readonly at?: (point: string) => void;
  /** `refuse`: the program cannot be started; `exit`: it ends at once with an error. */
  readonly launch?: 'refuse' | 'exit';
  /** Time is up in every `until` without an attempt. */
  readonly exhausted?: boolean;
  /** Ports to use instead of the leased ones. */
  readonly ports?: Readonly<Record<string, number>>;
}

/** One attempt of one command to bring the dependency up for one project. */
export interface Attempt {
  readonly outcome: DependencyOutcome;
  readonly plan: DependencyPlan;
  readonly instance: InstanceFacts;
  readonly variables: Readonly<Record<string, ProjectedVariable>>;
  /** Values of `variables`. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A small real machine for one dependency: real directories, real processes, leased ports, a ledger on disk.
 * Contexts made by it behave as the contract says; a new context is a new command.
 */
export interface World {
  readonly directory: string;
  readonly events: readonly WorldEvent[];
  /** Every secret value that was made or set. */
  readonly secrets: ReadonlySet<string>;
  project(name: string): ProjectFacts;
  /** Plans, starts and projects; undoes what was launched when the outcome is `failed` or the start rejects. */
  start(project: ProjectFacts, options?: { readonly signal?: AbortSignal; readonly disturbance?: Disturbance }): Promise<Attempt>;
  probe(project: ProjectFacts, signal?: AbortSignal): Promise<DependencyOutcome>;
  context(project: ProjectFacts, signal: AbortSignal, disturbance?: Disturbance): Promise<StartContext>;
  /** The ledger, read back from disk. */
  records(): Promise<readonly WorldRecord[]>;
  /** What `teardown` gets for a record: nothing that is not on disk. */
  teardownContext(record: WorldRecord, signal: AbortSignal): Promise<TeardownContext>;
  /** Kills the servers of every instance with SIGKILL, as a crash would. */
  crash(): Promise<void>;
  /** Stops every process by its own ladder. */
  stop(): Promise<void>;
  /** Processes that work in, or hold a file of, this world's directory. */
  survivors(): Promise<readonly { readonly pid: number; readonly command: string }[]>;
  /** Text of every log file. */
  logs(): Promise<string>;
  dispose(): Promise<void>;
}
