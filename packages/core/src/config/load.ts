import type { ConfigReader, Mode } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';
import { type ConfigFile, discoverConfigFile, type Environment, homeOf } from './discovery.js';
import { listEnvSections, literalSecrets, selectEnvLines } from './env-sections.js';
import { type ConfigText, parseConfigText } from './grammar.js';
import { implyDependencies } from './implied-dependencies.js';
import { defaultRuntimeDirectory, defaultStoreDirectory, deriveScopeId, legacyRuntimeDirectory } from './locations.js';
import type { ConfigKey, ConfigModel, ConfigPorts, ConfigProblem, ConfigValue } from './model.js';
import { absentKeysOf, fileProblems, unknownKeysOf } from './problems.js';
import { decidedValue, profileProblems, toDependencyMode, toProfile } from './profile.js';
import { readServices } from './read-services.js';
import { renamedNotes } from './renamed-keys.js';
import { createKeyRegistry, type KeyRegistry, type KeySources } from './registry.js';
import { listedServices, servicesKey, splitServiceNames, usableServiceNames } from './service-names.js';
import { serviceProblems, strayServiceKeys } from './service-problems.js';
import { expectedBeyondType } from './value-checks.js';
import { invalidValueError, invalidValueProblem, type PathBase, parseValue } from './values.js';

export interface LoadConfigOptions extends KeySources {
  /** The main checkout; a linked worktree's owner. */
  readonly repositoryRoot: string;
  readonly env: Environment;
  /** Decides the default store; default: whether this process runs as root. */
  readonly isRoot?: boolean;
}

/**
 * The effective configuration: environment over file over defaults, each value with its origin. Wrong
 * values, unknown keys and odd lines become `problems`; nothing is defaulted in silence. Throws
 * ENVCTL_E_CONFIG_UNREADABLE only.
 */
export function loadConfig(options: LoadConfigOptions): ConfigModel {
  const file = discoverConfigFile(options.repositoryRoot, options.env);
  const text = parseConfigText(file.content.toString('utf8'));
  return createModel({ ...options, file, text, registry: createKeyRegistry({ ...options, services: listedServices(options.env, text) }) });
}

export interface ModelInput {
  readonly repositoryRoot: string;
  readonly env: Environment;
  readonly isRoot?: boolean;
  readonly file: ConfigFile;
  readonly text: ConfigText;
  readonly registry: KeyRegistry;
  /** Keys that are being set: of several that are wrong together, one of these is told. */
  readonly given?: ReadonlySet<string>;
}

