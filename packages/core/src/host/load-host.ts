/*
 * The registry: what every plugin contributes, read from manifests alone. Plugin code is imported only when
 * one of its contributions is asked for, and a plugin that fails takes nothing down but its own contributions.
 */
import { mendOfPlugin, originOrder, removalOf, type PluginOrigin } from '../boot/index.js';
import {
  EnvctlError,
  type Check, type Collector, type ConfigKeyDeclaration, type DependencyDeclaration, type DependencyDefinition, type FamilyDeclaration,
  type NamedContribution, type ProjectProvider, type SignalDeclaration, type StandardSchema, type Surface, type SurfaceDeclaration,
} from '../contract/index.js';
import { activatePlugin, factoryKey, type ActivePlugin, type Registrations } from './activation.js';
import type { ServiceContainer } from './container.js';
import { createContainer } from './create-container.js';
import { toExtensionError, type Diagnostic } from './diagnostic.js';
import type { ApiRange } from './negotiate.js';
import { createManifestSchemas, type ManifestSchemas } from './manifest-schema.js';
import { readJudgedManifest, readManifest, type ContributionKind } from './read-manifest.js';

/** A loaded oclif plugin, as the host sees it. */
export interface HostPlugin {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly origin: PluginOrigin;
  readonly pjson: unknown;
  /** True: its manifest was judged before, for the merged manifest, and had no fault. */
  readonly judged?: boolean;
}

export interface Contribution<T> {
  readonly plugin: { readonly name: string; readonly version: string; readonly origin: HostPlugin['origin'] };
  readonly declaration: T;
}

export interface HostOptions {
  readonly plugins: readonly HostPlugin[];
  /** Parent of each extension's own container; what it holds, extensions may resolve. */
  readonly container?: ServiceContainer;
  /** Milliseconds one plugin may take to load and activate; default 20 000. */
  readonly activationTimeoutMs?: number;
  readonly supported?: ApiRange;
  /** Names of the keys of core, and their aliases: no plugin can have one of them; default none. */
  readonly coreKeys?: ReadonlySet<string>;
}

/** A cold and busy disk may take seconds for the modules of one plugin. */
const defaultActivationTimeoutMs = 20_000;

/** Every list is in order: manifest order, then id. */
export interface Registry {
  readonly dependencies: readonly Contribution<DependencyDeclaration>[];
  readonly families: readonly Contribution<FamilyDeclaration>[];
  readonly configKeys: readonly Contribution<ConfigKeyDeclaration>[];
  readonly signals: readonly Contribution<SignalDeclaration>[];
  readonly surfaces: readonly Contribution<SurfaceDeclaration>[];
  readonly projectProviders: readonly Contribution<NamedContribution>[];
  readonly collectors: readonly Contribution<NamedContribution>[];
  readonly checks: readonly Contribution<NamedContribution>[];
  /** What was set aside so far; grows with activations. */
  diagnostics(): readonly Diagnostic[];
  /**
   * Activates the plugin of the dependency and gives its definition, the same at every call.
   * @throws EnvctlError ENVCTL_E_DEPENDENCY_UNKNOWN, or the code of the diagnostic that put it out of work.
   */
  dependency(id: string): Promise<DependencyDefinition>;
  surface(id: string): Promise<Surface>;
  projectProvider(id: string): Promise<ProjectProvider>;
  collector(id: string): Promise<Collector>;
  check(id: string): Promise<Check>;
  /** Of the plugins whose manifest says `refinesConfig`, in order. */
  readonly configRefiners: readonly ConfigRefinerSource[];
}

export interface ConfigRefinerSource {
  readonly plugin: Contribution<unknown>['plugin'];
  /** Ids of the dependencies the plugin brings, and keys it declares. */
  readonly dependencies: readonly string[];
  readonly keys: readonly string[];
  /** Activates the plugin. Rejects with the error of its diagnostic when it is out of work. */
  load(): Promise<readonly StandardSchema[]>;
  /** What mends the plugin when it fails for `reason`. */
  mend(reason: string): string;
}

