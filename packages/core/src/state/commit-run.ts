import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvctlError, type FaultSeam, type Mode } from '../contract/index.js';
import { ensureDirectory, type FileToWrite, readJsonFile, syncDirectory, writeFileGroups } from '../fs/index.js';
import { type PortsManifest, portsManifestSchema } from './artifact-schema.js';
import { ensureEvents, removeEmptyRun } from './events-file.js';
import { findState } from './find-state.js';
import { emptyState } from './merge-states.js';
import { artifactFiles, emptyManifest, mergeManifests, type RunArtifacts, toRunContents } from './run-files.js';
import { isRunId } from './run-id.js';
import { fingerprint, indexFiles, loadIndex, withEntry } from './run-index.js';
import { normaliseRunStateDocument, toRunState, toRunStateDocument } from './run-state-document.js';
import { explainRunStateDocument, type RunState } from './run-state-schema.js';
import { withoutUrlPasswords } from './without-url-passwords.js';
import { projectsOf } from './service-naming.js';
import { artifactNames, artifactPointers, isPointerOfMode, pointerNamesFor, runDirectory, runsDirectory } from './state-paths.js';
import { pointerNamesIn } from './clear-state.js';
import { unreadableState } from './unreadable-state.js';

/** What the steps of the repository work on; its lock is held. */
export interface ScopeOnDisk {
  readonly scopeDirectory: string;
  readonly scopeId: string;
  readonly now: () => number;
  readonly seam: FaultSeam;
}

export interface RunChange {
  readonly runId: string;
  readonly mode: Mode;
  /** The new state from the latest one of the mode; pure. Run id, mode and pointers are set afterwards. */
  readonly merge: (previous: RunState | undefined) => RunState;
  readonly artifacts?: RunArtifacts;
  /** The run's event log, still growing: it is linked, so that it stays complete. */
  readonly events?: string;
}

export interface RunFailure {
  readonly runId: string;
  readonly mode: Mode;
  /** What the start had reached; empty when absent. */
  readonly state?: RunState;
  /** One line for each thing that went wrong. */
  readonly errors: readonly string[];
  readonly artifacts?: Omit<RunArtifacts, 'errorReport'>;
  readonly events?: string;
}

export interface RunUpdate {
  readonly artifacts?: RunArtifacts;
}

export async function commitRun(scope: ScopeOnDisk, change: RunChange): Promise<RunState> {
  const previous = findState({ ...scope, mode: change.mode, explain: explainRunStateDocument });
  const newer = previous.damaged.filter((item) => item.reason === 'newer');
  if (newer.length > 0) throw unreadableState(newer);

  const state = prepareState(scope, withoutFailure(change.merge(previous.found?.state)), change.runId, change.mode);
  const manifest = await manifestFor(scope, state, change.artifacts?.portsManifest);
  const contents = scrubbedContents(scope, state, { ...change.artifacts, portsManifest: manifest });
  const loadedIndex = await loadIndex(scope.scopeDirectory, scope.scopeId);
  const index = withEntry(loadedIndex.index, entryOf(scope, state, contents), true);
  await writeRun(scope, change, (directory, events) => [
    artifactFiles(directory, contents, events, 'run'),
    artifactFiles(scope.scopeDirectory, contents, events, 'latest'),
    indexFiles(scope.scopeDirectory, loadedIndex, index),
    pointerFiles(scope, state, pointerNamesFor(state.mode, projectsOf(state))),
  ]);
  await removeStalePointers(scope, state);
  return state;
}

export async function recordFailure(scope: ScopeOnDisk, failure: RunFailure): Promise<void> {
  const draft = failure.state ?? emptyState(failure.runId, failure.mode);
  const state = prepareState(scope, { ...draft, metadata: { ...draft.metadata, failed: true } }, failure.runId, failure.mode);
  const errorReport = { run_id: failure.runId, errors: failure.errors, generated_at: new Date(scope.now()).toISOString() };
  const contents = scrubbedContents(scope, state, { ...failure.artifacts, errorReport });
  const loadedIndex = await loadIndex(scope.scopeDirectory, scope.scopeId);
  const index = withEntry(loadedIndex.index, { ...entryOf(scope, state, contents), failed: true }, false);
  await writeRun(scope, failure, (directory, events) => [
    artifactFiles(directory, contents, events, 'failed'),
    artifactFiles(scope.scopeDirectory, { errorReport: contents.errorReport }, undefined, 'latest'),
    indexFiles(scope.scopeDirectory, loadedIndex, index),
  ]);
}

export async function updateRun(scope: ScopeOnDisk, runId: string, change: (state: RunState) => RunState, options: RunUpdate): Promise<RunState> {
  const { found, damaged } = findState({ ...scope, runId, explain: explainRunStateDocument });
  if (found === undefined) {
    throw damaged.length > 0 ? unreadableState(damaged) : new EnvctlError('ENVCTL_E_STATE_NOT_FOUND', `There is no recorded run ${runId}.`, { data: { runId } });
  }
  const { mode } = found.state;
  const state = prepareState(scope, change(found.state), runId, mode);
  const contents = scrubbedContents(scope, state, options.artifacts ?? {});
  // What the update does not bring stays as the run wrote it.
  const { runState, runtimeMap } = contents;
  const changed = {
    runState,
    runtimeMap,
    ...(options.artifacts?.portsManifest === undefined ? {} : { portsManifest: contents.portsManifest }),
    ...(options.artifacts?.errorReport === undefined ? {} : { errorReport: contents.errorReport }),
    ...(options.artifacts?.readiness === undefined ? {} : { readiness: contents.readiness }),
  };
  const isLatest = findState(scope).found?.state.run_id === runId;
  const isLatestOfMode = findState({ ...scope, mode }).found?.state.run_id === runId;
  const directory = await ensureRunDirectory(scope, runId);
  const loadedIndex = await loadIndex(scope.scopeDirectory, scope.scopeId);
  const index = withEntry(loadedIndex.index, entryOf(scope, state, contents), false);
  const names = pointerNamesFor(mode, projectsOf(state)).filter((name) => isLatest || isPointerOfMode(name, mode));
  await write(scope, [
    artifactFiles(directory, changed, undefined, 'run'),
    isLatest ? artifactFiles(scope.scopeDirectory, changed, undefined, 'latest') : [],
    indexFiles(scope.scopeDirectory, loadedIndex, index),
    isLatestOfMode ? pointerFiles(scope, state, names) : [],
  ]);
  if (isLatestOfMode) await removeStalePointers(scope, state);
  return state;
}