/** The model of text already read; {@link loadConfig} without the disk. */
export function createModel(input: ModelInput): ConfigModel {
  const { repositoryRoot, env, file, text, registry } = input;
  const base: PathBase = { repositoryRoot, home: homeOf(env) };
  const { values, conflicts } = resolveValues(input);
  const invalid = new Map(
    [...values].flatMap(([name, value]): [string, ConfigProblem][] => {
      const problem = checkValue(registry.find(name), value, base, registry);
      return problem === undefined ? [] : [[name, problem]];
    }),
  );
  const read = (name: string): string | number | boolean | undefined => {
    const key = registry.find(name);
    if (key === undefined) throw new EnvctlError('ENVCTL_E_BUG', `The configuration key ${name} was read but never declared.`, { kind: 'bug' });
    const value = values.get(key.key);
    if (value === undefined || (value.value === '' && key.default === undefined && key.type === 'string')) return undefined;
    const problem = invalid.get(key.key);
    if (problem !== undefined) throw invalidValueError(problem);
    const parsed = parseValue(key, value.value, base);
    return parsed.ok ? parsed.value : undefined;
  };
  // What must have a value to go on reading: the default stands in for an invalid one, which `problems` names.
  const lenient = (name: string): string | number | boolean | undefined => (invalid.has(name) ? defaultOf(registry.find(name), base) : read(name));

  const directories = { backend: String(lenient('BACKEND_DIR')), frontend: String(lenient('FRONTEND_DIR')) };
  const additional = usableServiceNames(splitServiceNames(String(lenient(servicesKey) ?? '')));
  const isSet = (name: string): boolean => (values.get(name)?.origin ?? 'default') !== 'default';
  const modes = (['main', 'trees'] as const).map((mode) => {
    const written = toProfile(values, registry, mode);
    const services = readServices({ mode, profile: written, directories, additional, read: lenient, isSet });
    return { mode, services, ...implyDependencies(written, mode, { ...input, services }) };
  });
  const ofMode = (mode: Mode) => modes.find((candidate) => candidate.mode === mode)!;
  const problems = [
    ...fileProblems({ file, text, registry, env }),
    ...conflicts,
    ...renamedNotes(values, registry),
    ...invalid.values(),
    ...strayServiceKeys({ values, registry, listed: listedServices(env, text) }),
    ...modes.flatMap(({ profile, mode, services }) => profileProblems(profile, registry, { mode, values, services })),
    ...modes.flatMap(({ profile, mode, services }) => serviceProblems({ mode, services, profile, dependencies: registry.dependencies, values, given: input.given })),
    ...modes.flatMap(({ notes }) => notes),
  ];
  // A legacy file is a source of values only.
  const sections = file.source === 'envctl' ? text : { sections: [] };

  const runtimeDirectory = String(lenient('ENVCTL_RUNTIME_DIR') ?? defaultRuntimeDirectory(env));
  const isRoot = input.isRoot ?? process.getuid?.() === 0;
  return {
    repositoryRoot,
    source: file.source,
    path: file.path,
    exists: file.exists,
    legacyPath: file.source === 'legacy_prefill' ? file.readFrom : null,
    values,
    unknownKeys: file.source === 'envctl' ? unknownKeysOf(text, registry) : [],
    absentKeys: file.source === 'envctl' ? absentKeysOf(text, registry) : [],
    problems,
    defaultMode: lenient('ENVCTL_DEFAULT_MODE') === 'trees' ? 'trees' : 'main',
    ports: toPorts(lenient, registry),
    directories,
    runtimeDirectory,
    storeDirectory: String(lenient('ENVCTL_STORE_DIR') ?? defaultStoreDirectory(runtimeDirectory, isRoot)),
    scopeId: String(lenient('ENVCTL_RUNTIME_SCOPE_ID') ?? deriveScopeId(repositoryRoot)),
    legacyRuntimeDirectory: legacyRuntimeDirectory(env['RUN_SH_RUNTIME_DIR']?.trim() ?? text.entries.findLast((entry) => entry.key === 'RUN_SH_RUNTIME_DIR')?.value, base),
    truth: {
      mode: lenient('ENVCTL_RUNTIME_TRUTH_MODE') as ConfigModel['truth']['mode'],
      graceMs: Number(lenient('ENVCTL_SERVICE_STARTUP_GRACE_SECONDS')) * 1000,
      reboundMaxDelta: Number(lenient('ENVCTL_SERVICE_REBOUND_MAX_DELTA')),
    },
    stateCompatMode: lenient('ENVCTL_STATE_COMPAT_MODE') as ConfigModel['stateCompatMode'],
    profile: (mode) => ofMode(mode).profile,
    services: (mode) => ofMode(mode).services,
    envLines: (mode, service) => selectEnvLines(sections, mode, service),
    envSections: listEnvSections(sections),
    reader: (keys) => createReader(read, registry, keys),
    decided: (key) => decidedValue(values, registry, key),
    dependencyMode: (id) => toDependencyMode(values, id),
    dependencyPortKey: (id, resource) =>
      registry.dependencies.find((dependency) => dependency.id === id)?.resources.find((candidate) => candidate.name === resource)?.configKey,
    secrets: () => [...registry.keys.flatMap((key) => (key.secret === true ? [values.get(key.key)?.value ?? ''] : [])), ...literalSecrets(sections)].filter((value) => value !== ''),
    keys: registry.keys,
  };
}

type Read = (name: string) => string | number | boolean | undefined;

