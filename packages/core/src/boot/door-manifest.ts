/*
 * The merged manifest: what every loaded plugin declares, without its code. The shipped one covers the bundled
 * plugins; with installed or linked plugins a cached one stands in for as long as its key names the very same files.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectoriesSync } from '../fs/read-only.js';
import type { ConfigKeyDeclaration, DependencyDeclaration } from '../contract/index.js';
import type { DeclaredRefiner } from '../config/read-only.js';
import type { CommandEntry } from '../routing/index.js';
import type { OclifDirectories } from './oclif-directories.js';
import type { PluginFaults } from './plugin-faults.js';

export type PluginOrigin = 'core' | 'bundled' | 'user' | 'link';

export interface PluginEntry {
  readonly name: string;
  readonly version: string;
  readonly origin: PluginOrigin;
  /** Directory of an installed or linked plugin; the others are found by name from the distribution. */
  readonly root?: string;
  /** `package.json#envctl`, as written. */
  readonly envctl?: unknown;
  readonly status: PluginStatus;
  /** What of its manifests was set aside. */
  readonly problems: readonly PluginProblem[];
}

/** Whether what a plugin declares counts: all of it, all but its problems, or nothing. */
export type PluginStatus = 'active' | 'degraded' | 'inactive';

/** A part of a plugin that was set aside: the host's diagnostic, without the plugin. */
export interface PluginProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly mend: string;
}

/** With the plugin it is of. */
export interface PluginDiagnostic extends PluginProblem {
  readonly plugin: string;
  /** True when nothing of the plugin's manifest counts. */
  readonly dropsPlugin?: true;
}

/** What the manifests of all plugins declare, judged and in order: enough to know every config key and dependency. */
export interface PluginDeclarations {
  readonly dependencies: readonly DependencyDeclaration[];
  readonly configKeys: readonly ConfigKeyDeclaration[];
  /** The plugins whose code judges configurations. */
  readonly refiners: readonly DeclaredRefiner[];
  /** One line for each part of a manifest that was set aside. */
  readonly warnings: readonly string[];
  /** The same as data. */
  readonly diagnostics: readonly PluginDiagnostic[];
}

export interface DoorManifest {
  readonly schema: 4;
  /** Version of the distribution. */
  readonly version: string;
  /** Names the installed and linked plugins it was made of; empty for the shipped one. */
  readonly key: string;
  readonly plugins: readonly PluginEntry[];
  readonly commands: readonly CommandEntry[];
  /** One line for each command that cannot be routed and was left out. */
  readonly setAside: readonly string[];
  /** What the plugins declare, judged: a reader needs neither a schema library nor plugin code. */
  readonly declared: PluginDeclarations;
}

/**
 * The key of the plugin set: empty when nothing is installed or linked, undefined when it cannot be told from files
 * (a linked plugin without an oclif manifest may change at any time).
 */
export function pluginSetKey(directories: OclifDirectories, host: { readonly version: string; readonly root: string }): string | undefined {
  const text = readText(join(directories.data, 'package.json'));
  if (text === undefined) return '';
  const parsed = parse<{ oclif?: { plugins?: unknown } }>(text);
  if (parsed === undefined) return undefined;
  const plugins = parsed.oclif?.plugins ?? [];
  if (!Array.isArray(plugins)) return undefined;
  if (plugins.length === 0) return '';
  const parts: unknown[] = [host.version, host.root, text];
  for (const plugin of plugins as readonly unknown[]) {
    const name = typeof plugin === 'string' ? plugin : (plugin as { name?: unknown } | null)?.name;
    const linked = (plugin as { root?: unknown } | null)?.root;
    if (typeof name !== 'string') return undefined;
    const root = typeof linked === 'string' ? linked : join(directories.data, 'node_modules', name);
    const stamps = ['package.json', 'oclif.manifest.json'].map((file) => stamp(join(root, file)));
    if (stamps.includes(undefined)) return undefined;
    parts.push([root, ...stamps]);
  }
  return JSON.stringify(parts);
}

/** The shipped manifest when nothing is installed, else the cached one when its key fits; else undefined. */
export function readDoorManifest(shippedPath: string, directories: OclifDirectories, host: { readonly version: string; readonly root: string }): DoorManifest | undefined {
  const key = pluginSetKey(directories, host);
  if (key === undefined) return undefined;
  const manifest = parse<DoorManifest>(readText(key === '' ? shippedPath : cachedPath(directories)));
  return manifest?.schema === 4 && manifest.version === host.version && manifest.key === key ? manifest : undefined;
}

