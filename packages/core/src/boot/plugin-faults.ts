/* What oclif could not load of the installed and linked plugins: of each plugin one diagnostic per reason. */
import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, type ErrorCode } from '../contract/index.js';
import type { ManifestSource, PluginDiagnostic, PluginEntry, PluginOrigin } from './door-manifest.js';
import type { InstalledPlugin } from './plugin-document.js';

export interface PluginFaults {
  /** Of plugins that were loaded, and lost something. */
  readonly diagnostics: readonly PluginDiagnostic[];
  /** Those that were not loaded, as they are listed. */
  readonly absent: readonly PluginEntry[];
  /** One line for each fault. */
  readonly warnings: readonly string[];
}

export interface FaultSource {
  /** What oclif warned of while it loaded. */
  readonly told: readonly (string | Error)[];
  readonly loaded: readonly ManifestSource[];
  readonly installed: readonly InstalledPlugin[];
  /** Plugins that did not end loading in time. */
  readonly late: ReadonlySet<string>;
  /** oclif's data directory. */
  readonly dataDirectory: string;
}

/** Version of a plugin whose package.json says none. */
const unknownVersion = 'unknown';

export function judgeFaults(source: FaultSource): PluginFaults {
  const { loaded, installed } = source;
  const told = source.told.map(toComplaint);
  const present = installed.filter((plugin) => isLoaded(plugin, loaded));
  const absent = installed.filter((plugin) => !present.includes(plugin)).map((plugin) => toAbsent(plugin, source));
  const diagnostics = toFaults(present, told);
  const unnamed = told.filter(({ plugin, isLoadError }) => plugin === undefined && !(isLoadError && absent.length > 0));
  return {
    diagnostics,
    absent,
    warnings: [
      ...absent.flatMap((entry) => entry.problems.map((problem) => toLine(entry, { ...problem, plugin: entry.name }))),
      ...toLines(diagnostics, installed),
      ...new Set(unnamed.map(({ message }) => toOtherLine(message, source))),
    ],
  };
}

/** Whether a warning is oclif's, and of one plugin. */
export function isOfPlugin(told: string | Error): boolean {
  return toComplaint(told).plugin !== undefined;
}

/** One line for each fault of a plugin that is installed or linked, of which oclif warned in `told`. */
export function describeFaults(told: readonly (string | Error)[], installed: readonly InstalledPlugin[]): readonly string[] {
  return toLines(toFaults(installed, told.map(toComplaint)), installed);
}

function toFaults(plugins: readonly InstalledPlugin[], told: readonly Complaint[]): readonly PluginDiagnostic[] {
  return plugins.flatMap((plugin) => [...toCommandFaults(plugin, told), ...toManifestFaults(plugin, told)]);
}

function toLines(diagnostics: readonly PluginDiagnostic[], installed: readonly InstalledPlugin[]): readonly string[] {
  return diagnostics.map((diagnostic) => toLine(installed.find(({ name }) => name === diagnostic.plugin), diagnostic));
}

/** What a warning of oclif says, and of whom. */
interface Complaint {
  readonly plugin: string | undefined;
  /** Id of a command whose module failed. */
  readonly command: string | undefined;
  readonly file: 'oclif.manifest.json' | undefined;
  /** A plugin was not loaded; oclif does not say which. */
  readonly isLoadError: boolean;
  readonly message: string;
}

function toComplaint(told: string | Error): Complaint {
  const mismatch = /^Mismatched version in (\S+) plugin manifest\. Expected: (\S+) Received: (\S+)/.exec(typeof told === 'string' ? told : told.message);
  if (mismatch !== null) return { plugin: mismatch[1], command: undefined, file: 'oclif.manifest.json', isLoadError: false, message: `it is of version ${mismatch[3] ?? ''}, the package of ${mismatch[2] ?? ''}` };
  const detail = typeof told === 'string' ? '' : String((told as { readonly detail?: unknown }).detail ?? '');
  const task = /^task: (.*)$/m.exec(detail)?.[1];
  return {
    plugin: task === undefined ? undefined : /^plugin: (.*)$/m.exec(detail)?.[1],
    command: /^findCommand \((.*)\)$/.exec(task ?? '')?.[1],
    file: task === 'readManifest' ? 'oclif.manifest.json' : undefined,
    isLoadError: task === undefined && detail !== '',
    message: toMessage(told),
  };
}

function toAbsent(plugin: InstalledPlugin, source: FaultSource): PluginEntry {
  const { name, root, origin } = plugin;
  const { message, mend } = whyAbsent(plugin, source);
  return { name, version: plugin.version ?? unknownVersion, origin, root, status: 'inactive', problems: [{ path: root, code: 'ENVCTL_E_PLUGIN_NOT_LOADED', message, mend }] };
}

