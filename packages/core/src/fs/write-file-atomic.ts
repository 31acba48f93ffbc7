import { formatJson } from './format-json.js';
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
