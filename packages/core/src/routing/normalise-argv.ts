/*
 * One command line in, one oclif line out. Pure; its algebra is that normalising a normalised line
 * changes nothing: every alias, flat token and assignment leaves in its canonical spelling, what the
 * command does not know is an error, and words that only a `--` protects stay behind one.
 */
import { EnvctlError, type Mode } from '../contract/index.js';
import { absentCommandWords, mendOfRetiredOption, packageOfAbsentCommand, packageOfAbsentOption } from './absent-words.js';
import { nearestWord } from './nearest.js';
import type { ResolvedFlag, RoutedCommand, RoutingTables } from './tables.js';
import { booleanOfWord, modeKeys, modeOfToken, splitAssignment } from './words.js';

/** A normalised line: `[id, ...args]` is what oclif gets. */
export interface CommandLine {
  readonly id: string;
  readonly args: readonly string[];
  /** The words as typed. */
  readonly original: readonly string[];
  readonly mode: Mode | undefined;
  readonly repo: string | undefined;
  readonly json: boolean;
  /** `--help` beside a command. */
  readonly help: boolean;
  /** True for an oclif command that is not ours: its words are passed on untouched. */
  readonly foreign: boolean;
}

export interface NormaliseOptions {
  /** Command of a line that names none. */
  readonly defaultCommand: string;
}

/**
 * @throws EnvctlError ENVCTL_E_ARGV_UNKNOWN_COMMAND, ENVCTL_E_ARGV_UNKNOWN_OPTION or ENVCTL_E_ARGV_INVALID, with
 *   the nearest valid word as a hint.
 */
export function normaliseArgv(argv: readonly string[], tables: RoutingTables, options: NormaliseOptions = { defaultCommand: 'start' }): CommandLine {
  const read = readWords(argv, tables);
  if (read.foreign !== undefined) return { ...empty(argv), ...read.foreign, foreign: true };
  if (read.command === undefined && read.help) return { ...empty(argv), id: 'help', args: [], foreign: true };
  const id = read.command ?? options.defaultCommand;
  const command = tables.commands.get(id);
  if (command === undefined) throw unknownCommand(id, tables);

  const flags = [...read.flags, ...read.assignments.map((token) => assignmentToFlag(token, command, tables))].filter((flag) => flag !== undefined);
  for (const flag of flags) if (!knows(command, flag)) throw unknownOption(flag.typed, command, tables);
  const positionals = splitTargets(read.positionals, command);
  const unprotected = positionals.findIndex((word) => !isPlain(word, command, tables));
  const plain = unprotected === -1 ? positionals : positionals.slice(0, unprotected);
  const behindDashes = [...positionals.slice(plain.length), ...splitTargets(read.protectedWords, command)];
  const args = [
    // Words first: an oclif flag that may be given many times would swallow the words behind it.
    ...plain,
    ...(read.mode === undefined ? [] : [`--${read.mode}`]),
    ...(read.repo === undefined ? [] : [`--repo=${read.repo}`]),
    ...flags.map((flag) => flag.canonical),
    ...(read.help ? ['--help'] : []),
    ...(behindDashes.length === 0 ? [] : ['--', ...behindDashes]),
  ];
  return { id, args, original: argv, mode: read.mode, repo: read.repo, json: flags.some((flag) => flag.canonical === '--json'), help: read.help, foreign: false };
}

interface BoundFlag {
  readonly flag: ResolvedFlag;
  readonly canonical: string;
  readonly typed: string;
}

interface ReadWords {
  command: string | undefined;
  mode: Mode | undefined;
  repo: string | undefined;
  help: boolean;
  flags: BoundFlag[];
  assignments: string[];
  positionals: string[];
  protectedWords: string[];
  foreign: { id: string; args: readonly string[] } | undefined;
}

