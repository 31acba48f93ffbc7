import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  EnvctlError, errorMessage, isExtension,
  type Check, type Collector, type DependencyFactory, type ErrorCode, type ExtensionContext, type ProjectProvider, type StandardSchema, type Surface,
} from '../contract/index.js';
import { mendOfPlugin, type PluginOrigin } from '../boot/index.js';
import type { ServiceContainer } from './container.js';
import type { Diagnostic } from './diagnostic.js';
import { factoryKinds, type ContributionKind, type ReadManifest } from './read-manifest.js';
import { withTimeLimit } from './time-limit.js';

export interface ActivePlugin {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly manifest: ReadManifest;
  readonly origin: PluginOrigin;
}

/** What an activation registered. After a failure nothing of it counts. */
export interface Registrations {
  readonly factories: ReadonlyMap<string, () => unknown>;
  readonly configRefiners: readonly StandardSchema[];
  readonly diagnostics: readonly Diagnostic[];
  /** The reason nothing counts. */
  readonly failure: { readonly diagnostic: Diagnostic; readonly cause: unknown } | undefined;
}

export interface ActivationOptions {
  readonly container: ServiceContainer;
  /** Milliseconds for loading the module and `activate` together. */
  readonly timeoutMs: number;
}

/** Key of a registration. */
export function factoryKey(kind: ContributionKind, id: string): string {
  return `${kind}:${id}`;
}

/** Imports the plugin's extension module and lets it register. Never rejects: a failure is in the answer. */
export async function activatePlugin(plugin: ActivePlugin, options: ActivationOptions): Promise<Registrations> {
  const factories = new Map<string, () => unknown>();
  const configRefiners: StandardSchema[] = [];
  const at = plugin.manifest.extension ?? 'package.json#envctl';
  const diagnose = (code: ErrorCode, message: string, mend: string, path = at): Diagnostic => ({ plugin: plugin.name, version: plugin.version, path, code, message, mend });
  const gate = { open: true };
  try {
    await withTimeLimit(
      options.timeoutMs,
      async () => {
        const extension = await loadExtension(plugin, diagnose);
        if (gate.open) await extension.activate(createExtensionContext(plugin, options.container, factories, configRefiners, gate));
      },
      () => new ActivationError(diagnose('ENVCTL_E_PLUGIN_ACTIVATION', `activation took longer than ${options.timeoutMs} ms`, mendOfPlugin('', plugin))),
    );
  } catch (error) {
    const diagnostic = error instanceof ActivationError ? error.diagnostic : diagnose(codeOf(error), `activation failed: ${errorMessage(error)}`, mendOfPlugin(errorMessage(error), plugin));
    return { factories: new Map(), configRefiners: [], diagnostics: [diagnostic], failure: { diagnostic, cause: error } };
  } finally {
    gate.open = false;
  }
  const missing = declaredIds(plugin).filter(({ kind, id }) => !factories.has(factoryKey(kind, id)));
  const diagnostics = missing.map(({ kind, id }) =>
    diagnose('ENVCTL_E_PLUGIN_UNREGISTERED', `${kind} ${id} is declared, but activate registered no factory for it`, `register it in ${at}, or drop it from contributes.${kind}`, `package.json#envctl.contributes.${kind}`));
  if (plugin.manifest.refinesConfig && configRefiners.length === 0) {
    diagnostics.push(diagnose('ENVCTL_E_PLUGIN_UNREGISTERED', 'a config refiner is declared, but activate registered none', `register it in ${at}, or drop refinesConfig`, 'package.json#envctl.refinesConfig'));
  }
  return { factories, configRefiners, diagnostics, failure: undefined };
}

class ActivationError extends Error {
  constructor(readonly diagnostic: Diagnostic, cause?: unknown) {
    super(diagnostic.message, { cause });
  }
}

