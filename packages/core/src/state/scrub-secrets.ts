const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;
const shortestSecret = 6;

/**
 * `value` with every known secret and every password in a URL replaced by `***`, in strings at any depth.
 * The last guard in front of the disk; secrets have no business in a state to begin with.
 */
export function scrubSecrets<T>(value: T, secrets: Iterable<string> = []): T {
  const known = [...secrets].filter((secret) => secret.length >= shortestSecret).sort((left, right) => right.length - left.length);
  return scrub(value, known) as T;
}

function scrub(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') {
    const text = secrets.reduce((result, secret) => result.split(secret).join('***'), value);
    return text.replace(urlPassword, '$1***@');
  }
  if (Array.isArray(value)) return value.map((item) => scrub(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrub(item, secrets)]));
}