/** Reads the manifests of the plugins and resolves clashes: core, bundled, user, linked; within an origin by name. Never throws. */
export function loadHost(options: HostOptions): Registry {
  const diagnostics: Diagnostic[] = [];
  const plugins: ActivePlugin[] = [];
  const byPrecedence = [...options.plugins].sort((a, b) => originOrder.indexOf(a.origin) - originOrder.indexOf(b.origin) || compare(a.name, b.name));
  let schemas: ManifestSchemas | undefined;
  for (const plugin of byPrecedence) {
    const { name, version, origin, pjson } = plugin;
    const raw = (pjson as { readonly envctl?: unknown } | null)?.envctl;
    if (raw === undefined) continue;
    let manifest = plugin.judged === true ? readJudgedManifest(raw, options.supported) : undefined;
    if (manifest === undefined) {
      const reading = readManifest({ name, version }, raw, options.supported, (schemas ??= createManifestSchemas()));
      diagnostics.push(...reading.diagnostics);
      manifest = reading.manifest;
    }
    if (manifest !== undefined) plugins.push({ name, version, origin, manifest, get root() { return plugin.root; } });
  }

  const owners = new Map<string, ActivePlugin>();
  const collect = <T>(kind: ContributionKind, idOf: (entry: T) => string, namesOf: (entry: T) => readonly string[] = (entry) => [idOf(entry)]): readonly Contribution<T>[] => {
    const kept: { readonly contribution: Contribution<T>; readonly order: number; readonly id: string }[] = [];
    for (const plugin of plugins) {
      for (const declaration of plugin.manifest.contributes[kind] as unknown as readonly T[]) {
        const names = namesOf(declaration);
        const ofCore = kind === 'config' ? names.find((name) => options.coreKeys?.has(name)) : undefined;
        if (ofCore !== undefined) {
          diagnostics.push(clash(plugin, kind, ofCore, 'core'));
          continue;
        }
        const taken = names.find((name) => owners.has(factoryKey(kind, name)));
        if (taken !== undefined) {
          diagnostics.push(clash(plugin, kind, taken, describePlugin(owners.get(factoryKey(kind, taken)) as ActivePlugin)));
          continue;
        }
        for (const name of names) owners.set(factoryKey(kind, name), plugin);
        const own = (declaration as { readonly order?: number }).order;
        const { name, version, origin } = plugin;
        kept.push({ contribution: { plugin: { name, version, origin }, declaration }, order: own ?? plugin.manifest.order, id: idOf(declaration) });
      }
    }
    return kept.sort((a, b) => a.order - b.order || compare(a.id, b.id)).map(({ contribution }) => contribution);
  };
  const idOf = (entry: { readonly id: string }): string => entry.id;

  const activations = new Map<string, Promise<Registrations>>();
  const instances = new Map<string, unknown>();
  // The container library is loaded when the first plugin is: most commands activate none.
  let root: Promise<ServiceContainer> | undefined;
  const startActivation = async (plugin: ActivePlugin): Promise<Registrations> => {
    root ??= options.container === undefined ? createContainer() : Promise.resolve(options.container);
    const registrations = await activatePlugin(plugin, { container: (await root).child(), timeoutMs: options.activationTimeoutMs ?? defaultActivationTimeoutMs });
    diagnostics.push(...registrations.diagnostics);
    return registrations;
  };
  const activate = (plugin: ActivePlugin): Promise<Registrations> => {
    const running = activations.get(plugin.name);
    if (running !== undefined) return running;
    const started = startActivation(plugin);
    activations.set(plugin.name, started);
    return started;
  };
  const contribution = async <T>(kind: ContributionKind, id: string, methods: readonly (keyof T & string)[]): Promise<T> => {
    const key = factoryKey(kind, id);
    const plugin = owners.get(key);
    if (plugin === undefined) throw unknown(kind, id, [...owners.keys()].filter((one) => one.startsWith(`${kind}:`)).map((one) => one.slice(kind.length + 1)));
    const registrations = await activate(plugin);
    if (registrations.failure !== undefined) throw toExtensionError(registrations.failure.diagnostic, registrations.failure.cause);
    const factory = registrations.factories.get(key);
    const broken = (code: Diagnostic['code'], message: string, mend: string, cause?: unknown): EnvctlError =>
      toExtensionError({ plugin: plugin.name, version: plugin.version, path: plugin.manifest.extension ?? '', code, message, mend }, cause);
    if (factory === undefined) throw broken('ENVCTL_E_PLUGIN_UNREGISTERED', `${kind} ${id} is declared, but was never registered`, mendOfPlugin('', plugin));
    if (instances.has(key)) return instances.get(key) as T;
    let made: unknown;
    try {
      made = factory();
    } catch (error) {
      throw broken('ENVCTL_E_PLUGIN_ACTIVATION', `the factory of ${kind} ${id} failed`, mendOfPlugin('', plugin), error);
    }
    const absent = methods.filter((method) => typeof (made as Record<string, unknown> | null | undefined)?.[method] !== 'function');
    if (absent.length > 0) throw broken('ENVCTL_E_PLUGIN_EXTENSION_INVALID', `${kind} ${id} does not implement ${absent.join(', ')}`, `implement it in ${plugin.manifest.extension ?? ''}`);
    instances.set(key, made);
    return made as T;
  };

  /** Names of one kind that the plugin declares and no other plugin took before it. */
  const ownedBy = <T>(plugin: ActivePlugin, kind: ContributionKind, nameOf: (entry: T) => string): readonly string[] =>
    (plugin.manifest.contributes[kind] as unknown as readonly T[]).map(nameOf).filter((name) => owners.get(factoryKey(kind, name)) === plugin);

  return {
    dependencies: collect<DependencyDeclaration>('dependencies', idOf),
    families: collect<FamilyDeclaration>('families', idOf),
    configKeys: collect<ConfigKeyDeclaration>('config', (entry) => entry.key, (entry) => [entry.key, ...(entry.aliases ?? [])]),
    signals: collect<SignalDeclaration>('signals', (entry) => entry.event),
    surfaces: collect<SurfaceDeclaration>('surfaces', idOf),
    projectProviders: collect<NamedContribution>('projectProviders', idOf),
    collectors: collect<NamedContribution>('collectors', idOf),
    checks: collect<NamedContribution>('checks', idOf),
    diagnostics: () => [...diagnostics],
    dependency: (id) => contribution<DependencyDefinition>('dependencies', id, ['drivers', 'plan', 'start', 'probe', 'project']),
    surface: (id) => contribution<Surface>('surfaces', id, ['open']),
    projectProvider: (id) => contribution<ProjectProvider>('projectProviders', id, ['projects']),
    collector: (id) => contribution<Collector>('collectors', id, ['collect']),
    check: (id) => contribution<Check>('checks', id, ['run']),
    configRefiners: plugins
      .filter(({ manifest }) => manifest.refinesConfig)
      .sort((a, b) => a.manifest.order - b.manifest.order || compare(a.name, b.name))
      .map((plugin) => ({
        plugin: { name: plugin.name, version: plugin.version, origin: plugin.origin },
        dependencies: ownedBy(plugin, 'dependencies', ({ id }: DependencyDeclaration) => id),
        keys: ownedBy(plugin, 'config', ({ key }: ConfigKeyDeclaration) => key),
        load: async () => {
          const { configRefiners, failure } = await activate(plugin);
          if (failure !== undefined) throw toExtensionError(failure.diagnostic, failure.cause);
          return configRefiners;
        },
        mend: (reason) => mendOfPlugin(reason, plugin),
      })),
  };
}

function clash(loser: ActivePlugin, kind: ContributionKind, id: string, winner: string): Diagnostic {
  return {
    plugin: loser.name, version: loser.version, path: `package.json#envctl.contributes.${kind}`, code: 'ENVCTL_E_PLUGIN_CLASH',
    message: `${id} is already declared by ${winner}`, mend: `rename it, or remove one of the two: ${removalOf(loser)}`,
  };
}

function describePlugin({ name, version }: ActivePlugin): string {
  return `${name}@${version}`;
}

function unknown(kind: ContributionKind, id: string, known: readonly string[]): EnvctlError {
  const code = kind === 'dependencies' ? 'ENVCTL_E_DEPENDENCY_UNKNOWN' : 'ENVCTL_E_PLUGIN_UNREGISTERED';
  return new EnvctlError(code, `No installed plugin brings ${kind} ${id}.`, { hints: [known.length === 0 ? 'envctl plugins' : `known: ${known.join(', ')}`], data: { kind, id, known } });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