async function loadExtension(plugin: ActivePlugin, diagnose: (code: ErrorCode, message: string, mend: string) => Diagnostic): Promise<{ activate(context: ExtensionContext): void | Promise<void> }> {
  const path = join(plugin.root, plugin.manifest.extension ?? '');
  const loaded = await loadModule(path).catch(
    (error: unknown) => {
      throw new ActivationError(diagnose('ENVCTL_E_PLUGIN_EXTENSION_MISSING', `the extension module cannot be loaded: ${errorMessage(error)}`, mendOfPlugin(errorMessage(error), plugin)), error);
    },
  );
  if (isExtension(loaded.default)) return loaded.default;
  throw new ActivationError(diagnose('ENVCTL_E_PLUGIN_EXTENSION_INVALID', 'the default export is not an extension', 'export default defineExtension({ activate(ctx) { … } })'));
}

/** A CommonJS module is asked for as one: Node then sets up no loader for ES modules. */
async function loadModule(path: string): Promise<{ readonly default?: unknown }> {
  return path.endsWith('.cjs') ? { default: createRequire(path)(path) as unknown } : (import(pathToFileURL(path).href) as Promise<{ readonly default?: unknown }>);
}

function createExtensionContext(plugin: ActivePlugin, container: ServiceContainer, factories: Map<string, () => unknown>, configRefiners: StandardSchema[], gate: { readonly open: boolean }): ExtensionContext {
  const declared = new Set(declaredIds(plugin).map(({ kind, id }) => factoryKey(kind, id)));
  const ensureOpen = (what: string): void => {
    if (!gate.open) throw new EnvctlError('ENVCTL_E_PLUGIN_LATE', `${plugin.name} registered ${what} after its activation had ended.`, { kind: 'extension', data: { plugin: plugin.name } });
  };
  const register = (kind: ContributionKind, id: string, factory: () => unknown): void => {
    ensureOpen(`${kind} ${id}`);
    const key = factoryKey(kind, id);
    if (!declared.has(key)) throw new EnvctlError('ENVCTL_E_PLUGIN_UNDECLARED', `${plugin.name} registered ${kind} ${id}, which its manifest does not declare.`, { kind: 'extension', data: { plugin: plugin.name, id } });
    if (typeof factory !== 'function') throw new EnvctlError('ENVCTL_E_PLUGIN_EXTENSION_INVALID', `${plugin.name} registered ${kind} ${id} without a factory function.`, { kind: 'extension', data: { plugin: plugin.name, id } });
    if (factories.has(key)) throw new EnvctlError('ENVCTL_E_PLUGIN_CLASH', `${plugin.name} registered ${kind} ${id} twice.`, { kind: 'extension', data: { plugin: plugin.name, id } });
    factories.set(key, factory);
  };
  return Object.freeze({
    apiVersion: plugin.manifest.apiVersion,
    plugin: Object.freeze({ name: plugin.name, version: plugin.version, root: plugin.root }),
    dependency: (id: string, factory: DependencyFactory) => register('dependencies', id, factory),
    collector: (id: string, factory: () => Collector) => register('collectors', id, factory),
    check: (id: string, factory: () => Check) => register('checks', id, factory),
    surface: (id: string, factory: () => Surface) => register('surfaces', id, factory),
    projectProvider: (id: string, factory: () => ProjectProvider) => register('projectProviders', id, factory),
    configRefiner: (schema: StandardSchema) => {
      ensureOpen('a config refiner');
      if (!plugin.manifest.refinesConfig) throw new EnvctlError('ENVCTL_E_PLUGIN_UNDECLARED', `${plugin.name} registered a config refiner, which its manifest does not declare: "refinesConfig": true.`, { kind: 'extension', data: { plugin: plugin.name } });
      configRefiners.push(schema);
    },
    resolve: (token) => container.resolve(token),
  } satisfies ExtensionContext);
}

function declaredIds(plugin: ActivePlugin): readonly { readonly kind: ContributionKind; readonly id: string }[] {
  return factoryKinds.flatMap((kind) => plugin.manifest.contributes[kind].map((entry) => ({ kind, id: (entry as { readonly id: string }).id })));
}

function codeOf(error: unknown): ErrorCode {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ENVCTL_E_PLUGIN_UNDECLARED' || code === 'ENVCTL_E_PLUGIN_CLASH' || code === 'ENVCTL_E_PLUGIN_EXTENSION_INVALID' ? code : 'ENVCTL_E_PLUGIN_ACTIVATION';
}
