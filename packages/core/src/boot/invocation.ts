import type { FaultSeam } from '../contract/seam.js';
import type { CommandLine } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';
import type { ClaimStderr } from './output.js';
import type { Undertaking } from './signals.js';

/** What a command gets from the front door: everything about this process that is not a word of the line. */
export interface Invocation {
  readonly line: CommandLine;
  /** The environment as it was at the start; nothing else reads process.env. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly terminal: TerminalFacts;
  /** Epoch milliseconds at which the process began. */
  readonly startedAt: number;
  /** Commands and static plugin data, as the fast door sees them too. */
  readonly manifest: DoorManifest;
  /** Aborts at the first Ctrl-C (or TERM, HUP) with an EnvctlError of kind `cancelled`. */
  readonly signal: AbortSignal;
  /** Aborts when nobody reads stdout any more. Ends a stream; never undoes work. */
  readonly outputClosed: AbortSignal;
  readonly seam: FaultSeam;
  /** Values that no message and no document of a failure may show. Whoever learns of one adds it. */
  readonly secrets: Set<string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly stdout: (text: string) => void;
  /** Resolves when stdout takes more without holding it in memory, nobody reads it, or `signal` is aborted: for what writes without an end. */
  readonly stdoutReady: (signal: AbortSignal) => Promise<void>;
  readonly stderr: (text: string) => void;
  readonly claimStderr: ClaimStderr;
  /**
   * Called by whoever takes over after an abort; until then a first Ctrl-C ends the process at once. Says whether there is
   * something to undo (the default), which the user is told, or the command just ends.
   */
  readonly undertakeCancellation: (how?: Undertaking) => void;
  readonly createRuntime: RuntimeFactory;
}

/** What is known of the terminals; decided once, by `toTerminalFacts`. */
export interface TerminalFacts {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Columns of stdout, else of stderr; undefined when neither is a terminal. */
  readonly columns: number | undefined;
  /** Lines of the screen that stderr is. */
  readonly screenLines?: number | undefined;
  /** Whether colours may be written to each stream. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  /** Whether rows on stderr may be written over. */
  readonly redraws: boolean;
  /** True when the environment says that nobody is to be asked. */
  readonly batch: boolean;
}

/** What `createRuntime` is told. */
export interface RuntimeRequest {
  readonly invocation: Invocation;
  /** The oclif config: the loaded plugins are in `config.plugins`. */
  readonly config: LoadedConfig;
}

/** The part of oclif's Config the runtime needs, structurally: two copies of oclif may meet. */
export interface LoadedConfig {
  readonly version: string;
  readonly dataDir: string;
  readonly root: string;
  readonly plugins: ReadonlyMap<string, LoadedPlugin>;
}

/** What is read of a plugin in oclif's loaded list. */
export interface LoadedPlugin {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly type: string;
  readonly isRoot?: boolean;
  readonly pjson: unknown;
  /** True: `pjson.envctl` was judged when the manifests were merged, and had no fault. */
  readonly judged?: boolean;
}

/** A runtime gives back what it holds when the command ends. */
export interface DisposableRuntime {
  dispose(): Promise<void>;
}

export type RuntimeFactory = (request: RuntimeRequest) => Promise<DisposableRuntime>;

const invocationKey: unique symbol = Symbol.for('envctl/invocation') as never;
const exitKey: unique symbol = Symbol.for('envctl/exit') as never;

/** Ties the invocation to oclif's config object, which oclif hands to every command, also to one that brings its own core. */
export function attachInvocation(config: object, invocation: Invocation): void {
  Object.defineProperty(config, invocationKey, { value: invocation, configurable: true });
}

export function invocationOf(config: object): Invocation | undefined {
  return (config as Record<symbol, unknown>)[invocationKey] as Invocation | undefined;
}

/** What a command of ours returns to the front door. */
export interface CommandExit {
  readonly [exitKey]: true;
  readonly exitCode: number;
}

export function commandExit(exitCode: number): CommandExit {
  return { [exitKey]: true, exitCode };
}

export function isCommandExit(value: unknown): value is CommandExit {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[exitKey] === true;
}

