import type { Mode } from '../contract/index.js';
import { scrubText } from '../events/read-only.js';
import { sourcesOf } from './env-template.js';
import { standardServices } from './service-names.js';
import type { AbsentKeyOfFile, ConfigKey, ConfigModel, ConfigProblem, ConfigValue, UnknownKey } from './model.js';

export interface EffectiveProfile {
  readonly startup_enabled: boolean;
  readonly backend: boolean;
  readonly frontend: boolean;
  readonly dependencies: Readonly<Record<string, boolean>>;
  /** The additional services, by name. */
  readonly additional_services: Readonly<Record<string, boolean>>;
}

/** `show-config.effective` of the original. A value that does not parse is null; `problems` says why. */
export interface EffectiveConfig {
  readonly default_mode: Mode | null;
  readonly directories: { readonly backend: string; readonly frontend: string };
  readonly ports: {
    readonly backend: number | null;
    readonly frontend: number | null;
    readonly spacing: number | null;
    readonly dependencies: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  };
  readonly profiles: { readonly main: EffectiveProfile; readonly trees: EffectiveProfile };
  /** Names of the services beside backend and frontend, in order. */
  readonly additional_services: readonly string[];
  readonly managed_keys: Readonly<Record<string, string>>;
}

/**
 * Where a shown value comes from; `legacy_file` is an older file that `.envctl` has not replaced yet, `implied` is what
 * other settings cannot do without, as a note among the problems says.
 */
export type ValueSource = 'env' | 'file' | 'legacy_file' | 'default' | 'plugin_default' | 'implied';

export interface ShownValue {
  readonly value: string;
  readonly source: ValueSource;
  /** The name it was set under, where it is not the key itself. */
  readonly set_as?: string;
  readonly file?: string;
  readonly line?: number;
}

/** What `show-config` answers with. */
export interface ShowConfig {
  readonly base_dir: string;
  /** The checkout the command ran in, where that is not `base_dir`. */
  readonly execution_root: string;
  readonly config_file: string;
  readonly config_exists: boolean;
  readonly config_source: ConfigModel['source'];
  readonly legacy_source_path: string | null;
  readonly preferred_port_strategy: string;
  readonly runtime_dir: string;
  readonly store_dir: string;
  readonly scope_id: string;
  readonly effective: EffectiveConfig;
  /** Every key with a value, and where it came from. */
  readonly origins: Readonly<Record<string, ShownValue>>;
  /** Launch env sections: names, never values. */
  readonly launch_env: readonly ShownSection[];
  readonly problems: readonly ConfigProblem[];
  readonly unknown_keys: readonly UnknownKey[];
  /** Kept in the file as they are. */
  readonly absent_plugin_keys: readonly AbsentKeyOfFile[];
}

export interface ShownSection {
  readonly section: string;
  readonly line: number;
  /** Null: both modes. */
  readonly mode: Mode | null;
  /** Null: every service. */
  readonly service: string | null;
  readonly variables: readonly { readonly name: string; readonly line: number; readonly sources: readonly string[] }[];
}

/** Stands for the value of a secret key. */
export const hiddenValue = '(hidden)';

/** The effective configuration in the shape of the original, environment included. Secrets are hidden. */
export function toEffectiveConfig(model: ConfigModel, options: { readonly reveal?: boolean } = {}): EffectiveConfig {
  const invalid = new Set(model.problems.flatMap((problem) => (problem.kind === 'invalid-value' ? [problem.key] : [])));
  const checked = <T>(key: string, value: T): T | null => (invalid.has(key) ? null : value);
  const { ports } = model;
  const portKey = (id: string, resource: string): string => model.dependencyPortKey(id, resource) ?? '';
  return {
    default_mode: checked('ENVCTL_DEFAULT_MODE', model.defaultMode),
    directories: model.directories,
    ports: {
      backend: checked('BACKEND_PORT_BASE', ports.backend),
      frontend: checked('FRONTEND_PORT_BASE', ports.frontend),
      spacing: checked('PORT_SPACING', ports.spacing),
      dependencies: mapRecord(ports.dependencies, (resources, id) => mapRecord(resources, (port, name) => checked(portKey(id, name), port))),
    },
    profiles: { main: toEffectiveProfile(model, 'main'), trees: toEffectiveProfile(model, 'trees') },
    additional_services: model.services(model.defaultMode).slice(standardServices.length).map(({ slug }) => slug),
    managed_keys: Object.fromEntries(
      model.keys.filter((key) => key.managed).map((key) => [key.key, (invalid.has(key.key) ? undefined : switchState(model, key)) ?? shown(model, key, options.reveal === true) ?? '']),
    ),
  };
}

