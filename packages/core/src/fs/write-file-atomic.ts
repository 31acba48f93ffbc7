import { type WriteOptions, writeFileGroups } from './staged-file.js';

/**
 * Writes a file whole: a reader sees the old content or the new, never a part, whenever the writer dies.
 * Throws ENVCTL_E_STATE_WRITE; the old content is then intact and nothing temporary is left.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  await writeFileGroups([[{ ...options, path, content }]]);
}

/** {@link writeFileAtomic} of {@link formatJson}. */
export async function writeJsonAtomic(path: string, value: unknown, options: WriteOptions = {}): Promise<void> {
  await writeFileAtomic(path, formatJson(value), options);
}

/** JSON as all envctl files have it: indent 2, keys sorted, a newline at the end. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), undefined, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  // defineProperty semantics: a key named __proto__ stays a key.
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
