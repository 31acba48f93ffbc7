import { EnvctlError } from '../contract/index.js';
import { modeOfToken, normaliseArgv, type CommandLine, type RoutingTables } from '../routing/index.js';

/**
 * The id that a line asks help about: of a command by its id, an alias, its words or its flat token, or of a topic; undefined = all.
 * Throws ENVCTL_E_ARGV_UNKNOWN_COMMAND with the nearest command.
 */
export function helpTargetOf(line: CommandLine, tables: RoutingTables): string | undefined {
  if (line.id !== 'help') return line.id;
  const words = withoutCommonFlags(line.args);
  const [first] = words;
  if (first === undefined) return undefined;
  const token = tables.tokens.get(first);
  if (token !== undefined) return token;
  const name = words.join(':');
  const id = tables.words.get(name);
  if (id !== undefined) return id;
  if ([...tables.commands.keys()].some((one) => one.startsWith(`${name}:`))) return name;
  // What is wrong with the word is told as for a line that begins with it.
  normaliseArgv(words, tables);
  throw new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_COMMAND', `Unsupported command: ${words.join(' ')}`, { hints: ['envctl list-commands'] });
}

const idle: ReadonlySet<string> = new Set(['--json', '--help', '-h', '-n', '--nested-commands', '--headless', '--batch', '--non-interactive', '--no-interactive', '-b', '--interactive']);

/** Flags that every command takes and that change nothing about its help. */
function withoutCommonFlags(args: readonly string[]): readonly string[] {
  return args.filter((word, index) => !idle.has(word) && !word.startsWith('--repo=') && word !== '--repo' && args[index - 1] !== '--repo' && (!word.startsWith('--') || modeOfToken(word) === undefined));
}