function readWords(argv: readonly string[], tables: RoutingTables): ReadWords {
  const read: ReadWords = {
    command: undefined, mode: undefined, repo: undefined, help: false, flags: [], assignments: [], positionals: [], protectedWords: [], foreign: undefined,
  };
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? '';
    if (token === '--') {
      read.protectedWords = argv.slice(index + 1);
      return read;
    }
    const own = read.command === undefined ? undefined : tables.commands.get(read.command);
    const takeValue = (name: string): string => {
      const value = argv[index + 1];
      if (value === undefined || value.startsWith('-')) throw missingValue(name);
      index += 1;
      return value;
    };
    if (token === '' ) {
      if (read.command === undefined) throw new EnvctlError('ENVCTL_E_ARGV_INVALID', 'An empty word is not a command.');
      read.positionals.push(token);
    } else if (token.startsWith('--')) readLong(token, read, own, tables, takeValue);
    else if (token.startsWith('-') && token.length > 1) readShort(token, read, own, tables, takeValue);
    else if (modeOfToken(token) !== undefined && own?.entry.envctl?.ownWords !== true) read.mode = modeOfToken(token);
    else if (splitAssignment(token) !== undefined) {
      if (own?.entry.envctl?.ownWords === true) read.positionals.push(token);
      else read.assignments.push(token);
    } else {
      const consumed = readBareWord(argv.slice(index), read, own, tables);
      if (read.foreign !== undefined) return read;
      index += consumed - 1;
    }
  }
  return read;
}

/** Returns how many words were taken. */
function readBareWord(rest: readonly string[], read: ReadWords, own: RoutedCommand | undefined, tables: RoutingTables): number {
  const word = rest[0] ?? '';
  if (own !== undefined) {
    const id = own.entry.envctl?.ownWords === true ? undefined : tables.words.get(word);
    // The last command word wins, as it always did; commands of other packages are not reached that way.
    if (id !== undefined && !id.includes(':') && tables.commands.get(id)?.entry.envctl !== undefined) read.command = id;
    else read.positionals.push(word);
    return 1;
  }
  const found = longestCommand(rest, tables);
  if (found === undefined) {
    const topic = asksAboutTopic(rest, tables);
    if (topic === undefined) throw unknownCommand(word, tables, rest.slice(1));
    read.foreign = { id: 'help', args: topic };
    return rest.length;
  }
  const command = tables.commands.get(found.id);
  if (command?.entry.envctl === undefined) {
    const stray = read.flags[0]?.typed ?? read.assignments[0];
    if (stray !== undefined) throw unknownOption(stray, command, tables);
    read.foreign = { id: found.id, args: rest.slice(found.length) };
  } else read.command = found.id;
  return found.length;
}

/** The words of a topic that is no command itself and has `--help` behind it. */
function asksAboutTopic(rest: readonly string[], tables: RoutingTables): readonly string[] | undefined {
  const end = rest.findIndex((word) => word.startsWith('-'));
  const topic = end === -1 ? [] : rest.slice(0, end);
  const asks = rest.slice(end, rest.includes('--') ? rest.indexOf('--') : undefined).some((word) => word === '--help' || word === '-h');
  return asks && [...tables.words.keys()].some((known) => known.startsWith(`${topic.join(':')}:`)) ? topic : undefined;
}

/** `plugins install` and `plugins:install` are the same command. */
function longestCommand(rest: readonly string[], tables: RoutingTables): { id: string; length: number } | undefined {
  const stop = rest.findIndex((word) => word.startsWith('-') || word.includes('='));
  for (let length = Math.min(stop === -1 ? rest.length : stop, 4); length > 0; length -= 1) {
    const id = tables.words.get(rest.slice(0, length).join(':'));
    if (id !== undefined) return { id, length };
  }
  return undefined;
}

function readLong(token: string, read: ReadWords, own: RoutedCommand | undefined, tables: RoutingTables, takeValue: (name: string) => string): void {
  const equals = token.indexOf('=');
  const name = equals === -1 ? token : token.slice(0, equals);
  const inline = equals === -1 ? undefined : token.slice(equals + 1);
  const mode = modeOfToken(token);
  if (mode !== undefined) read.mode = mode;
  else if (name === '--repo') {
    read.repo = inline ?? takeValue(name);
    if (read.repo === '') throw missingValue(name);
  } else if (name === '--command' || name === '--action') {
    const word = inline ?? takeValue(name);
    const id = tables.words.get(word);
    if (id === undefined || tables.commands.get(id)?.entry.envctl === undefined) throw unknownCommand(word, tables);
    read.command = id;
  } else if (own?.flags.has(name) === true) bind(own.flags.get(name) as ResolvedFlag, token, inline, read, takeValue);
  else if (token === '--help') read.help = true;
  else if (inline === undefined && tables.tokens.has(name)) read.command = tables.tokens.get(name);
  else {
    const flag = tables.anyFlag.get(name);
    if (flag === undefined) throw unknownOption(token, own, tables);
    bind(flag, token, inline, read, takeValue);
  }
}

