/* `envctl help` for people: every command, by family. */
import type { CommandEntry } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';

/** Families of the original and ours, in the order in which they are met. A plugin's family has the title of its manifest. */
const titles: readonly (readonly [family: string, title: string])[] = [
  ['startup', 'Bring up'],
  ['resume', 'Bring up'],
  ['lifecycle_cleanup', 'Stop and remove'],
  ['dashboard', 'Watch'],
  ['state_action', 'Watch'],
  ['action', 'Work'],
  ['direct_inspection', 'Inspect'],
  ['config', 'Configure'],
  ['doctor', 'Diagnose'],
  ['debug', 'Diagnose'],
  ['utility', 'Plugins and tools'],
  ['launcher', 'The launcher'],
];
const otherTitle = 'Plugins and tools';

const examples = ['envctl config --set MAIN_POSTGRES_ENABLE=true', 'envctl', 'envctl logs --logs-follow', 'envctl help stop-all', 'envctl stop-all'];

/** `columns`: width of the terminal; undefined = no limit. */
export function renderCommandList(manifest: DoorManifest, columns: number | undefined): string {
  const shown = manifest.commands.filter((entry, index, all) => entry.hidden !== true && all.findIndex(({ id }) => id === entry.id) === index);
  const titleOf = createTitles(manifest);
  const groups = new Map<string, CommandEntry[]>([...titles.map(([, title]) => title)].map((title) => [title, []]));
  for (const entry of shown) groups.set(titleOf(entry), [...(groups.get(titleOf(entry)) ?? []), entry]);
  const width = Math.max(...shown.map(({ id }) => id.length));
  const sections = [...groups].filter(([, entries]) => entries.length > 0).map(([title, entries]) => [title, ...entries.sort(byId).flatMap((entry) => toRow(entry, width, columns))].join('\n'));
  return [
    'Complete local environments for one repository and many worktrees at once',
    ['Usage', '  envctl [COMMAND] [WORDS] [OPTIONS]', '  envctl help COMMAND'].join('\n'),
    ...sections,
    ['Examples', ...examples.map((line) => `  $ ${line}`)].join('\n'),
    'Without a command: start. Options of every command: --json, --repo PATH, --main, --trees, --headless, --help.',
    '',
  ].join('\n\n').trimEnd() + '\n';
}

/** The title of a command's family; that of a plugin's family comes from its manifest. */
function createTitles(manifest: DoorManifest): (entry: CommandEntry) => string {
  const known = new Map(titles);
  for (const { envctl } of manifest.plugins) {
    const declared = (envctl as { readonly contributes?: { readonly families?: unknown } } | undefined)?.contributes?.families;
    for (const family of Array.isArray(declared) ? (declared as readonly unknown[]) : []) {
      const { id, title } = (family ?? {}) as { readonly id?: unknown; readonly title?: unknown };
      if (typeof id === 'string' && typeof title === 'string' && !known.has(id)) known.set(id, title);
    }
  }
  return ({ envctl }) => (envctl === undefined ? otherTitle : (known.get(envctl.family) ?? otherTitle));
}

function toRow({ id, summary }: CommandEntry, width: number, columns: number | undefined): readonly string[] {
  const indent = width + 4;
  const lines = wrap((summary ?? '').replaceAll('<%= config.bin %>', 'envctl'), columns === undefined ? Infinity : Math.max(columns - indent, 20));
  return lines.map((line, index) => (index === 0 ? `  ${id.replaceAll(':', ' ').padEnd(width)}  ${line}` : `${' '.repeat(indent)}${line}`).trimEnd());
}

function wrap(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function byId(left: CommandEntry, right: CommandEntry): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}
