import { isEnvironmentName, secretNameStrength } from './secret-names.js';

/** What stands in the place of a secret. */
export const redacted = '<redacted>';

/**
 * Text without the credentials that its own structure gives away: the user part of URLs and the values
 * of secret names in `KEY=value`, `KEY: value`, `"key": "value"`, `--flag value` and query strings.
 * Scrubbing twice changes nothing.
 */
export function scrubText(text: string): string {
  return scrubFlags(scrubAssignments(scrubUrls(text)));
}

// Lengths are bounded so that a hostile line costs linear time.
const userPart = /\b([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/?#"'<>`]{0,1024}@/gi;
/** A password with unencoded `/`, `?` or `#` in it: everything up to the last `@`, unless a port follows the colon. */
const wildUserPart = /\b([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/?#"'<>`@:[]{0,256}:(?!\d{1,5}(?:[/?#]|$))[^\s"'<>`]{0,1024}@/gi;

const passwordPart = /\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/?#"'<>`@]{0,256}:[^\s/?#"'<>`]{1,1024}@/i;

/** True when a URL anywhere in `text` carries a password; the name of a user alone is none. */
export function hasUrlPassword(text: string): boolean {
  return text.includes('://') && (passwordPart.test(text) || text.search(wildUserPart) !== -1);
}

/** The passwords of the URLs in `text`, as they stand there and decoded: people hand out both. Where an `@` follows, up to the first and to the last. */
export function urlPasswords(text: string): readonly string[] {
  const found = [...text.matchAll(urlPassword)].flatMap(([, password = '']) => [password, password.split('@', 1)[0]!]);
  return [...new Set(found.flatMap((password) => [password, decoded(password)]))].filter((password) => password !== '');
}

const urlPassword = /\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/?#"'<>`@:]{0,256}:([^\s"'<>`]{1,1024})@/gi;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function scrubUrls(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(wildUserPart, hideUserPart).replace(userPart, hideUserPart);
}

/** Not the example of a hint, `redis://:password@host:port/0`: no URL has a port of that name. */
function hideUserPart(whole: string, scheme: string, at: number, text: string): string {
  const isExample = /^(?:user)?:password@$/.test(whole.slice(scheme.length)) && text.startsWith('host:port/', at + whole.length);
  return isExample ? whole : `${scheme}${redacted}@`;
}

const assignment = /(?<![A-Za-z0-9_])([A-Za-z_][\w.-]{0,127})(\\*["']?)(\s*[=:]\s*)/g;

/** What help and hints write where a value belongs. */
const placeholder = /^(?:VALUE|<value>)$/;

function scrubAssignments(text: string): string {
  let result = '';
  let done = 0;
  for (const match of text.matchAll(assignment)) {
    const [whole, name = '', quote = '', sign = ''] = match;
    if (match.index < done || !isAssignment(text, match.index, name, quote, sign)) continue;
    const start = match.index + whole.length;
    const end = valueEnd(text, start, match.index, sign, name);
    if (end <= start || placeholder.test(text.slice(start, end))) continue;
    const opening = /^\\*["'`]/.exec(text.slice(start, end))?.[0] ?? '';
    const closing = opening !== '' && text.slice(start + opening.length, end).endsWith(opening) ? opening : '';
    result += `${text.slice(done, start)}${opening}${redacted}${closing}`;
    done = end;
  }
  return result + text.slice(done);
}

function isAssignment(text: string, index: number, name: string, quote: string, sign: string): boolean {
  const strength = secretNameStrength(name);
  if (sign.includes('=')) return strength !== 'none' || (name === 'pass' && text[index - 1] === '-') || (name.toLowerCase() === 'key' && /[?&]/.test(text[index - 1] ?? ''));
  if (strength === 'none' || text.startsWith('//', index + name.length + quote.length + sign.length)) return false;
  if (quote !== '' || isEnvironmentName(name)) return true;
  return strength === 'strong' && sign.length > 1;
}

/** Index after the value that starts at `start`. */
function valueEnd(text: string, start: number, nameStart: number, sign: string, name: string): number {
  const opening = openingQuote(text.slice(start));
  if (opening !== undefined) return closingEnd(text, start, opening);
  const before = text[nameStart - 1] ?? '';
  if (sign.includes('=')) {
    if (before === '"' || before === "'") return innerEnd(text, start, before);
    if (before === '?' || before === '&') return endOf(text, start, /[\s&#"'<>]/);
    return endOf(text, start, /(?<!\\)\s|["']/);
  }
  return /authorization|cookie/i.test(name) ? endOf(text, start, /[\r\n"']/) : endOf(text, start, /[\r\n"'}]|, /);
}

/** A quote, with the backslashes before it; `'\''` and `'"'"'` are one quote inside others. */
function openingQuote(text: string): string | undefined {
  return /^(?:'\\{1,16}''|'"'"'|\\*["'`])/.exec(text)?.[0];
}

/** After the quote that closes what `opening` opened at `start`; at the end of the text when there is none. */
function closingEnd(text: string, start: number, opening: string): number {
  const from = start + opening.length;
  if (!/^'.+'$/.test(opening)) return quotedEnd(text, from, opening.slice(0, -1), opening.slice(-1));
  const found = text.indexOf(opening, from);
  return found === -1 ? text.length : found + opening.length;
}

/** Before the closing quote of `"KEY=value"`. */
function innerEnd(text: string, start: number, quote: string): number {
  const end = quotedEnd(text, start, '', quote);
  return text[end - 1] === quote && end > start ? end - 1 : end;
}

/** After the closing quote, or before the one that ends an outer string; at the end of the text when there is neither. */
function quotedEnd(text: string, from: number, backslashes: string, quote: string): number {
  const candidates = new RegExp(`(?<!\\\\)(\\\\*)${quote}`, 'g');
  candidates.lastIndex = from;
  for (let match = candidates.exec(text); match !== null; match = candidates.exec(text)) {
    const depth = match[1]?.length ?? 0;
    if (depth === backslashes.length || (backslashes === '' && depth % 2 === 0)) return match.index + match[0].length;
    if (depth < backslashes.length) return match.index;
  }
  return text.length;
}

function endOf(text: string, start: number, stop: RegExp): number {
  const found = text.slice(start).search(stop);
  return found === -1 ? text.length : start + found;
}

const flag = /(?<![\w-])(--?[A-Za-z][\w-]*)\s+(?!-)/g;

/** A flag inside the quotes of another word, as in `sh -c '…'`, is looked at for itself. */
function scrubFlags(text: string): string {
  if (!text.includes('-')) return text;
  let result = '';
  let done = 0;
  for (const match of text.matchAll(flag)) {
    const secret = secretAfter(match[1] ?? '');
    if (secret === undefined || match.index < done) continue;
    const start = match.index + match[0].length;
    const end = wordEnd(text, start);
    if (end === start || !secret.test(text.slice(start, end))) continue;
    result += `${text.slice(done, start)}${redacted}`;
    done = end;
  }
  return result + text.slice(done);
}

/** Index after the word that starts at `start`, which ends at the quote that an outer word opened. */
function wordEnd(text: string, start: number): number {
  const opening = openingQuote(text.slice(start));
  return endOf(text, opening === undefined ? start : closingEnd(text, start, opening), /[\s"']/);
}

/** True when `word` is the secret of the flag before it: of `--password`, `--auth-token` any word is, of `--pass` and `--auth` what is no flag, of `-u` a user with a password. */
export function isSecretAfter(flagName: string, word: string): boolean {
  return secretAfter(flagName)?.test(word) === true;
}

/** What the word after a flag looks like when it is a secret. */
function secretAfter(word: string): RegExp | undefined {
  if (!/^--?[A-Za-z][\w-]*$/.test(word)) return undefined;
  if (secretNameStrength(word.replace(/^-+/, '')) === 'strong') return anyWord;
  if (/^--?(?:pass|auth)$/.test(word)) return noFlag;
  return /^(?:-u|--user)$/.test(word) ? userWithPassword : undefined;
}

const anyWord = /^/;
const noFlag = /^[^-]/;
/** Not a URL, nor the numbers of a user and a group, nor what has been looked at before. */
const userWithPassword = /^(?!["']?\d+:\d+["']?$)(?![^]*<redacted>)[^:]*:(?!\/\/)[^"'\\]/;