function readShort(token: string, read: ReadWords, own: RoutedCommand | undefined, tables: RoutingTables, takeValue: (name: string) => string): void {
  const find = (spelling: string): ResolvedFlag | undefined => own?.flags.get(spelling) ?? tables.anyFlag.get(spelling);
  const whole = find(token);
  if (whole !== undefined) return bind(whole, token, undefined, read, takeValue);
  if (token === '-h') {
    read.help = true;
    return undefined;
  }
  const letters = [...token.slice(1)].map((letter) => find(`-${letter}`));
  if (letters.length < 2 || letters.some((flag) => flag?.type !== 'boolean')) throw unknownOption(token, own, tables);
  for (const flag of letters) if (flag !== undefined) bind(flag, token, undefined, read, takeValue);
  return undefined;
}

function bind(flag: ResolvedFlag, typed: string, inline: string | undefined, read: ReadWords, takeValue: (name: string) => string): void {
  if (flag.type === 'option') {
    read.flags.push({ flag, typed, canonical: `--${flag.name}=${flag.pair === undefined ? oneValue(flag, notEmpty(inline ?? takeValue(typed), nameOf(typed))) : twoValues(flag.pair, typed, inline, takeValue)}` });
    return;
  }
  const said = inline === undefined ? true : booleanOfWord(inline);
  if (said === undefined) throw invalidValue(`for ${nameOf(typed)}: ${inline ?? ''}`, inline ?? '', ['true', 'false'], `${nameOf(typed)}=`);
  const on = said !== flag.negated;
  if (!on && flag.allowNo !== true) return; // `--json=false`: as if it were not there
  read.flags.push({ flag, typed, canonical: on ? `--${flag.name}` : `--no-${flag.name}` });
}

function notEmpty(value: string, name: string): string {
  if (value === '') throw missingValue(name);
  return value;
}

/** The option as it was typed, without its value. */
function nameOf(typed: string): string {
  return typed.split('=', 1)[0] ?? typed;
}

/** The values of an option that has a closed list are checked here, so that the nearest one can be named. */
function oneValue(flag: ResolvedFlag, value: string): string {
  if (flag.options === undefined) return value;
  const given = flag.multiple === true && flag.delimiter !== undefined ? value.split(flag.delimiter).map((part) => part.trim()) : [value];
  for (const one of given) if (!flag.options.includes(one)) throw invalidValue(`for --${flag.name}: ${one}`, one, flag.options, `--${flag.name}=`);
  return value;
}

/** `A B`, or `A,B` in one word; the second holds no comma. */
function twoValues([first, second]: readonly [string, string], typed: string, inline: string | undefined, takeValue: (name: string) => string): string {
  const name = typed.split('=', 1)[0] ?? typed;
  const words = inline === undefined ? [takeValue(name), takeValue(name)] : [inline.slice(0, Math.max(0, inline.lastIndexOf(','))), inline.slice(inline.lastIndexOf(',') + 1)];
  if (words.includes('') || words[1]?.includes(',') === true) {
    throw new EnvctlError('ENVCTL_E_ARGV_INVALID', `Invalid value for ${name}: ${inline ?? words.join(' ')}`, { hints: [`write ${name} ${first} ${second} or ${name}=${first},${second}`] });
  }
  return words.join(',');
}

