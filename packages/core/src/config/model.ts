import type { ConfigKeyDeclaration, ConfigReader, Mode } from '../contract/index.js';
import type { EnvLine, EnvTarget } from './env-sections.js';
import type { ServiceOptions } from './service-options.js';

/** Where a value came from. Precedence: environment, file, default. */
export type ConfigOrigin = 'env' | 'file' | 'default';

export interface ConfigValue {
  /** As written, trimmed, outer quotes removed. Not yet checked: read it through a reader. */
  readonly value: string;
  readonly origin: ConfigOrigin;
  /** The name it was set under: the key itself or one of its aliases. */
  readonly setAs: string;
  /** Path of the file, for `file`. */
  readonly path?: string;
  /** 1-based line in that file, for `file`. */
  readonly line?: number;
}

export type ConfigProblemKind =
  | 'invalid-value'
  | 'invalid-profile'
  | 'refused-by-plugin'
  | 'refiner-failed'
  | 'unknown-key'
  | 'retired-key'
  | 'renamed-key'
  | 'absent-plugin'
  | 'not-supported-yet'
  | 'malformed-line'
  | 'damaged-block'
  | 'damaged-section'
  | 'unknown-section'
  | 'unknown-service'
  | 'reserved-variable'
  | 'invalid-template'
  | 'unknown-source'
  | 'backend-only-source'
  | 'implied-dependency'
  | 'invalid-service'
  | 'duplicate-key'
  | 'conflicting-alias'
  | 'file-not-found';

/**
 * Something wrong or surprising in the configuration. `error` refuses a start and a save, and is a
 * warning to commands that read or tear down; `warning` is always only said; `note` is for show-config.
 */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind;
  readonly severity: 'error' | 'warning' | 'note';
  readonly key?: string;
  /** The mode it concerns; absent = both. */
  readonly mode?: Mode;
  readonly origin?: ConfigOrigin;
  readonly path?: string;
  readonly line?: number;
  /** What and where, on one line. Never the value of a secret key. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** A launch env section as `show-config` lists it. */
export interface EnvSection {
  readonly title: string;
  readonly line: number;
  readonly target: EnvTarget;
  readonly variables: readonly EnvLine[];
}

export interface UnknownKey {
  readonly key: string;
  readonly line: number;
  readonly nearest?: string;
}

/** A key of the file whose package is not installed. It stays as it is. */
export interface AbsentKeyOfFile {
  readonly key: string;
  readonly line: number;
  readonly package: string;
}

export interface Toggle {
  readonly enabled: boolean;
  /** True when the user set it, in the environment or the file. */
  readonly explicit: boolean;
}

/** What one mode brings up. When `startupEnabled` is false, nothing of it runs whatever else is set. */
export interface ModeProfile {
  readonly startupEnabled: boolean;
  readonly backend: Toggle;
  readonly frontend: Toggle;
  /** By dependency id, in the order of the registry. */
  readonly dependencies: Readonly<Record<string, Toggle>>;
}

export interface ConfigPorts {
  readonly backend: number;
  readonly frontend: number;
  readonly spacing: number;
  readonly strategy: 'project_slot' | 'legacy_spacing';
  /** Dependency id → resource name → preferred base port. */
  readonly dependencies: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface ConfigDirectories {
  /** Relative to a project's root, as written. */
  readonly backend: string;
  readonly frontend: string;
}

/** `ENVCTL_STATE_COMPAT_MODE`: whether the original's runtime directory is read, written too, or left alone. */
export type StateCompatMode = 'compat_read_only' | 'compat_read_write' | 'scoped_only';

export type ConfigSource = 'envctl' | 'legacy_prefill' | 'defaults';

/** The effective configuration of one repository. Immutable; made once per command. */
export interface ConfigModel {
  readonly repositoryRoot: string;
  readonly source: ConfigSource;
  /** The `.envctl` this repository has or would get. */
  readonly path: string;
  /** True when that `.envctl` exists; a legacy file alone does not count. */
  readonly exists: boolean;
  /** The legacy file the values came from, or null. */
  readonly legacyPath: string | null;
  /** By canonical key; a key without a value and without a default is absent. */
  readonly values: ReadonlyMap<string, ConfigValue>;
  readonly unknownKeys: readonly UnknownKey[];
  readonly absentKeys: readonly AbsentKeyOfFile[];
  readonly problems: readonly ConfigProblem[];
  /** `main` when ENVCTL_DEFAULT_MODE is not valid; then there is an `error` problem for that key. */
  readonly defaultMode: Mode;
  readonly ports: ConfigPorts;
  readonly directories: ConfigDirectories;
  /** Absolute. */
  readonly runtimeDirectory: string;
  /** Absolute; durable data. */
  readonly storeDirectory: string;
  readonly scopeId: string;
  /** Absolute; where the original keeps its state. */
  readonly legacyRuntimeDirectory: string;
  readonly stateCompatMode: StateCompatMode;
  readonly truth: TruthSettings;
  profile(mode: Mode): ModeProfile;
  /** Every service, switched on in the mode or not: backend, frontend, then the additional ones as they are listed. */
  services(mode: Mode): readonly ServiceOptions[];
  /** Variables that the launch env sections of `.envctl` set for a service in a mode. */
  envLines(mode: Mode, service: string): readonly EnvLine[];
  readonly envSections: readonly EnvSection[];
  /**
   * Typed access, limited to `keys` when given (a plugin sees what it declares). An invalid value and a
   * key outside the limit throw ENVCTL_E_CONFIG_INVALID. An empty string without a default reads as unset;
   * a path comes back absolute.
   */
  reader(keys?: Iterable<string>): ConfigReader;
  /** The value that counts for `key`: its own, or that of an older spelling of it. */
  decided(key: ConfigKey): ConfigValue | undefined;
  /** `auto` unless the configuration says otherwise. */
  dependencyMode(id: string): DependencyMode;
  /** The key that sets the preferred port of a resource. */
  dependencyPortKey(id: string, resource: string): string | undefined;
  /** Values of secret keys, for the redactor. */
  secrets(): readonly string[];
  /** Every key the model knows, in order. */
  readonly keys: readonly ConfigKey[];
}

/** What decides about the status of what is recorded; the default of a value that is not valid, which `problems` names. */
export interface TruthSettings {
  readonly mode: 'auto' | 'strict' | 'best_effort';
  readonly graceMs: number;
  readonly reboundMaxDelta: number;
}

export type DependencyMode = 'auto' | 'native' | 'docker' | 'external' | 'command';

/** A key of the registry: a declaration plus who owns it and how it is written. */
export interface ConfigKey extends ConfigKeyDeclaration {
  /** `core`, or the dependency or plugin that brings it. */
  readonly owner: string;
  /** Written into the managed block under the rules of the original. */
  readonly managed: boolean;
  /** Section of the managed block. */
  readonly section: ConfigSection;
  /** True when only the environment may set it. */
  readonly environmentOnly?: boolean;
  /** The key matters when one of these components is enabled in some mode; absent = always. */
  readonly components?: readonly string[];
  /** The profile switch it is. */
  readonly enables?: { readonly component: string; readonly modes: readonly Mode[] };
  /** The keys it is an older spelling of; it has a value of its own and a rank below theirs. */
  readonly olderSpellingOf?: readonly string[];
  /** The option of a service it is: `ENVCTL_SERVICE_<SUFFIX>_<option>`. */
  readonly service?: { readonly name: string; readonly option: string };
}

export type ConfigSection = 'mode' | 'directories' | 'ports' | 'main' | 'trees' | 'other';
