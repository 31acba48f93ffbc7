/**
 * Whether a name (of a variable, a header, a field) says that its value is a secret. Decided by whole
 * words of the name, so that `keyboard`, `monkey`, `author` and `session_id` stay readable.
 *
 * `strong`: hidden wherever it is followed by a value; `weak`: hidden in assignments only, because the
 * word is at home in ordinary sentences too.
 */
export type SecretNameStrength = 'strong' | 'weak' | 'none';

const strongPart = /(?:password|passwd|passphrase|secret|credentials?|apikey|token|pwd)$/;
const strongWords = new Set(['authorization', 'secrets', 'tokens', 'passwords', 'cookie']);
const weakWords = new Set(['auth', 'private', 'session', 'sessionid', 'cookies']);
/** Words before `key` that name no secret. */
const publicKeys = new Set(['primary', 'foreign', 'public', 'sort', 'partition', 'hot', 'config', 'enable', 'cache', 'port', 'arrow']);
/** A name that ends so describes the secret instead of carrying it. */
const describing = new Set(['id', 'ids', 'count', 'counts', 'name', 'names', 'file', 'path', 'dir', 'directory', 'hash', 'length', 'type', 'ttl', 'mode', 'port', 'host', 'enabled', 'enable', 'required', 'policy', 'status', 'version', 'code', 'ms', 'seconds']);

/** Strength of `name`; see {@link SecretNameStrength}. */
export function secretNameStrength(name: string): SecretNameStrength {
  if (name === 'PWD' || name === 'OLDPWD') return 'none';
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (words.length > 1 && describing.has(last)) return 'none';
  if (words.some((word) => strongPart.test(word) || strongWords.has(word))) return 'strong';
  if (words.length > 1 && (last === 'pass' || (last === 'key' && !publicKeys.has(words.at(-2) ?? '')))) return 'strong';
  if (words.some((word) => weakWords.has(word)) && !(words.length === 1 && name === 'session')) return 'weak';
  return words.some((word) => word === 'key' || word === 'keys') && isEnvironmentName(name) ? 'weak' : 'none';
}

/** True for `UPPER_SNAKE` names, which are assignments even in prose. */
export function isEnvironmentName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}
