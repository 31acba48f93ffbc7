/** JSON as all envctl files and documents have it: indent 2, keys sorted at every depth, a newline at the end. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), undefined, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null || typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  // defineProperty semantics: a key named __proto__ stays a key.
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
