const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;

/**
 * `value` with every password in a URL replaced by `***`, in strings at any depth. The last guard in front of
 * the disk: secrets have no business in a state, and what failures say is redacted before it gets here.
 */
export function withoutUrlPasswords<T>(value: T): T {
  return scrub(value) as T;
}

function scrub(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(urlPassword, '$1***@');
  if (Array.isArray(value)) return value.map(scrub);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrub(item)]));
}