function assignmentToFlag(token: string, command: RoutedCommand, tables: RoutingTables): BoundFlag | undefined {
  const assignment = splitAssignment(token);
  const declared = command.entry.envctl?.assignments;
  const rule = assignment !== undefined && declared !== undefined && Object.hasOwn(declared, assignment.key) ? declared[assignment.key] : undefined;
  const flag = rule === undefined ? undefined : command.flags.get(`--${rule.flag}`);
  if (assignment === undefined || rule === undefined || flag === undefined) throw unknownOption(token, command, tables);
  if (rule.kind === 'value') return { flag, typed: token, canonical: `--${flag.name}=${oneValue(flag, notEmpty(assignment.value, assignment.key))}` };
  const said = booleanOfWord(assignment.value);
  if (said === undefined) throw invalidValue(token, assignment.value, ['true', 'false'], `${assignment.key}=`);
  if (!said && (rule.kind === 'if-true' || flag.allowNo !== true)) return undefined;
  return { flag, typed: token, canonical: said ? `--${flag.name}` : `--no-${flag.name}` };
}

/** `a,b` as a bare word names a and b, as it does behind `--service`; a word of commas alone stays, to be refused as the target it is not. */
function splitTargets(words: readonly string[], { entry }: RoutedCommand): readonly string[] {
  if (entry.strict !== false || entry.envctl?.ownWords === true) return words;
  return words.flatMap((word) => {
    const parts = word.split(',').map((part) => part.trim()).filter((part) => part !== '');
    return parts.length === 0 ? [word] : parts;
  });
}

/** Whether the word is a positional of the command wherever it stands after it. */
function isPlain(word: string, command: RoutedCommand, tables: RoutingTables): boolean {
  if (word.startsWith('-') && word.length > 1) return false;
  if (command.entry.envctl?.ownWords === true) return true;
  return modeOfToken(word) === undefined && splitAssignment(word) === undefined && !tables.words.has(word);
}

function knows(command: RoutedCommand, bound: BoundFlag): boolean {
  const own = command.flags.get(bound.canonical.split('=', 1)[0] ?? '');
  return own !== undefined && own.name === bound.flag.name && own.type === bound.flag.type;
}

function empty(argv: readonly string[]): CommandLine {
  return { id: '', args: [], original: argv, mode: undefined, repo: undefined, json: false, help: false, foreign: false };
}

function missingValue(name: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_ARGV_INVALID', `Missing value for ${name}`, { hints: [name.startsWith('-') ? `write ${name} VALUE or ${name}=VALUE` : `write ${name}=VALUE`] });
}

/** `rest`: the words behind it, which name the command of a topic. */
function unknownCommand(word: string, tables: RoutingTables, rest: readonly string[] = []): EnvctlError {
  const bringer = packageOfAbsentCommand(word);
  if (bringer !== undefined) return absentCommand(word, bringer);
  const ofTopic = [...tables.words.keys()].filter((known) => known.startsWith(`${word}:`));
  if (ofTopic.length > 0) return unknownOfTopic(word, rest[0], ofTopic);
  const nearest = nearestWord(word, [...tables.words.keys(), ...absentCommandWords()]);
  return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_COMMAND', `Unsupported command: ${word}`, {
    hints: [...(nearest === undefined ? [] : [`did you mean: ${describeCommand(nearest)}`]), 'envctl list-commands'],
    data: { word, ...(nearest === undefined ? {} : { nearest }) },
  });
}

/** A topic alone, or with a word that is none of its commands. */
function unknownOfTopic(topic: string, word: string | undefined, ids: readonly string[]): EnvctlError {
  const given = word === undefined || word.startsWith('-') ? undefined : word;
  const nearest = given === undefined ? undefined : nearestWord(`${topic}:${given}`, ids, Math.max(1, Math.floor(given.length / 3)));
  return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_COMMAND', `Unsupported command: ${given === undefined ? topic : `${topic} ${given}`}`, {
    hints: [...(nearest === undefined ? [] : [`did you mean: ${describeCommand(nearest)}`]), ...ids.map(describeCommand).filter((line) => line !== describeCommand(nearest ?? ''))],
    data: { word: given ?? topic, ...(nearest === undefined ? {} : { nearest }) },
  });
}

function describeCommand(id: string): string {
  const bringer = packageOfAbsentCommand(id);
  return `envctl ${id.replaceAll(':', ' ')}${bringer === undefined ? '' : `   (comes with ${bringer})`}`;
}

