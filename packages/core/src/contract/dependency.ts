import type { EventEmitter } from './events.js';
import type { ContainerHandle, ContainerRequest, LaunchHandle, LaunchRequest, LogicalRequest, TaskRequest, TaskResult } from './launch.js';
import type { DependencyOutcome } from './outcome.js';

export type Mode = 'main' | 'trees';
export type DriverName = 'native' | 'docker' | 'external' | 'command';
/** A condition on an edge of the start graph. */
export type EdgeCondition = 'started' | 'ready' | 'healthy' | 'completed' | 'log-ready';

/** Config values as the plugin's manifest declares them: typed, defaults applied, aliases resolved. */
export interface ConfigReader {
  string(key: string): string | undefined;
  integer(key: string): number | undefined;
  boolean(key: string): boolean | undefined;
}

export interface ProjectFacts {
  /** `Main` or `<feature>-<n>`. */
  readonly name: string;
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Lower-case letters, digits and dashes; stable; safe in file and container names. */
  readonly slug: string;
}

export interface ScopeFacts {
  /** `repo-` + 12 hex digits. */
  readonly id: string;
  readonly repositoryRoot: string;
  readonly mode: Mode;
}

export interface PlanContext {
  readonly scope: ScopeFacts;
  readonly project: ProjectFacts;
  readonly config: ConfigReader;
  /** Drivers that can work here, in order of preference; decided by core from `drivers()`. */
  readonly driver: DriverName;
}

/** What a dependency wants for one project. Pure data: the same input gives the same plan. */
export interface DependencyPlan {
  /**
   * Who shares the server: `scope` (one for all projects of the repository) or `project` (one each).
   * Without meaning for `external`.
   */
  readonly share: 'scope' | 'project';
  /** Resource names of the manifest that need a port. */
  readonly ports: readonly string[];
  /** Names of logical resources, for people: `database app_main`. */
  readonly resources?: Readonly<Record<string, string>>;
}

/** Named secrets of one instance; kept in a file of mode 0600 in the instance's directory. */
export interface SecretStore {
  get(name: string): Promise<string | undefined>;
  /** The stored value, or a new random one (32 hex digits), stored before it is returned. */
  ensure(name: string): Promise<string>;
  set(name: string, value: string): Promise<void>;
}

export interface InstanceFacts {
  /** `<dependency>-<scope or project slug>`; unique within the scope. */
  readonly id: string;
  /** Durable data of the instance, in the store; owned by the data user when envctl is root. */
  readonly directory: string;
  /** Short directory for sockets and pid files (path stays under 80 bytes). */
  readonly socketDirectory: string;
  /** Leased ports by resource name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly driver: DriverName;
}

export interface DataUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
}

/** Looks a program up on PATH: its absolute path, or `undefined` when there is none that can be executed. */
export type ProgramFinder = (name: string) => Promise<string | undefined>;

interface InstanceContext {
  readonly scope: ScopeFacts;
  readonly project: ProjectFacts;
  readonly config: ConfigReader;
  readonly instance: InstanceFacts;
  readonly plan: DependencyPlan;
  readonly secrets: SecretStore;
}

export interface ProbeContext extends InstanceContext {
  readonly signal: AbortSignal;
}

export interface StartContext extends ProbeContext {
  readonly events: EventEmitter;
  readonly findProgram: ProgramFinder;
  /** Present when envctl runs as root: files the server needs belong to this user. */
  readonly dataUser: DataUser | undefined;
  /** Projected variables of the dependencies this one requires. */
  readonly required: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Starts a long-lived process, or adopts the verified one that an earlier command started. */
  launch(request: LaunchRequest): Promise<LaunchHandle>;
  /** Runs a ledgered task to its end; its process is on record while it runs. */
  task(request: TaskRequest): Promise<TaskResult>;
  /**
   * Builds a directory of the instance under a temporary name and renames it: it exists whole or not at
   * all. `build` is not called when it exists already. The directory belongs to the data user (mode 0700)
   * when `build` is called, and what `build` wrote into it afterwards: not what a directory holds that a task of the data
   * user made, and no file with other names.
   * With `owner: 'envctl'` it stays envctl's own, readable by everyone (0755): programs a server only reads.
   */
  directory(name: string, build: (temporaryPath: string) => Promise<void>, options?: { readonly owner?: 'data-user' | 'envctl' }): Promise<string>;
  /** Records the intent, runs `acquire` (which must be idempotent), confirms. */
  logical(request: LogicalRequest, acquire: () => Promise<void>): Promise<void>;
  container(request: ContainerRequest): Promise<ContainerHandle>;
  /**
   * Calls `attempt` until it returns a value, from every 5 ms to every 100 ms. Ends early when `handle`
   * exits. Rejects on abort only; `undefined` = the process ended or time is up.
   */
  until<T>(attempt: () => Promise<T | undefined>, options: { readonly timeoutMs: number; readonly handle?: LaunchHandle }): Promise<T | undefined>;
}

/** Removes a logical resource while its server runs. */
export interface TeardownContext extends InstanceContext {
  readonly signal: AbortSignal;
  readonly resource: LogicalRequest;
}

/** The behaviour half of a dependency; the static half is its manifest entry. */
export interface DependencyDefinition {
  /** Drivers that could work on this machine now, best first; `missing` says how to get one. */
  drivers(ctx: { readonly config: ConfigReader; readonly findProgram: ProgramFinder; readonly signal: AbortSignal }): Promise<{
    readonly available: readonly DriverName[];
    readonly missing: readonly string[];
  }>;
  plan(ctx: PlanContext): DependencyPlan;
  /**
   * Brings the instance up for `ctx.project`. After a `failed` outcome or a rejection core undoes what the
   * attempt launched (never what it adopted); there is no undo code in a plugin. Rejects on abort.
   */
  start(ctx: StartContext): Promise<DependencyOutcome>;
  /** Is what the application will call answering now? One real request. */
  probe(ctx: ProbeContext): Promise<DependencyOutcome>;
  /** Variables for the project's services. Pure; secrets come from `credentials`. */
  project(ctx: ProjectionContext): Readonly<Record<string, ProjectedVariable>>;
  /** Names of the secrets `project` needs for this project. */
  credentials?(ctx: PlanContext): readonly string[];
  /** Removes one recorded logical resource. Idempotent: what is gone already is no error. */
  teardown?(ctx: TeardownContext): Promise<void>;
}

export interface ProjectionContext {
  readonly scope: ScopeFacts;
  readonly project: ProjectFacts;
  readonly config: ConfigReader;
  readonly plan: DependencyPlan;
  readonly driver: DriverName;
  readonly ports: Readonly<Record<string, number>>;
  /** Secret values by the names that `credentials` listed. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface ProjectedVariable {
  readonly value: string;
  /** True when the value carries a credential: hidden in output unless revealed, never given to a frontend. */
  readonly secret: boolean;
}

export type DependencyFactory = () => DependencyDefinition;
