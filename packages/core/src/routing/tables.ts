import type { CommandContract } from '../contract/index.js';

/** A flag as an oclif manifest describes it. */
export interface FlagEntry {
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly charAliases?: readonly string[] | undefined;
  readonly allowNo?: boolean | undefined;
  readonly multiple?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly summary?: string | undefined;
  /** The values it may have; absent = any. */
  readonly options?: readonly string[] | undefined;
}

/** A command as an oclif manifest describes it; `envctl` is what makes it one of ours. */
export interface CommandEntry {
  readonly id: string;
  readonly plugin: string;
  readonly aliases?: readonly string[] | undefined;
  readonly hiddenAliases?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly summary?: string | undefined;
  readonly flags: Readonly<Record<string, FlagEntry>>;
  readonly envctl?: CommandContract | undefined;
}

export interface ResolvedFlag extends FlagEntry {
  readonly name: string;
  /** True for a spelling of a boolean that switches it off: `--no-…`, or a token that says so. */
  readonly negated: boolean;
  /** What the two words of a pair flag are called. */
  readonly pair?: readonly [string, string];
}

export interface RoutedCommand {
  readonly entry: CommandEntry;
  /** By spelling with dashes: `--service`, `-b`, `--no-cache`. */
  readonly flags: ReadonlyMap<string, ResolvedFlag>;
}

/** Two commands claim the same word or token, or two flags of one command the same spelling; the first in plugin order keeps it. */
export interface RoutingClash {
  readonly word: string;
  readonly keeps: string;
  readonly loses: string;
}

export interface RoutingTables {
  /** By canonical id. */
  readonly commands: ReadonlyMap<string, RoutedCommand>;
  /** Bare word → id. */
  readonly words: ReadonlyMap<string, string>;
  /** Flat token → id. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Spellings of all our commands' flags: what a token is before the command is known. */
  readonly anyFlag: ReadonlyMap<string, ResolvedFlag>;
  readonly clashes: readonly RoutingClash[];
}

/** Assembles the tables from manifest data, in order: on a clash the earlier command keeps the word. */
export function createRoutingTables(entries: readonly CommandEntry[]): RoutingTables {
  const commands = new Map<string, RoutedCommand>();
  const words = new Map<string, string>();
  const tokens = new Map<string, string>();
  const anyFlag = new Map<string, ResolvedFlag>();
  const clashes: RoutingClash[] = [];
  const claim = (table: Map<string, string>, word: string, id: string): void => {
    const owner = table.get(word);
    if (owner === undefined) table.set(word, id);
    else if (owner !== id) clashes.push({ word, keeps: owner, loses: id });
  };

  const unique = entries.filter((entry) => {
    const earlier = commands.get(entry.id);
    if (earlier !== undefined) {
      // One of our commands in front of an oclif plugin's own (`plugins`) is meant, not an accident.
      const isMeant = earlier.entry.envctl !== undefined && entry.plugin.startsWith('@oclif/');
      if (earlier.entry.plugin !== entry.plugin && !isMeant) clashes.push({ word: entry.id, keeps: earlier.entry.plugin, loses: entry.plugin });
      return false;
    }
    commands.set(entry.id, { entry, flags: spellings(entry, clashes) });
    return true;
  });
  // Ids first: an alias of an early command never hides the id of a later one.
  for (const entry of unique) claim(words, entry.id, entry.id);
  for (const entry of unique) {
    const aliases = [...(entry.envctl?.aliases ?? []), ...(entry.aliases ?? []), ...(entry.hiddenAliases ?? [])];
    for (const alias of aliases) claim(words, alias, entry.id);
    if (entry.envctl === undefined) continue;
    for (const word of [entry.id, ...aliases]) if (word.length > 1 && !word.includes(':')) claim(tokens, `--${word}`, entry.id);
    for (const token of entry.envctl.tokens ?? []) claim(tokens, token, entry.id);
    for (const [spelling, flag] of commands.get(entry.id)?.flags ?? []) if (!anyFlag.has(spelling)) anyFlag.set(spelling, flag);
  }
  for (const entry of unique) {
    for (const word of entry.envctl?.spareAliases ?? []) if (!words.has(word)) words.set(word, entry.id);
  }
  return { commands, words, tokens, anyFlag, clashes };
}

function spellings(entry: CommandEntry, clashes: RoutingClash[]): ReadonlyMap<string, ResolvedFlag> {
  const found = new Map<string, ResolvedFlag>();
  const add = (spelling: string, flag: ResolvedFlag): void => {
    const owner = found.get(spelling);
    if (owner === undefined) found.set(spelling, flag);
    else if (owner.name !== flag.name || owner.negated !== flag.negated) clashes.push({ word: `${entry.id} ${spelling}`, keeps: `--${owner.name}`, loses: `--${flag.name}` });
  };
  const { flagTokens = {}, pairFlags = {} } = entry.envctl ?? {};
  for (const [name, flag] of Object.entries(entry.flags)) {
    const pair = Object.hasOwn(pairFlags, name) ? pairFlags[name] : undefined;
    const positive = { ...flag, name, negated: false, ...(pair === undefined ? {} : { pair }) };
    add(`--${name}`, positive);
    for (const alias of flag.aliases ?? []) add(`--${alias}`, positive);
    for (const char of [flag.char, ...(flag.charAliases ?? [])]) if (char !== undefined) add(`-${char}`, positive);
  }
  for (const [name, flag] of Object.entries(entry.flags)) {
    if (flag.type === 'boolean' && flag.allowNo === true) add(`--no-${name}`, { ...flag, name, negated: true });
  }
  for (const [token, { flag: name, value }] of Object.entries(flagTokens)) {
    const flag = Object.hasOwn(entry.flags, name) ? entry.flags[name] : undefined;
    if (flag?.type === 'boolean') add(token, { ...flag, name, negated: !value });
  }
  return found;
}