/** The manifest of the last command, whatever became of the plugins since; else the shipped one. For answers that may be out of date. */
export function readAnyDoorManifest(shippedPath: string, directories: OclifDirectories | undefined, host: { readonly version: string }): DoorManifest | undefined {
  const candidates = [...(directories === undefined ? [] : [cachedPath(directories)]), shippedPath].map((path) => parse<DoorManifest>(readText(path)));
  return candidates.find((manifest) => manifest?.schema === 4 && manifest.version === host.version);
}

/** Keeps the merged manifest for the next command. Only a cache: failing to write it is no error. */
export function cacheDoorManifest(directories: OclifDirectories, manifest: DoorManifest, pid: number): void {
  const path = cachedPath(directories);
  const temporary = `${path}.${pid}.tmp`;
  try {
    makeDirectoriesSync(dirname(path));
    writeFileSync(temporary, JSON.stringify(manifest));
    renameSync(temporary, path);
  } catch {
    removeQuietly(temporary);
  }
}

/** What of the commands is used; the host's `judgeCommands` says it. */
export interface JudgedCommands {
  readonly commandsOf: (plugin: ManifestSource) => readonly object[];
  readonly warnings: readonly string[];
  /** The same as data. */
  readonly diagnostics: readonly PluginDiagnostic[];
}

/** The manifest of oclif's loaded plugin list: core's ids win every clash. */
export function toDoorManifest(plugins: Iterable<ManifestSource>, host: { readonly version: string; readonly key: string }, declared: PluginDeclarations, judged: JudgedCommands, faults: Pick<PluginFaults, 'diagnostics' | 'absent'> = noFaults): DoorManifest {
  const sorted = [...plugins].sort((a, b) => originOrder.indexOf(originOf(a)) - originOrder.indexOf(originOf(b)) || compare(a.name, b.name));
  return {
    schema: 4,
    version: host.version,
    key: host.key,
    plugins: [...sorted.map((plugin) => {
      const envctl = (plugin.pjson as { envctl?: unknown }).envctl;
      const origin = originOf(plugin);
      const root = origin === 'user' || origin === 'link' ? { root: plugin.root } : {};
      const diagnostics = [...declared.diagnostics, ...judged.diagnostics, ...faults.diagnostics].filter((diagnostic) => diagnostic.plugin === plugin.name);
      return { name: plugin.name, version: plugin.version, origin, ...root, ...(envctl === undefined ? {} : { envctl }), status: toStatus(diagnostics), problems: diagnostics.map(({ path, code, message, mend }) => ({ path, code, message, mend })) };
    }), ...faults.absent],
    commands: sorted.flatMap((plugin) => judged.commandsOf(plugin).map((command) => toCommandEntry(command, plugin.name))),
    setAside: judged.warnings,
    declared,
  };
}

const noFaults: Pick<PluginFaults, 'diagnostics' | 'absent'> = { diagnostics: [], absent: [] };

/** What is read of an oclif plugin. */
export interface ManifestSource {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly type: string;
  readonly isRoot?: boolean;
  readonly pjson: unknown;
  readonly commands: readonly object[];
}

/** Who keeps an id that two plugins claim: the earlier one. */
export const originOrder: readonly PluginOrigin[] = ['core', 'bundled', 'user', 'link'];

/** Core is the distribution and @envctl/core; the other plugins that come with it are bundled. */
export function originOf(plugin: { readonly name: string; readonly type: string; readonly isRoot?: boolean }): PluginOrigin {
  if (plugin.type === 'user' || plugin.type === 'link') return plugin.type;
  if (plugin.type === 'dev') return 'link';
  return plugin.isRoot === true || plugin.name === '@envctl/core' ? 'core' : 'bundled';
}

function toStatus(diagnostics: readonly PluginDiagnostic[]): PluginStatus {
  if (diagnostics.length === 0) return 'active';
  return diagnostics.some(({ dropsPlugin }) => dropsPlugin === true) ? 'inactive' : 'degraded';
}

function toCommandEntry(command: object, plugin: string): CommandEntry {
  const { id, aliases, hiddenAliases, hidden, strict, flags, envctl, summary, description } = command as CommandEntry & { readonly description?: string };
  const kept = Object.entries(flags).map(([name, flag]) => {
    const { type, char, aliases: more, charAliases, allowNo, multiple, delimiter, options, hidden: isHidden, summary: meaning } = flag;
    return [name, { type, char, aliases: more, charAliases, allowNo, multiple, delimiter, options, hidden: isHidden, summary: meaning }];
  });
  return { id, plugin, aliases, hiddenAliases, hidden, strict, flags: Object.fromEntries(kept) as CommandEntry['flags'], envctl, summary: summary ?? description?.split('\n', 1)[0] };
}

function cachedPath(directories: OclifDirectories): string {
  return join(directories.cache, 'door.json');
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It was never written.
  }
}

function stamp(path: string): string | undefined {
  const stats = statOrNothing(path);
  return stats === undefined ? undefined : `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
