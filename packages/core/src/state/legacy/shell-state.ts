/**
 * `run_state.state`, the format of the shell engine (contracts, section 3.4): assignments and arrays as `declare` prints
 * them. The text is read word by word and never executed; what is not recognised is passed over.
 */
import { serviceDefaults } from '../run-state-document.js';
import { splitShellLiterals, type ShellLiteral } from './shell-literals.js';

type Fields = Readonly<Record<string, unknown>>;
type Draft = { type?: string; cwd?: string; pid?: string; requested_port?: string; actual_port?: string; log_path?: string; status?: string };

interface ShellAssignments {
  readonly scalars: ReadonlyMap<string, string>;
  readonly arrays: ReadonlyMap<string, readonly string[]>;
}

/** A run state document from shell text, or why it is none. `stem` names the run when the text does not. */
export function parseShellState(text: string, stem: string): { readonly document: Fields } | { readonly problem: string } {
  if (text.includes('\0')) return { problem: 'not text' };
  const { scalars, arrays } = readAssignments(splitShellLiterals(text));
  const drafts = collectServices(scalars, arrays);
  if (drafts.size === 0 && !['RUN_ID', 'SESSION_ID', 'TIMESTAMP'].some((name) => scalars.has(name))) {
    return { problem: 'it names neither a run nor a service' };
  }
  const logs = scalars.get('RUN_LOGS_DIR');
  return {
    document: {
      schema_version: 1,
      run_id: [scalars.get('RUN_ID'), scalars.get('SESSION_ID'), scalars.get('TIMESTAMP'), stem].find((name) => name !== undefined && name !== ''),
      mode: isTrue(scalars.get('TREES_MODE')) ? 'trees' : 'main',
      services: Object.fromEntries([...drafts].map(([name, draft]) => [name, toService(name, draft)])),
      requirements: {},
      pointers: logs === undefined || logs === '' ? {} : { legacy_logs_dir: logs },
      metadata: {},
    },
  };
}

function readAssignments(words: readonly ShellLiteral[]): ShellAssignments {
  const scalars = new Map<string, string>();
  const arrays = new Map<string, readonly string[]>();
  for (let index = 0; index < words.length; index += 1) {
    const assignment = /^([A-Za-z_][\w.-]*)=([\s\S]*)$/.exec(words[index]?.text ?? '');
    if (assignment === null) continue;
    const [, name = '', value = ''] = assignment;
    if (value !== '' || words[index + 1]?.isParenthesis !== true || words[index + 1]?.text !== '(') {
      scalars.set(name, value);
      continue;
    }
    const close = words.findIndex((word, at) => at > index && word.isParenthesis && word.text === ')');
    const end = close === -1 ? words.length : close;
    arrays.set(name, words.slice(index + 2, end).map((word) => word.text));
    index = end;
  }
  return { scalars, arrays };
}

/** In the order of the services list, then of the maps, then of the flat variables; a later source adds and overrules. */
function collectServices(scalars: ReadonlyMap<string, string>, arrays: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, Draft> {
  const drafts = new Map<string, Draft>();
  const at = (name: string): Draft => {
    const draft = drafts.get(name) ?? {};
    drafts.set(name, draft);
    return draft;
  };
  for (const entry of arrays.get('services') ?? []) {
    const name = withoutIndex(entry).split('|')[0] ?? '';
    if (name !== '') at(name);
  }
  for (const [name, value] of keyed(arrays.get('service_info') ?? [])) {
    const [pid = '', port = '', log = '', type = '', cwd = ''] = value.split('|');
    Object.assign(at(name), { pid, requested_port: port, log_path: log, type, cwd } satisfies Draft);
  }
  for (const [name, port] of keyed(arrays.get('actual_ports') ?? [])) at(name).actual_port = port;
  for (const [variable, value] of scalars) {
    const match = /^SERVICE_(.+)_(TYPE|CWD|PID|REQUESTED_PORT|ACTUAL_PORT|STATUS|LOG_PATH)$/.exec(variable);
    if (match === null) continue;
    at((match[1] ?? '').replaceAll('_', ' '))[(match[2] ?? '').toLowerCase() as keyof Draft] = value;
  }
  return drafts;
}

/** `[Main Backend]=value` → name and value; other words are no entries of a map. */
function keyed(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.flatMap((word) => {
    const match = /^\[([^\]]+)\]=([\s\S]*)$/.exec(word);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
  });
}

/** `declare -p` numbers the entries of a list: `[0]=Main Backend|…`. */
function withoutIndex(word: string): string {
  return word.replace(/^\[\d+\]=/, '');
}

function toService(name: string, draft: Draft): Fields {
  const pid = toInteger(draft.pid, 2 ** 31);
  const requested = toInteger(draft.requested_port, 65_535);
  return {
    ...serviceDefaults,
    type: draft.type === undefined || draft.type === '' ? typeOf(name) : draft.type,
    cwd: draft.cwd ?? '',
    pid,
    requested_port: requested,
    actual_port: toInteger(draft.actual_port, 65_535) ?? requested,
    log_path: draft.log_path === undefined || draft.log_path === '' ? null : draft.log_path,
    status: draft.status === undefined || draft.status === '' ? (pid === null ? 'unknown' : 'running') : draft.status,
  };
}

function typeOf(name: string): string {
  if (name.endsWith(' Backend')) return 'backend';
  return name.endsWith(' Frontend') ? 'frontend' : 'unknown';
}

/** A positive whole number up to `max`, else null. */
function toInteger(text: string | undefined, max: number): number | null {
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : 0;
  return value > 0 && value <= max ? value : null;
}

function isTrue(text: string | undefined): boolean {
  return ['1', 'true', 'yes', 'on'].includes((text ?? '').toLowerCase());
}
