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
  const reason = toReason(preparation, options);
  return { ...preparation, action: reason === 'up_to_date' ? 'skip' : 'run', reason };
}

/** The first artifact that is not there. */
export function missingArtifact(files: PreparationFiles, { artifacts }: Pick<Preparation, 'artifacts'>): Preparation['artifacts'][number] | undefined {
  return artifacts.find(({ path }) => !files.isFile(path) && !files.isDirectory(path));
}

function toReason(preparation: Preparation, { files, recordsDirectory, refresh }: PreparationDecision): PreparationReason {
  const missing = missingArtifact(files, preparation);
  if (missing !== undefined) return missing.missing;
  if (refresh === true) return 'refresh_requested';
  return compare(readRecord(files, recordPath(recordsDirectory, preparation)), preparation, files);
}

function compare(record: PreparationRecord | undefined, preparation: Preparation, files: PreparationFiles): PreparationReason {
  if (record === undefined) {
    // Installed by hand: taken over, unless it can be seen to be something else.
    const agrees = looksInstalled(files, preparation) ?? preparation.artifacts.length > 0;
    return agrees ? 'up_to_date' : 'dependency_files_changed';
  }
  if (record.phase === 'running') return 'interrupted';
  const now = fingerprint(files, preparation);
  if (record.tools !== now.tools) return 'tool_changed';
  if (record.inputs === now.inputs) return 'up_to_date';
  // Whoever changed the files may have installed by hand as well.
  return looksInstalled(files, preparation) === true ? 'up_to_date' : 'dependency_files_changed';
}
