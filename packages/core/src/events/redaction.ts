import type { FieldRule } from '../contract/index.js';
import { secretNameStrength } from './secret-names.js';
import { createSecretPattern, isBare } from './secret-pattern.js';
import { isSecretAfter, redacted, scrubText, urlPasswords } from './text-scrub.js';

export interface RedactorOptions {
  /** Values known to be secret now; asked at every use, so that a password made during a start counts at once. */
  readonly secrets?: () => Iterable<string>;
  /** Home directory; shown as `~`. */
  readonly home: string;
}

/** Takes secrets out of what leaves the process. Never throws. */
export interface Redactor {
  text(text: string): string;
  /** Any value as plain JSON data, scrubbed at every depth, property names included. */
  value(value: unknown): unknown;
  /** A field by its declared rule. `hash` and `secret` fields give undefined: the recorder writes digests itself. */
  field(rule: FieldRule, value: unknown): unknown;
}

const deepest = 12;

/** Makes a redactor. The pattern of known secrets is rebuilt when their set changes. */
export function createRedactor(options: RedactorOptions): Redactor {
  let key = '';
  let patterns: { bare?: RegExp | undefined; dressed?: RegExp | undefined } = {};
  const known = (text: string): string => {
    const secrets = [...(options.secrets?.() ?? [])];
    const nextKey = secrets.join('\0');
    if (nextKey !== key) {
      key = nextKey;
      patterns = {};
    }
    const dress = isBare(text) ? 'bare' : 'dressed';
    if (!(dress in patterns)) patterns[dress] = createSecretPattern([...secrets, ...secrets.flatMap(urlPasswords)], dress);
    const pattern = patterns[dress];
    return pattern === undefined ? text : text.replace(pattern, redacted);
  };
  const text = (raw: string): string => scrubText(known(raw));
  const path = (raw: string): string => abbreviateHome(text(raw), options.home);

  return {
    text,
    value: (value) => walk(value, text),
    field: (rule, value) => {
      switch (rule) {
        case 'plain':
          return typeof value === 'string' ? known(value) : walk(value, text);
        case 'text':
          return walk(value, text);
        case 'path':
          return walk(value, path);
        case 'hash':
        case 'secret':
          return undefined;
      }
    },
  };
}

/** JSON data with every string passed through `scrub`. */
function walk(root: unknown, scrub: (text: string) => string): unknown {
  const open = new Set<object>();

  const visit = (value: unknown, depth: number): unknown => {
    switch (typeof value) {
      case 'string':
        return scrub(value);
      case 'bigint':
        return scrub(value.toString());
      case 'symbol':
      case 'function':
        return undefined;
      case 'object':
        return value === null ? null : guarded(value, depth);
      default:
        return value;
    }
  };

  const guarded = (value: object, depth: number): unknown => {
    if (depth >= deepest) return '[too deep]';
    if (open.has(value)) return '[circular]';
    open.add(value);
    try {
      return visitObject(value, depth + 1);
    } catch {
      return '[unreadable]';
    } finally {
      open.delete(value);
    }
  };

  const visitObject = (value: object, depth: number): unknown => {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[binary ${value.byteLength} bytes]`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof URL || value instanceof RegExp) return scrub(String(value));
    if (value instanceof Error) return visitEntries([['name', value.name], ['message', value.message], ['cause', value.cause], ...Object.entries(value)], depth);
    if (value instanceof Map) return visitEntries([...value].map(([name, item]) => [String(name), item]), depth);
    if (value instanceof Set) return visitList([...value], depth);
    if (Array.isArray(value)) return visitList(value, depth);
    return visitEntries(Object.entries(value), depth);
  };

  /** An argument vector keeps the word after `--password` from view. */
  const visitList = (items: readonly unknown[], depth: number): unknown[] =>
    items.map((item, position) => {
      const before = items[position - 1];
      return typeof item === 'string' && typeof before === 'string' && isSecretAfter(before, item) ? redacted : visit(item, depth);
    });

  const visitEntries = (entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> => {
    const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, item] of entries) {
      const shown = hides(name, item) ? redacted : visit(item, depth);
      if (shown !== undefined) result[scrub(name)] = shown;
    }
    return { ...result };
  };

  return visit(root, 0);
}

/** Numbers and flags beside a secret name (`token_count`, `auth: true`) tell nothing; everything else is hidden. */
function hides(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return false;
  const strength = secretNameStrength(name);
  return strength === 'strong' || (strength === 'weak' && typeof value === 'string');
}

function abbreviateHome(text: string, home: string): string {
  if (home.length < 2) return text;
  const source = home.replace(/\/+$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.~/-])${source}(?=$|[/\\s:;,"')\\]])`, 'g'), '~');
}
