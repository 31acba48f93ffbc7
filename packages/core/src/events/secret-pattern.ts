/**
 * A pattern that finds known secret values in text, in every dress they usually travel in: plain,
 * percent-encoded (any choice of characters, any case, repeatedly), escaped for JSON or a shell, as HTML
 * entities, in base64 at any alignment, in hex.
 */

/** Shorter values, ordinary words and short numbers are hidden where they stand as credentials only: else every port and word would go. */
const minimumLength = 6;
/** From here on a value is looked for inside longer words too. */
const looseLength = 8;
const ordinary = new Set(['postgres', 'postgresql', 'password', 'passwd', 'redis', 'default', 'secret', 'changeme', 'localhost', 'example', 'development', 'supabase', 'n8nuser', 'backend', 'frontend']);

const namedEntities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const shortEscapes: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** True when nothing in the text can be an escape of something else: secrets can stand there plain, in hex and in base64 only. */
export function isBare(text: string): boolean {
  return !/[%\\&'"+]/.test(text);
}

/**
 * The pattern of all `secrets`; undefined when none of them is worth looking for. `bare` finds in a bare text what
 * `dressed` finds, and is made in a fraction of the time.
 */
export function createSecretPattern(secrets: Iterable<string>, dress: 'bare' | 'dressed' = 'dressed'): RegExp | undefined {
  const values = [...new Set([...secrets].flatMap((secret) => [secret, ...secret.split(/\r?\n/)]))].filter(isSearchable);
  if (values.length === 0) return undefined;
  const sources = values.sort((a, b) => b.length - a.length).flatMap((value) => sourcesOf(value, dress === 'bare' ? bareSource : characterSource));
  return new RegExp(sources.join('|'), 'gu');
}

function isSearchable(value: string): boolean {
  if (value.length < minimumLength || value.trim() === '') return false;
  return !ordinary.has(value.toLowerCase()) && !/^\d{1,7}$/.test(value);
}

function sourcesOf(value: string, toSource: (character: string) => string): string[] {
  const dressed = [...value].map(toSource).join('');
  if (value.length < looseLength) return [`(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))(?:${dressed})(?![A-Za-z0-9])`];
  const bytes = Buffer.from(value, 'utf8');
  return [dressed, caseless(bytes.toString('hex')), ...base64Sources(bytes)];
}

function bareSource(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function characterSource(character: string): string {
  const hex = [...Buffer.from(character, 'utf8')].map((byte) => byte.toString(16).padStart(2, '0'));
  const percent = hex.map((pair) => `%(?:25)*${caseless(pair)}`).join('');
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index).toString(16).padStart(4, '0'));
  const unicode = units.map((unit) => `\\\\{1,16}u${caseless(unit)}`).join('');
  const code = character.codePointAt(0) ?? 0;
  const sources = [plainSource(character), percent, unicode, `&#(?:0*${code}|[xX]0*${caseless(code.toString(16))});`];
  const named = namedEntities[character];
  if (named !== undefined) sources.push(`&${named};`);
  const short = shortEscapes[character];
  if (short !== undefined) sources.push(`\\\\{1,16}${short}`);
  if (character === ' ') sources.push('\\+');
  return `(?:${sources.join('|')})`;
}

/** Letters and digits stand bare; anything else may have been escaped with backslashes (bounded, so that a long run of them stays cheap) (and `'` by a shell as `'\''`). */
function plainSource(character: string): string {
  if (/[\p{L}\p{N}]/u.test(character)) return character;
  if (character === '\\') return '\\\\{1,16}';
  if (character === "'") return "(?:'\\\\{1,16}''|'\"'\"'|\\\\{0,16}')";
  return `\\\\{0,16}${character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`;
}

function caseless(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** What stays the same of a value's base64 whatever stands before and after it. */
function base64Sources(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
    const rest = (offset + bytes.length) % 3;
    const core = text.slice(offset === 0 ? 0 : offset + 1, rest === 0 ? undefined : -1);
    return core.length < 8 ? [] : [core.replace(/[+-]/g, '[+-]').replace(/[/_]/g, '[/_]')];
  });
}
