/* oclif with its loaded plugins: for lines that are not core's own, or that the merged manifest does not explain. */
import type { Config } from '@oclif/core/config';
import type { HelpOptions } from '@oclif/core/interfaces';
import type { CommandEntry, CommandLine } from '../routing/index.js';
import { cacheDoorManifest, pluginSetKey, toDoorManifest, type DoorManifest, type ManifestSource } from './door-manifest.js';
import { foreignPages, type ForeignPage } from './foreign-pages.js';
import type { HelpPage } from './help-document.js';
import { loadOclifConfig } from './load-oclif-config.js';
import { oclifDirectories } from './oclif-directories.js';
import { readInstalledPlugins } from './plugin-document.js';
import { describeFaults, isOfPlugin, type PluginFaults } from './plugin-faults.js';

export interface OclifHost {
  readonly config: Config;
  readonly manifest: DoorManifest;
  /** Runs an envctl command, of core or of a plugin. */
  run(line: CommandLine, entry: CommandEntry | undefined): Promise<unknown>;
  /** Prints the page of a command or a topic. */
  showHelp(id: string): Promise<void>;
  /** What oclif's manifest says of a command for its page. */
  pageOf(id: string): HelpPage;
  /** Runs a command that knows nothing of envctl. */
  runForeign(line: CommandLine, entry: CommandEntry | undefined): Promise<ForeignResult>;
}

export interface ForeignResult {
  readonly exitCode: number;
  /** What the command returned. */
  readonly result: unknown;
}

export interface OclifRequest {
  readonly packageRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of each plugin oclif could not load, in one line. */
  readonly warn: (warning: string) => void;
}

export async function loadOclif({ packageRoot, env, warn }: OclifRequest): Promise<OclifHost> {
  const { config, faults, told } = await loadOclifConfig(packageRoot);
  for (const warning of faults.warnings) warn(warning);
  const manifest = await mergeManifest(config, env, faults);
  for (const warning of manifest.setAside) warn(warning);
  return {
    config,
    manifest,
    showHelp: (id) => showHelp(config, id),
    pageOf: (id) => toPage(config, id),
    run: (line, entry) => runCommand(config, line, entry),
    runForeign: (line, entry) => tellingOnce({ told, warn, dataDirectory: config.dataDir }, () => runForeignCommand(config, line, entry)),
  };
}

/** The command of the plugin our own order chose; oclif would let an installed plugin take the id of a bundled one. */
async function runCommand(config: Config, line: CommandLine, entry: CommandEntry | undefined): Promise<unknown> {
  const plugin = entry === undefined ? undefined : config.plugins.get(entry.plugin);
  const command = plugin?.commands.find((one) => one.id === line.id) ?? null;
  return config.runCommand(line.id, [...line.args], command);
}

async function showHelp(config: Config, id: string): Promise<void> {
  const { loadHelpClass } = await import('./oclif.js');
  const Help = await loadHelpClass(config);
  const options = (config.pjson.oclif.helpOptions ?? config.pjson.helpOptions) as Partial<HelpOptions> | undefined;
  const help = new Help(config, options);
  const command = config.findCommand(id);
  const page = foreignPageOf(id);
  if (command === undefined || page === undefined) return help.showHelp(id.split(':'));
  await help.showCommandHelp({ ...command, ...page, examples: [...page.examples] }, []);
}

function foreignPageOf(id: string): ForeignPage | undefined {
  return Object.hasOwn(foreignPages, id) ? foreignPages[id] : undefined;
}

function toPage(config: Config, id: string): HelpPage {
  const command = config.findCommand(id);
  const foreign = foreignPageOf(id);
  const fill = (text: string): string => text.replaceAll(/<%= *config\.bin *%>/g, 'envctl').replaceAll(/<%= *command\.id *%>/g, id.replaceAll(':', ' '));
  const declared = Array.isArray(command?.examples) ? command.examples : command?.examples === undefined ? [] : [command.examples];
  const examples: typeof declared = foreign === undefined ? declared : [...foreign.examples];
  const description = foreign?.description ?? command?.description;
  return {
    description: description === undefined ? null : fill(description),
    examples: examples.map((example) => fill(typeof example === 'string' ? example : example.command)),
  };
}

async function runForeignCommand(config: Config, line: CommandLine, entry: CommandEntry | undefined): Promise<ForeignResult> {
  await config.runHook('init', { argv: [...line.args], id: line.id });
  const result = await runCommand(config, line, entry);
  return { exitCode: typeof process.exitCode === 'number' ? process.exitCode : 0, result };
}

interface Telling {
  readonly told: ReadonlySet<string>;
  readonly warn: (warning: string) => void;
  readonly dataDirectory: string;
}

/**
 * A command that loads plugins again (`plugins reset --hard`), or a new one (`plugins link`), warns of what has been told in words of
 * ours, or is now.
 */
async function tellingOnce<T>({ told, warn, dataDirectory }: Telling, run: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
  const later: (string | Error)[] = [];
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const said = rest[0] instanceof Error ? rest[0] : warning;
    if (told.has(said instanceof Error ? said.message : said)) return;
    if (isOfPlugin(said)) later.push(said);
    else emitWarning(warning, ...rest);
  };
  try {
    return await run();
  } finally {
    process.emitWarning = emitWarning;
    for (const line of describeFaults(later, readInstalledPlugins(dataDirectory))) warn(line);
  }
}

/**
 * The manifest of what was loaded; kept for the front door when plugins beyond the bundled ones are there. When one could not
 * be loaded nothing is kept, so that the next command tells of it too.
 */
async function mergeManifest(config: Config, env: Readonly<Record<string, string | undefined>>, faults: PluginFaults): Promise<DoorManifest> {
  const [{ discoverPlugins, judgeCommands, readDeclarations }, { coreKeyNames }] = await Promise.all([import('../host/index.js'), import('../config/index.js')]);
  const directories = oclifDirectories(env, process.platform);
  const host = { version: config.version, root: config.root };
  const key = directories === undefined ? undefined : pluginSetKey(directories, host);
  const plugins = config.getPluginsList();
  const manifest = toDoorManifest(plugins, { version: config.version, key: key ?? '' }, readDeclarations(discoverPlugins(config.plugins.values()), coreKeyNames()), judgeCommands<ManifestSource>(plugins), faults);
  if (faults.warnings.length === 0 && directories !== undefined && key !== undefined && key !== '') cacheDoorManifest(directories, manifest, process.pid);
  return manifest;
}