function unknownOption(token: string, command: RoutedCommand | undefined, tables: RoutingTables): EnvctlError {
  const isOption = token.startsWith('-');
  const name = isOption ? (token.split('=', 1)[0] ?? token) : (splitAssignment(token)?.key ?? token);
  const owners = [...tables.commands.values()].filter(({ entry, flags }) => entry.envctl !== undefined && (isOption ? flags.has(name) : Object.hasOwn(entry.envctl.assignments ?? {}, name))).map(({ entry }) => entry.id);
  const bringer = owners.length > 0 ? undefined : (packageOfAbsentOption(name) ?? (token.startsWith('--') ? packageOfAbsentCommand(name) : undefined));
  if (bringer !== undefined) return packageOfAbsentOption(name) === undefined ? absentCommand(name.slice(2), bringer) : absentOption(token, name, bringer);
  if (modeKeys.includes(name)) return invalidValue(token, token.slice(token.indexOf('=') + 1), ['true', 'false'], `${name}=`);
  const mend = owners.length > 0 ? undefined : mendOfRetiredOption(name);
  const flags = [...(command?.flags ?? tables.anyFlag).keys()];
  const assignments = Object.keys(command?.entry.envctl?.assignments ?? {});
  const candidates = token.startsWith('--') ? [...flags, ...tables.tokens.keys()].filter((one) => one.startsWith('--')) : [...assignments, ...modeKeys];
  const short = flags.filter((one) => /^-[^-]$/.test(one));
  const isShort = isOption && !token.startsWith('--');
  const nearest = mend !== undefined || owners.length > 0 ? undefined : isShort ? nearestOfShort(name, flags) : nearestWord(name, candidates);
  const asAssignment = isOption && !isShort && nearest === undefined && mend === undefined ? nearestWord(name.slice(2).toUpperCase().replaceAll('-', '_'), assignments) : undefined;
  return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_OPTION', `Unknown option: ${token}`, {
    hints: [
      ...(mend === undefined ? [] : [mend]),
      ...(owners.length === 0 ? [] : [`${name} is an option of: ${owners.join(', ')}`]),
      ...(nearest === undefined ? [] : [`did you mean: ${nearest}${isOption ? '' : token.slice(token.indexOf('='))}`]),
      ...(asAssignment === undefined ? [] : [`did you mean: ${asAssignment}=true`]),
      ...(isShort && mend === undefined ? [`short options here: ${[...short, '-h'].join(', ')}`] : []),
      command === undefined ? 'envctl --help' : `envctl ${command.entry.id.replaceAll(':', ' ')} --help`,
    ],
    // Which settings there are is the configuration's to say.
    data: { option: name, ...(nearest === undefined ? {} : { nearest }), ...(isOption || nearest !== undefined || mend !== undefined || owners.length > 0 ? {} : { setting: name }) },
  });
}

/** What `-x` or `-word` most likely meant: the option of that letter or name, else the first that begins with the letter. */
function nearestOfShort(name: string, flags: readonly string[]): string | undefined {
  const bare = (flag: string): string => flag.replace(/^-+/, '');
  const word = bare(name);
  const near = nearestWord(word, flags.map(bare)) ?? (word.length === 1 ? flags.map(bare).find((flag) => flag.startsWith(word.toLowerCase())) : undefined);
  return near === undefined ? undefined : flags.find((flag) => bare(flag) === near);
}

function absentOption(token: string, name: string, bringer: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_OPTION', `Unknown option: ${token} (${name} comes with ${bringer}, which is not installed)`, {
    hints: [`envctl plugins install ${bringer}`],
    data: { option: name, package: bringer },
  });
}

function invalidValue(what: string, value: string, valid: readonly string[], prefix: string): EnvctlError {
  const nearest = nearestWord(value, valid);
  return new EnvctlError('ENVCTL_E_ARGV_INVALID', `Invalid value${what.startsWith('for ') ? ' ' : ': '}${what}`, {
    hints: [...(nearest === undefined ? [] : [`did you mean: ${prefix}${nearest}`]), `one of: ${valid.join(', ')}`],
    data: { value, valid },
  });
}

function absentCommand(word: string, bringer: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_COMMAND', `The command ${word} comes with ${bringer}, which is not installed.`, {
    hints: [`envctl plugins install ${bringer}`],
    data: { word, package: bringer },
  });
}
