import type { DetectionProblem } from '../service-command.js';
import type { PreparationFiles } from './preparation-files.js';

export type PreparationManager = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'uv' | 'poetry' | 'pipenv' | 'pip' | 'bundler';

/** Something an installation leaves, and the word for its absence: `node_modules_missing`. */
export interface PreparationArtifact {
  /** Absolute. */
  readonly path: string;
  readonly missing: string;
}

/** How the packages of a service are installed. Plain data, found by reading files. */
export interface Preparation {
  readonly manager: PreparationManager;
  /** Absolute; where it is installed: the application's own directory or the root of its workspace. */
  readonly directory: string;
  /** Absolute working directory of the commands. */
  readonly cwd: string;
  /** Program and arguments each, in order; no shell. */
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** On top of the caller's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths of the files whose content decides what is installed. */
  readonly inputs: readonly string[];
  /** Absolute paths of the programs that install and run it: another one asks for another installation. */
  readonly tools: readonly string[];
  readonly artifacts: readonly PreparationArtifact[];
  /** Absolute; directories that packages are installed into, where it is no Python environment. */
  readonly modules?: readonly string[];
  /** The Python environment that the service then runs in. */
  readonly environment?: string;
  /** True when that environment does not exist yet. */
  readonly createsEnvironment?: boolean;
}

/** Why a preparation runs, or `up_to_date`. Words of the original where it had one. */
export type PreparationReason = string;

export interface PlannedPreparation extends Preparation {
  readonly action: 'run' | 'skip';
  readonly reason: PreparationReason;
  /** True when it is on record that this was installed. */
  readonly recorded: boolean;
}

/** One application, as the rules of preparation see it. */
export interface PreparedApp {
  /** For messages. */
  readonly service: string;
  /** Absolute; where the service is started. */
  readonly directory: string;
  /** The checkout; search for lock files and environments ends here. */
  readonly projectRoot: string;
  /** How the service is started. */
  readonly command: readonly string[];
  /** The value of PATH. */
  readonly searchPath: string;
  /** VIRTUAL_ENV of the caller. */
  readonly activeEnvironment?: string | undefined;
  readonly files: PreparationFiles;
}

/** What a rule says of an application: how it is prepared, why it cannot be, or why it is left alone. */
export interface PreparationMatch {
  readonly preparation?: Preparation;
  readonly problems?: readonly PreparationProblem[];
  readonly notes?: readonly string[];
}

export type PreparationProblem = Omit<DetectionProblem, 'service'> & { readonly service: string };