/** What is committed is good, whatever it was merged from; a state marked failed is never found as the latest. */
function withoutFailure(state: RunState): RunState {
  const { failed: _failed, ...metadata } = state.metadata;
  return { ...state, metadata };
}

/** The state as a reader will get it back; refuses what a reader would refuse. */
function prepareState(scope: ScopeOnDisk, draft: RunState, runId: string, mode: Mode): RunState {
  if (!isRunId(runId)) throw new EnvctlError('ENVCTL_E_BUG', `"${runId}" cannot name a run.`, { kind: 'bug' });
  const complete: RunState = {
    ...draft,
    schema_version: 1,
    run_id: runId,
    mode,
    pointers: artifactPointers(runDirectory(scope.scopeDirectory, runId)),
    metadata: { ...draft.metadata, repo_scope_id: scope.scopeId },
  };
  const document = normaliseRunStateDocument(JSON.parse(JSON.stringify(toRunStateDocument(withoutUrlPasswords(complete)))) as Record<string, unknown>);
  const problem = explainRunStateDocument(document);
  if (problem !== undefined) throw new EnvctlError('ENVCTL_E_BUG', `The state of ${runId} is not valid: ${problem}.`, { kind: 'bug' });
  return toRunState(document);
}

function scrubbedContents(scope: ScopeOnDisk, state: RunState, artifacts: RunArtifacts): ReturnType<typeof toRunContents> {
  return toRunContents(state, withoutUrlPasswords(artifacts), scope.now());
}

async function manifestFor(scope: ScopeOnDisk, state: RunState, given: PortsManifest | undefined): Promise<PortsManifest> {
  const file = await readJsonFile(join(scope.scopeDirectory, artifactNames.portsManifest));
  const parsed = file.ok ? portsManifestSchema.safeParse(file.value) : undefined;
  const previous = parsed?.success === true && parsed.data.mode === state.mode ? (parsed.data as PortsManifest) : undefined;
  return { ...mergeManifests(previous, given ?? emptyManifest(state.run_id, state.mode), projectsOf(state)), run_id: state.run_id };
}

/** Writes the files of a run that may be new; a failure leaves no empty directory of it behind. */
async function writeRun(
  scope: ScopeOnDisk,
  run: { readonly runId: string; readonly events?: string },
  filesOf: (directory: string, events: string) => readonly (readonly FileToWrite[])[],
): Promise<void> {
  const directory = await ensureRunDirectory(scope, run.runId);
  try {
    await write(scope, filesOf(directory, await ensureEvents(directory, run.events)));
  } catch (error) {
    await removeEmptyRun(directory);
    throw error;
  }
}

async function ensureRunDirectory(scope: ScopeOnDisk, runId: string): Promise<string> {
  const directory = runDirectory(scope.scopeDirectory, runId);
  ensureDirectory(directory);
  await syncDirectory(runsDirectory(scope.scopeDirectory));
  return directory;
}

function entryOf(scope: ScopeOnDisk, state: RunState, contents: { readonly runState: string; readonly runtimeMap: string }) {
  return {
    run_id: state.run_id,
    state_path: join(runDirectory(scope.scopeDirectory, state.run_id), artifactNames.runState),
    mode: state.mode,
    project_names: projectsOf(state),
    state_fingerprint: fingerprint(contents.runState),
    runtime_map_fingerprint: fingerprint(contents.runtimeMap),
    runtime_scope_id: scope.scopeId,
    failed: false,
  };
}

function pointerFiles(scope: ScopeOnDisk, state: RunState, names: readonly string[]): readonly FileToWrite[] {
  const content = `${join(runDirectory(scope.scopeDirectory, state.run_id), artifactNames.runState)}\n`;
  return names.map((name) => ({ path: join(scope.scopeDirectory, name), content, point: `state.pointer-${name.split('.').slice(0, 3).join('.').slice(1)}` }));
}

/** Pointers of the mode for projects that are not in the state any more. */
async function removeStalePointers(scope: ScopeOnDisk, state: RunState): Promise<void> {
  const wanted = new Set(pointerNamesFor(state.mode, projectsOf(state)));
  const names = await pointerNamesIn(scope.scopeDirectory);
  await Promise.all(names
    .filter((name) => isPointerOfMode(name, state.mode) && !wanted.has(name))
    .map((name) => rm(join(scope.scopeDirectory, name), { force: true })));
}

function write(scope: ScopeOnDisk, groups: readonly (readonly FileToWrite[])[]): Promise<void> {
  return writeFileGroups(groups.map((group) => group.map((file) => ({ ...file, seam: scope.seam }))));
}

