import { EnvctlError } from '../contract/index.js';
import type { CommandEntry } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';

/** The document of `help --json`: what the help pages say, as data. */
export interface HelpDocument {
  /** The command asked about; null = all. */
  readonly command: string | null;
  readonly commands: readonly HelpEntry[];
}

export interface HelpEntry {
  readonly name: string;
  readonly plugin: string;
  readonly summary: string | null;
  readonly description: string | null;
  /** Lines that can be pasted. */
  readonly examples: readonly string[];
  readonly family: string | null;
  readonly aliases: readonly string[];
  /** Long flags with their dashes. */
  readonly flags: readonly string[];
  /** True when it changes processes, state or files. */
  readonly mutates: boolean | null;
}

/** What the merged manifest leaves out, from oclif's own. */
export interface HelpPage {
  readonly description: string | null;
  readonly examples: readonly string[];
}

/** Other names of a command of ours, as its page shows them; empty when it has none. */
export function renderOtherNames(entry: CommandEntry | undefined): string {
  const { aliases = [], spareAliases = [], tokens = [] } = entry?.envctl ?? {};
  const names = [...aliases, ...spareAliases, ...tokens];
  return names.length === 0 ? '' : `OTHER NAMES\n${names.map((name) => `  $ envctl ${name}\n`).join('')}\n`;
}

/** Examples of the page of a topic, one of each of its commands; empty for a command, whose page has its own. */
export function renderTopicExamples(manifest: Pick<DoorManifest, 'commands'>, id: string, pageOf: (id: string) => HelpPage): string {
  const { commands } = manifest;
  if (commands.some((command) => command.id === id)) return '';
  const lines = commands.filter((command) => command.hidden !== true && command.id.startsWith(`${id}:`)).flatMap((command) => pageOf(command.id).examples.slice(0, 1));
  return lines.length === 0 ? '' : `EXAMPLES\n${lines.map((line) => `  $ ${line}\n`).join('')}\n`;
}

/** @throws EnvctlError ENVCTL_E_ARGV_UNKNOWN_COMMAND */
export function toHelpDocument(manifest: Pick<DoorManifest, 'commands'>, id: string | undefined, pageOf: (id: string) => HelpPage): HelpDocument {
  // Of two commands with one id the first is the one that runs.
  const visible = manifest.commands.filter((command, index, all) => command.hidden !== true && all.findIndex(({ id }) => id === command.id) === index);
  const chosen = id === undefined ? visible : visible.filter((command) => command.id === id || command.id.startsWith(`${id}:`));
  if (chosen.length === 0) throw new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_COMMAND', `Unsupported command: ${id ?? ''}`, { hints: ['envctl list-commands'] });
  return { command: id ?? null, commands: chosen.map((command) => toEntry(command, pageOf(command.id))).sort((left, right) => (left.name < right.name ? -1 : 1)) };
}

function toEntry(command: CommandEntry, page: HelpPage): HelpEntry {
  return {
    name: command.id.replaceAll(':', ' '),
    plugin: command.plugin,
    summary: command.summary?.replaceAll('<%= config.bin %>', 'envctl') ?? null,
    description: page.description,
    examples: page.examples,
    family: command.envctl?.family ?? null,
    aliases: [...(command.envctl?.aliases ?? []), ...(command.aliases ?? [])],
    flags: Object.keys(command.flags).map((name) => `--${name}`).sort(),
    mutates: command.envctl?.mutates ?? null,
  };
}
