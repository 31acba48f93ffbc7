import { brandKey, hasBrand } from './brand.js';
import type { DependencyFactory, Mode, ProjectFacts } from './dependency.js';
import type { Token } from './token.js';

export interface ProjectProvider {
  readonly mode: Mode;
  projects(ctx: { readonly repositoryRoot: string; readonly signal: AbortSignal }): Promise<readonly ProjectFacts[]>;
}

/** Adds a file to a debug bundle. */
export interface Collector {
  collect(ctx: { readonly signal: AbortSignal }): Promise<readonly { readonly name: string; readonly content: string }[]>;
}

export interface CheckResult {
  readonly status: 'pass' | 'warn' | 'fail' | 'skip';
  readonly message: string;
  readonly hints?: readonly string[];
}

/** One line of the doctor. */
export interface Check {
  run(ctx: { readonly signal: AbortSignal }): Promise<CheckResult>;
}

export interface Surface {
  open(ctx: { readonly signal: AbortSignal }): Promise<void>;
}

/** The Standard Schema interface (v1), structurally, so that any validation library fits. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => unknown;
  };
}

/**
 * What `activate` gets: it registers factories for ids that the plugin's manifest declares, and nothing
 * else. An undeclared id throws ENVCTL_E_PLUGIN_UNDECLARED, a late call ENVCTL_E_PLUGIN_LATE.
 */
export interface ExtensionContext {
  readonly apiVersion: number;
  readonly plugin: { readonly name: string; readonly version: string; readonly root: string };
  dependency(id: string, factory: DependencyFactory): void;
  collector(id: string, factory: () => Collector): void;
  check(id: string, factory: () => Check): void;
  surface(id: string, factory: () => Surface): void;
  projectProvider(id: string, factory: () => ProjectProvider): void;
  /**
   * Registers a schema over the values of the plugin's own configuration keys, for rules that no single key can state;
   * the manifest says `refinesConfig: true`, else it throws ENVCTL_E_PLUGIN_UNDECLARED. The value is an object by key,
   * typed as declared, keys without a value absent. It is asked while one of the plugin's dependencies is enabled, or
   * always when it brings none. An issue refuses a start and a save (ENVCTL_E_CONFIG_INVALID); commands that read or tear
   * down say it as a warning. The first part of an issue's path is the key it is about. What it transforms is not used.
   */
  configRefiner(schema: StandardSchema): void;
  /** A value of the extension's own container scope. */
  resolve<T>(token: Token<T>): T;
}

export interface Extension {
  readonly [brandKey]: 'extension';
  activate(ctx: ExtensionContext): void | Promise<void>;
}

/** The default export of a plugin's extension module. */
export function defineExtension(definition: { activate(ctx: ExtensionContext): void | Promise<void> }): Extension {
  return Object.freeze({ [brandKey]: 'extension' as const, activate: definition.activate });
}

export function isExtension(value: unknown): value is Extension {
  return hasBrand(value, 'extension') && typeof (value as { activate?: unknown }).activate === 'function';
}