/** The whole answer of `show-config`. Secret values are hidden unless `reveal`. */
export function toShowConfig(model: ConfigModel, options: { readonly executionRoot?: string; readonly reveal?: boolean } = {}): ShowConfig {
  return {
    base_dir: model.repositoryRoot,
    execution_root: options.executionRoot ?? model.repositoryRoot,
    config_file: model.path,
    config_exists: model.exists,
    config_source: model.source,
    legacy_source_path: model.legacyPath,
    preferred_port_strategy: model.ports.strategy,
    runtime_dir: model.runtimeDirectory,
    store_dir: model.storeDirectory,
    scope_id: model.scopeId,
    effective: toEffectiveConfig(model, options),
    origins: Object.fromEntries(model.keys.flatMap((key) => shownOrigin(model, key, options.reveal === true))),
    launch_env: model.envSections.map(({ title, line, target, variables }) => ({
      section: title,
      line,
      mode: target.mode ?? null,
      service: target.service ?? null,
      variables: variables.map((variable) => ({ name: variable.name, line: variable.line, sources: sourcesOf(variable.template) })),
    })),
    problems: model.problems,
    unknown_keys: model.unknownKeys,
    absent_plugin_keys: model.absentKeys,
  };
}

function toEffectiveProfile(model: ConfigModel, mode: Mode): EffectiveProfile {
  const profile = model.profile(mode);
  return {
    startup_enabled: profile.startupEnabled,
    backend: profile.backend.enabled,
    frontend: profile.frontend.enabled,
    dependencies: mapRecord(profile.dependencies, (toggle) => toggle.enabled),
    additional_services: Object.fromEntries(model.services(mode).slice(standardServices.length).map(({ slug, enabled }) => [slug, enabled.enabled])),
  };
}

/** A switch as it counts, whichever of its spellings set it. */
export function switchState(model: ConfigModel, key: ConfigKey): string | undefined {
  const mode = key.enables?.modes[0];
  if (key.enables === undefined || mode === undefined) return undefined;
  const profile = model.profile(mode);
  const { component } = key.enables;
  const toggle = component === 'backend' ? profile.backend : component === 'frontend' ? profile.frontend : profile.dependencies[component];
  return toggle === undefined ? undefined : String(toggle.enabled);
}

function shown(model: ConfigModel, key: ConfigKey, reveal: boolean): string | undefined {
  const found = model.values.get(key.key);
  return found === undefined ? undefined : hidden(key, found, reveal);
}

function hidden(key: ConfigKey, { value }: ConfigValue, reveal: boolean): string {
  return value !== '' && key.secret === true && !reveal ? hiddenValue : value;
}

/** A dependency that nobody switched on and that runs all the same. */
function isImplied(model: ConfigModel, key: ConfigKey, { origin, value }: ConfigValue): boolean {
  return key.managed && origin === 'default' && value === 'false' && switchState(model, key) === 'true';
}

function shownOrigin(model: ConfigModel, key: ConfigKey, reveal: boolean): [string, ShownValue][] {
  const found = model.decided(key);
  if (found === undefined) return [];
  if (isImplied(model, key, found)) return [[key.key, { value: 'true', source: 'implied' }]];
  return [
    [
      key.key,
      {
        value: reveal ? found.value : scrubText(hidden(key, found, false)),
        source: sourceOf(model, key, found),
        ...(found.setAs === key.key ? {} : { set_as: found.setAs }),
        ...(found.path === undefined ? {} : { file: found.path }),
        ...(found.line === undefined ? {} : { line: found.line }),
      },
    ],
  ];
}

function sourceOf(model: ConfigModel, key: ConfigKey, { origin }: ConfigValue): ValueSource {
  if (origin === 'file') return model.source === 'legacy_prefill' ? 'legacy_file' : 'file';
  return origin === 'default' && key.owner !== 'core' ? 'plugin_default' : origin;
}

function mapRecord<V, W>(record: Readonly<Record<string, V>>, map: (value: V, name: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
