import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { type FileToWrite, formatJson, readJsonFile } from '../fs/index.js';
import { findState } from './find-state.js';
import { isRunId } from './run-id.js';
import { indexVersion, type RunIndex, type RunIndexEntry, runIndexSchema } from './run-index-schema.js';
import { artifactNames, indexBackupName, indexName, runDirectory, runsDirectory } from './state-paths.js';
import { projectsOf } from './service-naming.js';
import { unreadableState } from './unreadable-state.js';

export interface LoadedIndex {
  readonly index: RunIndex;
  /** The bytes of the main file when they are good: what the backup becomes on the next write. */
  readonly text: string | undefined;
}

/** An index without runs. */
export function emptyIndex(scopeId: string): RunIndex {
  return { version: indexVersion, generation: 0, runtime_scope_id: scopeId, retired_run_ids: [], entries: [] };
}

/**
 * The index, its backup when it is damaged, else one made anew from the run directories. Throws
 * ENVCTL_E_STATE_UNREADABLE for an index of a newer envctl, which must not be written over.
 */
export async function loadIndex(scopeDirectory: string, scopeId: string): Promise<LoadedIndex> {
  const main = await readIndexFile(join(scopeDirectory, indexName));
  if (main !== undefined) return { index: main, text: formatJson(main) };
  const backup = await readIndexFile(join(scopeDirectory, indexBackupName));
  return { index: backup ?? await rebuildIndex(scopeDirectory, scopeId), text: undefined };
}

/** The files that put `next` on disk: the good old one becomes the backup first. */
export function indexFiles(scopeDirectory: string, loaded: LoadedIndex, next: RunIndex): readonly FileToWrite[] {
  const backup = loaded.text === undefined ? [] : [{ path: join(scopeDirectory, indexBackupName), content: loaded.text, point: 'state.index-backup' }];
  return [...backup, { path: join(scopeDirectory, indexName), content: formatJson(next), point: 'state.index' }];
}

/** The index with `entry` added, or replacing the entry of the same run; `activated` makes it the latest. */
export function withEntry(index: RunIndex, entry: Omit<RunIndexEntry, 'sequence' | 'activation_sequence'>, activated: boolean): RunIndex {
  const generation = index.generation + 1;
  const old = index.entries.find((candidate) => candidate.run_id === entry.run_id);
  const sequence = old?.sequence ?? 1 + Math.max(0, ...index.entries.map((candidate) => candidate.sequence));
  const activation = activated ? generation : old?.activation_sequence ?? null;
  const next = { ...old, ...entry, sequence, activation_sequence: activation } as RunIndexEntry;
  return {
    ...index,
    generation,
    retired_run_ids: activated ? index.retired_run_ids.filter((id) => id !== entry.run_id) : index.retired_run_ids,
    entries: [...index.entries.filter((candidate) => candidate.run_id !== entry.run_id), next],
  };
}

/** The index with these runs retired. */
export function withRetired(index: RunIndex, runIds: readonly string[]): RunIndex {
  return { ...index, generation: index.generation + 1, retired_run_ids: [...new Set([...index.retired_run_ids, ...runIds])].sort() };
}

/** SHA-256, hex. */
export function fingerprint(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

async function readIndexFile(path: string): Promise<RunIndex | undefined> {
  const file = await readJsonFile(path);
  if (!file.ok) return undefined;
  const version = (file.value as { readonly version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > indexVersion) throw unreadableState([{ path, reason: 'newer', message: `version ${version}, known is ${indexVersion}` }]);
  const parsed = runIndexSchema.safeParse(file.value);
  return parsed.success ? (parsed.data) : undefined;
}

/** Without an index nothing says which run was the latest: the runs are history until one is committed again. */
async function rebuildIndex(scopeDirectory: string, scopeId: string): Promise<RunIndex> {
  const names = await readdir(runsDirectory(scopeDirectory)).catch(() => [] as string[]);
  let index = emptyIndex(scopeId);
  for (const runId of names.filter(isRunId).sort()) {
    const { found } = findState({ scopeDirectory, runId });
    if (found === undefined) continue;
    index = withEntry(index, {
      run_id: runId,
      state_path: join(runDirectory(scopeDirectory, runId), artifactNames.runState),
      mode: found.state.mode,
      project_names: projectsOf(found.state),
      state_fingerprint: '',
      runtime_map_fingerprint: '',
      runtime_scope_id: scopeId,
      failed: found.state.metadata['failed'] === true,
    }, false);
  }
  return index;
}
