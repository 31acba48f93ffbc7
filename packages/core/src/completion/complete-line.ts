/*
 * What may stand at the end of an unfinished line. Pure: words and tables in, candidates out; what only the machine knows (names of
 * projects and services, config keys) is asked of `names` when it is needed. It reads a line as loosely as people write one and never throws for it.
 */
import { modeOfToken, type CommandEntry, type ResolvedFlag, type RoutedCommand, type RoutingTables } from '../routing/index.js';

export interface Candidate {
  /** The whole word that would stand there. */
  readonly value: string;
  readonly description?: string | undefined;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell adds: file names beside the candidates, no blank behind them. */
  readonly hints: readonly ('files' | 'nospace')[];
}

/** What the words before the last one say about where to look. */
export interface LineFacts {
  readonly repo: string | undefined;
  readonly mode: 'main' | 'trees' | undefined;
}

/** Names that only this machine knows; each is asked for at most once. */
export interface LiveNames {
  readonly projects: (facts: LineFacts) => readonly string[];
  /** Full names and types: `Main Backend`, `backend`. */
  readonly services: (facts: LineFacts) => readonly string[];
  readonly configKeys: () => readonly { readonly key: string; readonly description: string; readonly values: readonly string[] }[];
}

export interface CompletionInputs {
  /** Words after the program's name; the last one is unfinished and may be empty. */
  readonly words: readonly string[];
  readonly tables: RoutingTables;
  readonly names: LiveNames;
  readonly shells: readonly string[];
  /** Every plugin, and whether it was installed or linked by the user. */
  readonly plugins: readonly { readonly name: string; readonly isOwn: boolean }[];
}

const nothing: Completion = { candidates: [], hints: [] };
/** Options that take the path of a file or a directory. */
const pathOptions: readonly string[] = ['repo', 'shell-file'];

export function completeLine(inputs: CompletionInputs): Completion {
  const current = inputs.words.at(-1) ?? '';
  const line = readLine(inputs.words.slice(0, -1), inputs.tables);
  return narrow(candidatesFor(inputs, line, current), current);
}

interface ReadLine {
  readonly command: RoutedCommand | undefined;
  /** Bare words before a command is recognised, or of a topic. */
  readonly topic: readonly string[];
  /** Bare words behind the command. */
  readonly words: readonly string[];
  readonly facts: LineFacts;
  /** Long names of the flags that are there already. */
  readonly used: ReadonlySet<string>;
  /** The option whose value comes next. */
  readonly open: { readonly name: string; readonly flag: ResolvedFlag | undefined } | undefined;
  /** True when a word before is none that anybody knows. */
  readonly isLost: boolean;
  /** True behind `--`. */
  readonly isProtected: boolean;
}

function readLine(words: readonly string[], tables: RoutingTables): ReadLine {
  let command: RoutedCommand | undefined;
  let topic: string[] = [];
  let open: ReadLine['open'];
  let repo: string | undefined;
  let mode: LineFacts['mode'];
  let isProtected = false;
  let isLost = false;
  const used = new Set<string>();
  let behind: readonly string[] = [];
  for (const word of words) {
    if (isProtected) continue;
    if (open !== undefined) {
      if (open.name === '--repo') repo = word;
      else if (open.name === '--command' || open.name === '--action') command = tables.commands.get(tables.words.get(word) ?? '') ?? command;
      open = undefined;
      continue;
    }
    if (word === '--') {
      isProtected = true;
      continue;
    }
    mode = modeOfToken(word) ?? mode;
    if (!word.startsWith('-')) {
      if (word.includes('=')) continue;
      const id = tables.words.get([...topic, word].join(':'));
      if (command !== undefined) behind = [...behind, word];
      const hasMore = [...tables.commands.keys()].some((one) => one.startsWith(`${[...topic, word].join(':')}:`));
      if (command === undefined || topic.length > 0) {
        command = tables.commands.get(id ?? '') ?? command;
        isLost ||= command === undefined && !hasMore;
        topic = hasMore ? [...topic, word] : [];
      }
      continue;
    }
    const [spelling = word, value] = splitOption(word);
    const flag = (command?.flags ?? tables.anyFlag).get(spelling);
    if (flag !== undefined) used.add(flag.name);
    else if (value === undefined && tables.tokens.has(spelling)) command = tables.commands.get(tables.tokens.get(spelling) ?? '') ?? command;
    const takesValue = flag?.type === 'option' || ['--command', '--action', '--repo'].includes(spelling);
    if (spelling === '--repo' && value !== undefined) repo = value;
    if (takesValue && value === undefined) open = { name: spelling, flag };
  }
  return { command, topic, words: behind, facts: { repo, mode }, used, open, isLost, isProtected };
}