function whyAbsent(plugin: InstalledPlugin, { told, late }: FaultSource): { readonly message: string; readonly mend: string } {
  const { name, root, origin } = plugin;
  const file = join(root, 'package.json');
  const leave = removalOf({ name, origin });
  const again = origin === 'link' ? `correct it, or: ${leave}` : `install it again, or: ${leave}`;
  if (late.has(name)) return { message: 'a module of it does not end loading', mend: leave };
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return { message: 'its directory is gone', mend: origin === 'link' ? leave : again };
  try {
    JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return { message: `its package.json cannot be read: ${errorMessage(error)}`, mend: again };
  }
  const reasons = told.filter((one) => toComplaint(one).isLoadError).map(toMessage);
  const reason = reasons.find((message) => message.includes(root) || message.includes(name)) ?? reasons[0];
  return { message: `it cannot be loaded${reason === undefined ? '' : `: ${reason}`}`, mend: again };
}

function toCommandFaults({ name, root, origin }: InstalledPlugin, told: readonly Complaint[]): readonly PluginDiagnostic[] {
  const failed = new Map<string, string[]>();
  for (const { plugin, command, message } of told) {
    if (plugin !== name || command === undefined) continue;
    const reason = reasonOf(message, command);
    failed.set(reason, [...(failed.get(reason) ?? []), command.replaceAll(':', ' ')]);
  }
  return [...failed].map(([message, commands]) => ({
    plugin: name,
    path: root,
    code: 'ENVCTL_E_PLUGIN_COMMAND' satisfies ErrorCode,
    message: `${commands.length === 1 ? 'the command' : 'the commands'} ${commands.sort().join(', ')} cannot be loaded: ${message}`,
    mend: mendOfPlugin(message, { name, root, origin }),
  }));
}

function toManifestFaults({ name, root }: InstalledPlugin, told: readonly Complaint[]): readonly PluginDiagnostic[] {
  return told.filter(({ plugin, file }) => plugin === name && file !== undefined).map(({ message }) => ({
    plugin: name,
    path: join(root, 'oclif.manifest.json'),
    code: 'ENVCTL_E_PLUGIN_MANIFEST' satisfies ErrorCode,
    message,
    mend: 'remove that file, or build the plugin again',
  }));
}

/** What mends a plugin of which a part does not work, by where it comes from and why: `reason` is what Node or the plugin said. */
export function mendOfPlugin(reason: string, { name, root, origin }: { readonly name: string; readonly root: string; readonly origin: PluginOrigin }): string {
  const isMissing = reason.startsWith('Cannot find package ');
  if (origin === 'link') return `${isMissing ? `npm install in ${root}` : 'correct it'}, or: ${removalOf({ name, origin })}`;
  if (origin === 'user') return `${isMissing ? 'install it again' : 'envctl plugins update'}, or: ${removalOf({ name, origin })}`;
  return 'install envctl again: npm install --global envctl';
}

/** The command that removes an installed or a linked plugin. */
export function removalOf({ name, origin }: { readonly name: string; readonly origin: PluginOrigin }): string {
  return `envctl plugins ${origin === 'link' ? 'unlink' : 'uninstall'} ${name}`;
}

/** The same for every command that fails for it: without the file that oclif imports and who imports it. */
function reasonOf(message: string, command: string): string {
  if (message === `command ${command} not found`) return 'the module exports no command';
  return message.replace(/^\[MODULE_NOT_FOUND\] \S+ failed to load .*?: /, '').replace(/^(Cannot find (?:package|module) '[^']*') imported from .*$/, '$1');
}

function toLine(owner: { readonly name: string; readonly version: string | null } | undefined, { plugin, path, code, message, mend }: PluginDiagnostic): string {
  const version = owner?.version ?? unknownVersion;
  return `${plugin}${version === unknownVersion ? '' : `@${version}`} (${path}): ${message} → ${mend} [${code}]`;
}

/** oclif's list of plugins itself, or what only oclif knows of. */
function toOtherLine(message: string, { dataDirectory }: FaultSource): string {
  const file = join(dataDirectory, 'package.json');
  const reason = whyNoList(file);
  return reason === undefined ? message : `the list of installed and linked plugins (${file}) cannot be read: ${reason} → correct it, or: rm ${file} [ENVCTL_E_PLUGIN_NOT_LOADED]`;
}

function whyNoList(file: string): string | undefined {
  try {
    const { oclif } = JSON.parse(readFileSync(file, 'utf8')) as { readonly oclif?: { readonly plugins?: unknown } };
    return Array.isArray(oclif?.plugins ?? []) ? undefined : 'oclif.plugins is no list';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : errorMessage(error);
  }
}

function isLoaded({ name, root }: InstalledPlugin, loaded: readonly ManifestSource[]): boolean {
  return loaded.some((plugin) => plugin.name === name || plugin.root === root);
}

/** The first line: what follows is of who called whom. */
function toMessage(told: string | Error): string {
  const text = typeof told === 'string' ? told : told.message;
  return errorMessage(text.trim().split(/\s*\n/, 1)[0] ?? '');
}
