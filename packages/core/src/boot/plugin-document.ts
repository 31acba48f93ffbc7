/* What oclif's sub-commands of `plugins` found or changed, as data: their own --json is oclif's shape, or none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ManifestSource, PluginEntry, PluginOrigin, PluginStatus } from './door-manifest.js';

/** An installed or a linked plugin. */
export interface InstalledPlugin {
  readonly name: string;
  /** Null when its package.json cannot be read. */
  readonly version: string | null;
  readonly origin: 'user' | 'link';
  readonly root: string;
}

/** The document of `plugins install`, `link`, `uninstall`, `update` and `reset`. */
export interface PluginChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those with another version or root than before. */
  readonly updated: readonly string[];
  /** What is installed and linked now. */
  readonly installed: readonly InstalledPlugin[];
}

/** The document of `plugins inspect`. */
export interface PluginInspection {
  readonly plugins: readonly InspectedPlugin[];
}

export interface InspectedPlugin {
  readonly name: string;
  readonly version: string;
  readonly origin: PluginOrigin;
  readonly root: string;
  readonly status: PluginStatus;
  readonly problems: PluginEntry['problems'];
  readonly commands: readonly string[];
  /** The packages it names as dependencies and that are there. */
  readonly dependencies: readonly { readonly name: string; readonly wanted: string; readonly version: string }[];
}

/** Words of the line without `--json`, which only some of these commands know. */
export function withoutJsonFlag(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return args.filter((word, index) => word !== '--json' || (end !== -1 && index > end));
}

/** `result` is what oclif's inspect returned, `listed` what the merged manifest says of the plugins. */
export function toInspection(result: unknown, listed: readonly PluginEntry[]): PluginInspection {
  const plugins = (result as readonly OclifInspection[]).flatMap((plugin) => {
    const entry = listed.find(({ name }) => name === plugin.name);
    return entry === undefined ? [] : [toInspected(plugin, entry)];
  });
  return { plugins };
}

/** Differences of two `readInstalledPlugins`. */
export function toPluginChanges(before: readonly InstalledPlugin[], after: readonly InstalledPlugin[]): PluginChanges {
  const was = new Map(before.map((plugin) => [plugin.name, plugin]));
  const is = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !was.has(name)).map(({ name }) => name),
    removed: before.filter(({ name }) => !is.has(name)).map(({ name }) => name),
    updated: after.filter((plugin) => isOther(plugin, was.get(plugin.name))).map(({ name }) => name),
    installed: after,
  };
}

/** What oclif's data directory says is installed and linked. */
export function readInstalledPlugins(dataDirectory: string): readonly InstalledPlugin[] {
  const listed = readPackage(dataDirectory)?.oclif?.plugins;
  return (Array.isArray(listed) ? (listed as readonly unknown[]) : []).flatMap((entry): readonly InstalledPlugin[] => {
    const { name, root: linked } = (typeof entry === 'string' ? { name: entry } : (entry ?? {})) as { readonly name?: unknown; readonly root?: unknown };
    if (typeof name !== 'string') return [];
    const root = typeof linked === 'string' ? linked : join(dataDirectory, 'node_modules', name);
    return [{ name, version: readPackage(root)?.version ?? null, origin: typeof linked === 'string' ? 'link' : 'user', root }];
  });
}

/** A loaded oclif plugin with what inspect adds. */
interface OclifInspection extends ManifestSource {
  readonly commandIDs: readonly string[];
  readonly deps: Readonly<Record<string, { readonly from: string; readonly version: string }>>;
}

function toInspected({ root, commandIDs, deps }: OclifInspection, { name, version, origin, status, problems }: PluginEntry): InspectedPlugin {
  return {
    name, version, origin, root, status, problems,
    commands: commandIDs.map((id) => id.replaceAll(':', ' ')).sort(),
    dependencies: Object.entries(deps).map(([id, { from, version: found }]) => ({ name: id, wanted: from, version: found })),
  };
}

function isOther(plugin: InstalledPlugin, before: InstalledPlugin | undefined): boolean {
  return before !== undefined && (before.version !== plugin.version || before.root !== plugin.root);
}

function readPackage(directory: string): { readonly version?: string; readonly oclif?: { readonly plugins?: unknown } } | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { readonly version?: string };
  } catch {
    return undefined;
  }
}