function resolveValues({ env, file, text, registry }: ModelInput): { values: Map<string, ConfigValue>; conflicts: ConfigProblem[] } {
  const lines = new Map(text.entries.map((entry) => [entry.key, entry]));
  const values = new Map<string, ConfigValue>();
  const conflicts: ConfigProblem[] = [];
  for (const key of registry.keys) {
    const names = [key.key, ...(key.aliases ?? [])];
    const fromEnvironment = names.flatMap((name): ConfigValue[] => {
      const value = env[name];
      return value === undefined ? [] : [{ value: value.trim(), origin: 'env', setAs: name }];
    });
    const fromFile = names.flatMap((name): ConfigValue[] => {
      const entry = key.environmentOnly === true ? undefined : lines.get(name);
      if (entry === undefined) return [];
      return [{ value: entry.value, origin: 'file', setAs: name, ...(entry.line === 0 ? {} : { path: file.readFrom ?? file.path, line: entry.line }) }];
    });
    // The older name of the runtime directory also says where the original keeps its state: it may differ.
    if (key.key !== 'ENVCTL_RUNTIME_DIR') conflicts.push(...aliasConflicts(fromEnvironment), ...aliasConflicts(fromFile));
    const value = fromEnvironment[0] ?? fromFile[0] ?? (key.default === undefined ? undefined : ({ value: key.default, origin: 'default', setAs: key.key } as const));
    if (value !== undefined) values.set(key.key, value);
  }
  return { values, conflicts };
}

function aliasConflicts([winner, ...others]: readonly ConfigValue[]): ConfigProblem[] {
  if (winner === undefined) return [];
  return others
    .filter((other) => other.value !== winner.value)
    .map((other) => ({
      kind: 'conflicting-alias',
      severity: 'warning',
      key: winner.setAs,
      origin: other.origin,
      ...(other.path === undefined ? {} : { path: other.path }),
      ...(other.line === undefined ? {} : { line: other.line }),
      message: `${other.setAs} is another name of ${winner.setAs} and says something else; ${winner.setAs} counts.`,
      hint: `Remove ${other.setAs}.`,
    }));
}

function checkValue(key: ConfigKey | undefined, value: ConfigValue, base: PathBase, registry: KeyRegistry): ConfigProblem | undefined {
  if (key === undefined || value.origin === 'default') return undefined;
  if (value.value === '' && key.type === 'string' && key.default === undefined) return undefined;
  const parsed = parseValue(key, value.value, base);
  if (!parsed.ok) return invalidValueProblem(key, value, parsed.expected);
  const expected = expectedBeyondType(key, value.value, registry);
  return expected === undefined ? undefined : invalidValueProblem(key, value, expected);
}

function defaultOf(key: ConfigKey | undefined, base: PathBase): string | number | boolean | undefined {
  if (key?.default === undefined) return undefined;
  const parsed = parseValue(key, key.default, base);
  return parsed.ok ? parsed.value : undefined;
}

function toPorts(read: Read, registry: KeyRegistry): ConfigPorts {
  return {
    backend: Number(read('BACKEND_PORT_BASE')),
    frontend: Number(read('FRONTEND_PORT_BASE')),
    spacing: Number(read('PORT_SPACING')),
    strategy: read('ENVCTL_PORT_PREFERRED_STRATEGY') === 'legacy_spacing' ? 'legacy_spacing' : 'project_slot',
    dependencies: Object.fromEntries(
      registry.dependencies.map((dependency) => [
        dependency.id,
        Object.fromEntries(dependency.resources.map((resource) => [resource.name, Number(read(resource.configKey))])),
      ]),
    ),
  };
}

function createReader(read: Read, registry: KeyRegistry, keys?: Iterable<string>): ConfigReader {
  const allowed = keys === undefined ? undefined : new Set([...keys].map((name) => registry.find(name)?.key ?? name));
  const value = (name: string): string | number | boolean | undefined => {
    if (allowed !== undefined && !allowed.has(registry.find(name)?.key ?? name)) {
      throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `The configuration key ${name} is not declared by its reader.`, {
        kind: 'extension',
        hints: [`Declare ${name} under envctl.contributes.config in the plugin's package.json.`],
      });
    }
    return read(name);
  };
  return {
    string: (name) => {
      const found = value(name);
      return found === undefined ? undefined : String(found);
    },
    integer: (name) => {
      const found = value(name);
      return typeof found === 'number' ? found : undefined;
    },
    boolean: (name) => {
      const found = value(name);
      return typeof found === 'boolean' ? found : undefined;
    },
  };
}
