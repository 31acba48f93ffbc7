import { installedEntries } from './installed-entries.js';
import { looksInstalled } from './installed-packages.js';
import type { PreparationFiles } from './preparation-files.js';
import { fingerprint, readRecord, recordPath, type PreparationRecord } from './preparation-record.js';
import type { PlannedPreparation, Preparation, PreparationReason } from './preparation.js';

export interface PreparationDecision {
  readonly files: PreparationFiles;
  /** Where records are kept. */
  readonly recordsDirectory: string;
  /** True with --refresh-cache: what was installed before does not count. */
  readonly refresh?: boolean;
}

/** Whether a preparation runs now, and why. A few looks at files; starts nothing, writes nothing. */
export function decidePreparation(preparation: Preparation, options: PreparationDecision): PlannedPreparation {
  const { reason, recorded } = judge(preparation, options);
  return { ...preparation, action: reason === 'up_to_date' ? 'skip' : 'run', reason, recorded };
}

/** The first artifact that is not there. */
export function missingArtifact(files: PreparationFiles, { artifacts }: Pick<Preparation, 'artifacts'>): Preparation['artifacts'][number] | undefined {
  return artifacts.find(({ path }) => !files.isFile(path) && !files.isDirectory(path));
}

interface Judgement {
  readonly reason: PreparationReason;
  readonly recorded: boolean;
}

function judge(preparation: Preparation, { files, recordsDirectory, refresh }: PreparationDecision): Judgement {
  const missing = missingArtifact(files, preparation);
  if (missing !== undefined) return { reason: missing.missing, recorded: false };
  if (refresh === true) return { reason: 'refresh_requested', recorded: false };
  const record = readRecord(files, recordPath(recordsDirectory, preparation));
  // Installed by hand: taken over, unless it can be seen to be something else.
  if (record === undefined) return unrecorded(looksInstalled(files, preparation) ?? preparation.artifacts.length > 0);
  if (record.phase === 'running') return { reason: 'interrupted', recorded: false };
  const now = fingerprint(files, preparation);
  if (record.tools !== now.tools) return { reason: 'tool_changed', recorded: false };
  if (record.inputs === now.inputs) return hasLost(files, preparation, record) ? { reason: 'packages_missing', recorded: false } : { reason: 'up_to_date', recorded: record.entries !== undefined };
  // Whoever changed the files may have installed by hand as well.
  return unrecorded(looksInstalled(files, preparation) === true);
}

function hasLost(files: PreparationFiles, preparation: Preparation, { entries = [] }: PreparationRecord): boolean {
  const there = new Set(installedEntries(files, preparation));
  return entries.some((entry) => !there.has(entry));
}

function unrecorded(agrees: boolean): Judgement {
  return { reason: agrees ? 'up_to_date' : 'dependency_files_changed', recorded: false };
}
