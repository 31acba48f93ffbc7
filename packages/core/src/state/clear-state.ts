import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mode } from '../contract/index.js';
import { ensureDirectory, errnoOf, type FileToWrite, syncDirectory, toWriteError, writeFileGroups } from '../fs/index.js';
import type { ScopeOnDisk } from './commit-run.js';
import { findState } from './find-state.js';
import { indexFiles, loadIndex, withRetired } from './run-index.js';
import { artifactNames, isPointerName, isPointerOfMode, pointerNamesFor, runDirectory, runsDirectory } from './state-paths.js';
import { projectsOf } from './service-naming.js';

/**
 * Forgets what runs. The runs are retired in the index first, so that a crash in between never lets an
 * older state come back; the state file goes last. With a mode, the other mode's state becomes the latest.
 */
export async function clearState(scope: ScopeOnDisk, options: { readonly mode?: Mode; readonly runs?: boolean }): Promise<void> {
  ensureDirectory(scope.scopeDirectory);
  const other: Mode | undefined = options.mode === undefined ? undefined : options.mode === 'main' ? 'trees' : 'main';
  const survivor = other === undefined ? undefined : findState({ ...scope, mode: other }).found?.state;

  const loaded = await loadIndex(scope.scopeDirectory, scope.scopeId);
  const retired = loaded.index.entries.filter((entry) => options.mode === undefined || entry.mode === options.mode).map((entry) => entry.run_id);
  await writeFileGroups([withSeam(scope, indexFiles(scope.scopeDirectory, loaded, withRetired(loaded.index, retired)))]);

  if (survivor !== undefined) await promote(scope, survivor.run_id, pointerNamesFor(survivor.mode, projectsOf(survivor)));
  const names = await pointerNamesIn(scope.scopeDirectory);
  const gone = survivor === undefined ? names : names.filter((name) => options.mode !== undefined && isPointerOfMode(name, options.mode));
  await removeAll(scope, gone, 'state.clear-pointers');
  if (survivor === undefined) await removeAll(scope, [...latestNames, artifactNames.runState], 'state.clear-latest');
  if (options.runs === true) await removeRuns(scope, new Set(retired), survivor === undefined);
}

const latestNames = Object.values(artifactNames).filter((name) => name !== artifactNames.runState);

/** Names of the pointers in the scope directory. */
export async function pointerNamesIn(scopeDirectory: string): Promise<readonly string[]> {
  const names = await readdir(scopeDirectory).catch(() => [] as string[]);
  return names.filter(isPointerName);
}

/** Makes a run of history the latest again, from its own files. */
async function promote(scope: ScopeOnDisk, runId: string, pointers: readonly string[]): Promise<void> {
  const directory = runDirectory(scope.scopeDirectory, runId);
  const copies = await Promise.all([...latestNames, artifactNames.runState].map(async (name): Promise<readonly FileToWrite[]> => {
    const path = join(scope.scopeDirectory, name);
    const source = join(directory, name);
    if (name === artifactNames.events) return [{ path, source, point: 'state.latest-events.jsonl' }];
    const content = await readFile(source).catch(() => undefined);
    return content === undefined ? [] : [{ path, content, point: `state.latest-${name}` }];
  }));
  const target = `${join(directory, artifactNames.runState)}\n`;
  await writeFileGroups([
    withSeam(scope, copies.flat()),
    withSeam(scope, pointers.map((name) => ({ path: join(scope.scopeDirectory, name), content: target, point: 'state.pointer-promoted' }))),
  ]);
}

async function removeRuns(scope: ScopeOnDisk, retired: ReadonlySet<string>, all: boolean): Promise<void> {
  const runs = runsDirectory(scope.scopeDirectory);
  if (all) {
    await remove(runs);
  } else {
    await Promise.all([...retired].map((runId) => remove(runDirectory(scope.scopeDirectory, runId))));
  }
  const loaded = await loadIndex(scope.scopeDirectory, scope.scopeId);
  const entries = all ? [] : loaded.index.entries.filter((entry) => !retired.has(entry.run_id));
  const next = { ...loaded.index, generation: loaded.index.generation + 1, retired_run_ids: [], entries };
  await writeFileGroups([withSeam(scope, indexFiles(scope.scopeDirectory, loaded, next))]);
}

async function removeAll(scope: ScopeOnDisk, names: readonly string[], point: string): Promise<void> {
  scope.seam(`${point}.before-effect`);
  for (const name of names) {
    await remove(join(scope.scopeDirectory, name));
    scope.seam('state.clear-file.after-effect');
  }
  await syncDirectory(scope.scopeDirectory);
  scope.seam(`${point}.after-effect`);
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw toWriteError(path, error);
  }
}

function withSeam(scope: ScopeOnDisk, files: readonly FileToWrite[]): readonly FileToWrite[] {
  return files.map((file) => ({ ...file, seam: scope.seam }));
}