function candidatesFor(inputs: CompletionInputs, line: ReadLine, current: string): Completion {
  const { tables, names } = inputs;
  if (line.isLost) return nothing;
  if (line.open !== undefined) return valuesOf(inputs, line, line.open.name, line.open.flag, current, '');
  if (line.isProtected) return line.command === undefined ? nothing : { candidates: targetsOf(line.command.entry, names, line.facts), hints: [] };
  if (current.startsWith('-')) {
    const [spelling = current, value] = splitOption(current);
    if (value !== undefined) return valuesOf(inputs, line, spelling, (line.command?.flags ?? tables.anyFlag).get(spelling), value, `${spelling}=`);
    return { candidates: optionsOf(line, tables), hints: [] };
  }
  const subCommands = line.topic.length === 0 ? [] : commandsBelow(line.topic, tables);
  const entry = line.command?.entry;
  if (entry === undefined) return { candidates: [...(line.topic.length === 0 ? commandWords(tables) : subCommands)], hints: [] };
  if (entry.id === 'help') return { candidates: line.words.length === 0 ? commandWords(tables) : commandsBelow(line.words, tables), hints: [] };
  if (entry.id === 'plugins:inspect' || entry.id === 'plugins:uninstall') return { candidates: pluginNames(inputs, line, entry.id === 'plugins:uninstall'), hints: [] };
  if (entry.id === 'completion') return { candidates: inputs.shells.map((value) => ({ value })), hints: [] };
  return { candidates: [...subCommands, ...targetsOf(entry, names, line.facts)], hints: [] };
}

/** One that is named already is not offered again. */
function pluginNames({ plugins }: CompletionInputs, { words }: ReadLine, onlyOwn: boolean): readonly Candidate[] {
  return plugins.filter(({ name, isOwn }) => (isOwn || !onlyOwn) && !words.includes(name)).map(({ name }) => ({ value: name }));
}

/** `prefix` is what of the word stands before the value: `--project=`. */
function valuesOf({ tables, names }: CompletionInputs, line: ReadLine, spelling: string, flag: ResolvedFlag | undefined, value: string, prefix: string): Completion {
  const whole = (candidates: readonly Candidate[]): readonly Candidate[] => candidates.map((candidate) => ({ ...candidate, value: `${prefix}${candidate.value}` }));
  if (spelling === '--command' || spelling === '--action') return { candidates: whole(commandWords(tables)), hints: [] };
  const name = flag?.name ?? spelling.replace(/^-+/, '');
  if (pathOptions.includes(name)) return { candidates: [], hints: ['files'] };
  if (flag === undefined || flag.type === 'boolean') return flag === undefined ? nothing : { candidates: whole([{ value: 'true' }, { value: 'false' }]), hints: [] };
  if (flag.options !== undefined) return { candidates: whole(flag.options.map((option) => ({ value: option }))), hints: [] };
  if (name === 'set') return setting(names, value, prefix);
  const known = name === 'project' ? names.projects(line.facts) : name === 'service' ? names.services(line.facts) : [];
  // `a,b`: what stands before the last comma is kept.
  const head = flag.delimiter === undefined || !value.includes(flag.delimiter) ? '' : value.slice(0, value.lastIndexOf(flag.delimiter) + 1);
  const given = head.split(',');
  return { candidates: whole(known.filter((one) => !given.includes(one)).map((one) => ({ value: `${head}${one}` }))), hints: [] };
}

