import { join } from 'node:path';
import type { StateCompatMode } from '../../config/read-only.js';

export type { StateCompatMode };

/** Where the original envctl may have kept the state of one repository. */
export interface LegacyPlaces {
  /** `RUN_SH_RUNTIME_DIR`: everything that is read must resolve inside it. */
  readonly root: string;
  /** Ids under which the repository may be recorded: ours, and the original's spelling of it. */
  readonly scopeIds: readonly string[];
  /** A state without a scope id is this repository's when something of it ran in here. */
  readonly repositoryRoot: string;
  /** Files of another user are refused; root's are taken. -1: not checked. */
  readonly uid: number;
}

export interface LegacyPlacesInputs {
  readonly mode: StateCompatMode;
  /** Absolute. */
  readonly runtimeDirectory: string;
  readonly scopeId: string;
  readonly repositoryRoot: string;
  readonly uid: number;
}

/** `undefined` when the mode forbids a look. */
export function toLegacyPlaces({ mode, runtimeDirectory, scopeId, repositoryRoot, uid }: LegacyPlacesInputs): LegacyPlaces | undefined {
  if (mode === 'scoped_only') return undefined;
  return { root: runtimeDirectory, scopeIds: [...new Set([scopeId, toLegacyScopeId(scopeId)])], repositoryRoot, uid };
}

/** The directory of one repository below the original's runtime directory. */
export function legacyScopeDirectory(runtimeDirectory: string, scopeId: string): string {
  return join(legacySharedDirectory(runtimeDirectory), toLegacyScopeId(scopeId));
}

/** The directory that the repositories of the original share: it holds the latest state of any of them. */
export function legacySharedDirectory(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'python-engine');
}

function toLegacyScopeId(scopeId: string): string {
  const filtered = scopeId.toLowerCase().replace(/[^a-z0-9_-]/g, '');
  return filtered === '' ? 'repo' : filtered;
}
