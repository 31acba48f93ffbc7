/**
 * The lookup order over every place that may hold the state, and the fall-back over damaged ones. Without
 * a schema library and synchronous, because the fast door pays for every module and turn of the loop.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../contract/index.js';
import { type DamagedCandidate, followPointer, isInside, messageOf, namesIn } from './candidate-files.js';
import { findLegacyState } from './legacy/find-legacy-state.js';
import type { LegacyPlaces } from './legacy/legacy-places.js';
import { migrateRunState } from './migrations.js';
import { isRunId } from './run-id.js';
import { explainStructure, normaliseRunStateDocument, toRunState } from './run-state-document.js';
import type { RunState } from './run-state-schema.js';
import { artifactNames, indexBackupName, indexName, orderPointers, runDirectory } from './state-paths.js';

export interface FoundState {
  readonly state: RunState;
  /** The file it came from. */
  readonly path: string;
}

export interface StateSearch {
  readonly scopeDirectory: string;
  /** States of another scope are refused; absent = not checked. */
  readonly scopeId?: string;
  readonly mode?: Mode;
  /** Only this run, wherever it is. */
  readonly runId?: string;
  /** Where the original may have kept a state: looked at when there is none of ours. */
  readonly legacy?: LegacyPlaces | undefined;
  /** A further check of the normalised document: why it is refused, or `undefined`. */
  readonly explain?: (document: unknown) => string | undefined;
}

export interface StateSearchResult {
  readonly found: FoundState | undefined;
  /** What was passed over on the way to `found`, in the order tried. */
  readonly damaged: readonly DamagedCandidate[];
}

/** The warning about a place that should have held the state; `used` is the file that was taken in its stead, if any. */
export function describePassedOver(candidate: DamagedCandidate, used: string | undefined): string {
  return `Warning: ${candidate.path} was passed over: ${candidate.message.replace(/\s+/g, ' ')}; ${used === undefined ? 'no other state was found' : `shown is ${used}`}.`;
}

/** The first good state in the lookup order: ours, then the original's. Never throws. */
export function findState(search: StateSearch): StateSearchResult {
  const damaged: DamagedCandidate[] = [];
  const tried = new Set<string>();
  for (const candidate of candidatePaths(search, damaged)) {
    if (tried.has(candidate)) continue;
    tried.add(candidate);
    const result = readCandidate(candidate, search);
    if (result === undefined) continue;
    if ('state' in result) return { found: result, damaged };
    damaged.push(result);
  }
  if (search.legacy === undefined || search.runId !== undefined) return { found: undefined, damaged };
  const legacy = findLegacyState(search.legacy, search);
  return { found: legacy.found, damaged: [...damaged, ...legacy.damaged] };
}

function* candidatePaths(search: StateSearch, damaged: DamagedCandidate[]): Generator<string> {
  const { scopeDirectory, mode, runId } = search;
  if (runId !== undefined) {
    if (isRunId(runId)) yield join(runDirectory(scopeDirectory, runId), artifactNames.runState);
    yield join(scopeDirectory, artifactNames.runState);
    return;
  }
  yield join(scopeDirectory, artifactNames.runState);
  for (const name of orderPointers(namesIn(scopeDirectory), mode)) {
    const target = followPointer(scopeDirectory, name);
    if (typeof target === 'string') yield target;
    else damaged.push(target);
  }
  yield* indexedPaths(scopeDirectory);
}

/** States of runs that were latest once and never retired, the last one first. */
function indexedPaths(scopeDirectory: string): readonly string[] {
  const index = [indexName, indexBackupName].map((name) => readIndex(join(scopeDirectory, name))).find((value) => value !== undefined);
  if (index === undefined) return [];
  const retired = new Set(index.retired_run_ids);
  return index.entries
    .filter((entry) => entry.activation_sequence !== null && !entry.failed && !retired.has(entry.run_id) && isRunId(entry.run_id))
    .sort((left, right) => (right.activation_sequence ?? 0) - (left.activation_sequence ?? 0))
    .map((entry) => join(runDirectory(scopeDirectory, entry.run_id), artifactNames.runState));
}

interface IndexSketch {
  readonly retired_run_ids: readonly string[];
  readonly entries: readonly { readonly run_id: string; readonly activation_sequence: number | null; readonly failed: boolean }[];
}

function readIndex(path: string): IndexSketch | undefined {
  try {
    const { retired_run_ids: retired, entries } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (!Array.isArray(retired) || !Array.isArray(entries)) return undefined;
    return { retired_run_ids: retired, entries: entries.filter((entry: unknown) => typeof (entry as { run_id?: unknown } | null)?.run_id === 'string') };
  } catch {
    return undefined;
  }
}

/** `undefined`: there is nothing, or a good state of another mode or run. */
function readCandidate(path: string, search: StateSearch): FoundState | DamagedCandidate | undefined {
  let text: string;
  try {
    if (!isInside(realpathSync(path), realpathSync(search.scopeDirectory))) {
      return { path, message: 'it lies outside the scope directory', reason: 'foreign' };
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { path, message: messageOf(error), reason: 'unreadable' };
  }
  return readDocument(text, path, search);
}

function readDocument(text: string, path: string, search: StateSearch): FoundState | DamagedCandidate | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    return { path, message: text.trim() === '' ? 'the file is empty' : `not JSON: ${messageOf(error)}`, reason: 'damaged' };
  }
  const migrated = migrateRunState(raw);
  if ('problem' in migrated) return { path, message: migrated.problem, reason: migrated.newer ? 'newer' : 'damaged' };
  const document = normaliseRunStateDocument(migrated.document);
  const problem = explainStructure(document) ?? search.explain?.(document);
  if (problem !== undefined) return { path, message: problem, reason: 'damaged' };
  const state = toRunState(document);
  const owner = state.metadata['repo_scope_id'];
  if (search.scopeId !== undefined && owner !== undefined && owner !== search.scopeId) {
    return { path, message: `it belongs to the scope ${typeof owner === 'string' ? owner : JSON.stringify(owner)}`, reason: 'foreign' };
  }
  if (search.mode !== undefined && state.mode !== search.mode) return undefined;
  if (search.runId !== undefined && state.run_id !== search.runId) return undefined;
  // A failed start is history: it never says what runs.
  if (search.runId === undefined && state.metadata['failed'] === true) return undefined;
  return { state, path };
}