function setting(names: LiveNames, value: string, prefix: string): Completion {
  const equals = value.indexOf('=');
  const keys = names.configKeys();
  if (equals === -1) return { candidates: keys.map(({ key, description }) => ({ value: `${prefix}${key}=`, description })), hints: ['nospace'] };
  const key = keys.find((one) => one.key === value.slice(0, equals));
  return { candidates: (key?.values ?? []).map((one) => ({ value: `${prefix}${value.slice(0, equals + 1)}${one}` })), hints: [] };
}

function optionsOf({ command, used }: ReadLine, tables: RoutingTables): readonly Candidate[] {
  // A line without a command is a start.
  const { flags } = command ?? tables.commands.get('start') ?? { flags: tables.anyFlag };
  const own = [...flags].filter(([spelling, flag]) => spelling === `--${flag.name}` || spelling === `--no-${flag.name}`);
  const free = own.filter(([, flag]) => flag.hidden !== true && (flag.multiple === true || !used.has(flag.name)));
  const tokens = command === undefined ? [...tables.tokens].filter(([token, id]) => token === `--${id}` && tables.commands.get(id)?.entry.hidden !== true) : [];
  return [
    ...free.map(([value, flag]) => ({ value, description: flag.summary })),
    { value: '--help', description: 'Show help.' },
    ...tokens.map(([value, id]) => ({ value, description: tables.commands.get(id)?.entry.summary })),
  ];
}

/** The first word of every command; the aliases of one letter and the second names stay unsaid. */
function commandWords(tables: RoutingTables): readonly Candidate[] {
  const entries = [...tables.commands.values()].map(({ entry }) => entry).filter((entry) => entry.hidden !== true);
  const plain = entries.filter(({ id }) => !id.includes(':')).map(({ id, summary }) => ({ value: id, description: summary }));
  const topics = [...new Set(entries.flatMap(({ id }) => (id.includes(':') ? [id.split(':')[0] ?? id] : [])))];
  const spare = entries.flatMap(({ envctl, summary, id }) => (envctl?.spareAliases ?? []).filter((word) => tables.words.get(word) === id).map((value) => ({ value, description: summary })));
  return [...plain, ...topics.filter((topic) => !plain.some(({ value }) => value === topic)).map((value) => ({ value })), ...spare];
}

function commandsBelow(topic: readonly string[], tables: RoutingTables): readonly Candidate[] {
  const head = `${topic.join(':')}:`;
  const below = [...tables.commands.values()].map(({ entry }) => entry).filter(({ id, hidden }) => hidden !== true && id.startsWith(head));
  const words = new Map(below.map(({ id, summary }) => [id.slice(head.length).split(':')[0] ?? id, summary]));
  return [...words].map(([value, description]) => ({ value, description }));
}

/** Bare words of a command that narrows its work to projects and services, and its `KEY=` words. */
function targetsOf(entry: CommandEntry, names: LiveNames, facts: LineFacts): readonly Candidate[] {
  const takesWords = entry.strict === false && entry.envctl !== undefined;
  const projects = takesWords && Object.hasOwn(entry.flags, 'project') ? names.projects(facts) : [];
  const services = takesWords && Object.hasOwn(entry.flags, 'service') ? names.services(facts) : [];
  return [
    ...projects.map((value) => ({ value, description: 'project' })),
    ...services.map((value) => ({ value, description: 'service' })),
  ];
}

/** Sorted, each once, and such as begin with what is there; ignoring case when none does otherwise. */
function narrow({ candidates, hints }: Completion, current: string): Completion {
  const sorted = [...new Map(candidates.map((candidate) => [candidate.value, candidate])).values()].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const exact = sorted.filter(({ value }) => value.startsWith(current));
  return { hints, candidates: exact.length > 0 ? exact : sorted.filter(({ value }) => value.toLowerCase().startsWith(current.toLowerCase())) };
}

function splitOption(word: string): readonly [string, string?] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}
