/**
 * The original's lookup order (contracts, section 4.4) below its runtime directory: the repository's own directory, then
 * the one that all repositories share; in each `run_state.json`, `run_state.state`, then the pointers.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, isAbsolute, join, relative } from 'node:path';
import type { Mode } from '../../contract/index.js';
import { type DamagedCandidate, followPointer, isInside, messageOf, namesIn } from '../candidate-files.js';
import type { RunState } from '../run-state-schema.js';
import { artifactNames, orderPointers } from '../state-paths.js';
import { legacyScopeDirectory, legacySharedDirectory, type LegacyPlaces } from './legacy-places.js';
import { loadLegacyState } from './legacy-state.js';

export interface LegacySearch {
  readonly mode?: Mode;
  readonly explain?: (document: unknown) => string | undefined;
}

interface Found {
  readonly state: RunState;
  readonly path: string;
}

const shellStateName = 'run_state.state';
/** A state is a few kilobytes; a file of this size is none. */
const largestFile = 16 * 1024 * 1024;

/** The first good state of the original, and what was passed over on the way. Never throws, never writes. */
export function findLegacyState(places: LegacyPlaces, search: LegacySearch): { readonly found: Found | undefined; readonly damaged: readonly DamagedCandidate[] } {
  const damaged: DamagedCandidate[] = [];
  const tried = new Set<string>();
  for (const path of candidatePaths(places, search.mode, damaged)) {
    if (tried.has(path)) continue;
    tried.add(path);
    const result = readCandidate(path, places, search);
    if (result === undefined) continue;
    if ('state' in result) return { found: result, damaged };
    damaged.push(result);
  }
  return { found: undefined, damaged };
}

function* candidatePaths(places: LegacyPlaces, mode: Mode | undefined, damaged: DamagedCandidate[]): Generator<string> {
  const directories = [...places.scopeIds.map((id) => legacyScopeDirectory(places.root, id)), legacySharedDirectory(places.root)];
  for (const directory of new Set(directories)) {
    yield join(directory, artifactNames.runState);
    yield join(directory, shellStateName);
    for (const name of orderPointers(namesIn(directory), mode)) {
      const target = followPointer(directory, name);
      if (typeof target === 'string') yield target;
      else damaged.push(target);
    }
  }
}

/** `undefined`: there is nothing, or a good state of another mode or repository. */
function readCandidate(path: string, places: LegacyPlaces, search: LegacySearch): Found | DamagedCandidate | undefined {
  const file = readInside(path, places);
  if (typeof file !== 'string') return file;
  const format = extname(path) === '.json' ? 'python' : 'shell';
  const loaded = loadLegacyState({ text: file, format, path, stem: basename(path, extname(path)) }, search.explain);
  if ('problem' in loaded) return { path, message: loaded.problem, reason: 'damaged' };
  const { state } = loaded;
  // The shared directory holds the state of whoever wrote last: another repository's is nothing to tell of.
  if (!isOfRepository(state, places)) return undefined;
  if (search.mode !== undefined && state.mode !== search.mode) return undefined;
  return state.metadata['failed'] === true ? undefined : { state, path };
}

/** The text of a regular file inside the root, of this user or of root; links are resolved before it is judged. */
function readInside(path: string, { root, uid }: LegacyPlaces): string | DamagedCandidate | undefined {
  try {
    const real = realpathSync(path);
    if (!isInside(real, realpathSync(root))) return { path, message: `it lies outside ${root}`, reason: 'foreign' };
    const facts = statSync(real);
    if (uid >= 0 && facts.uid !== uid && facts.uid !== 0) return { path, message: `it belongs to the user ${facts.uid}`, reason: 'foreign' };
    if (!facts.isFile() || facts.size > largestFile) return { path, message: 'it is no file of a state', reason: 'unreadable' };
    return readFileSync(real, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { path, message: messageOf(error), reason: 'unreadable' };
  }
}

/** A state without a scope id is this repository's unless everything it tells of ran elsewhere. */
function isOfRepository({ metadata, services }: RunState, { scopeIds, repositoryRoot }: LegacyPlaces): boolean {
  const owner = metadata['repo_scope_id'];
  if (owner !== undefined) return typeof owner === 'string' && scopeIds.includes(owner);
  const directories = [...Object.values(services).map((service) => service.cwd), ...rootsOf(metadata)].filter(isAbsolute);
  return directories.length === 0 || directories.some((directory) => isBelow(directory, repositoryRoot));
}

function rootsOf(metadata: RunState['metadata']): readonly string[] {
  const roots = metadata['project_roots'];
  return typeof roots === 'object' && roots !== null ? Object.values(roots).filter((root): root is string => typeof root === 'string') : [];
}

/** Also through links: the original wrote paths as it was given them. */
function isBelow(directory: string, root: string): boolean {
  return [directory, realOr(directory)].some((candidate) => {
    const way = relative(root, candidate);
    return way === '' || (!way.startsWith('..') && !isAbsolute(way));
  });
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
