import { describeRemains, type ReleaseReport } from '../resources/index.js';
import type { LegacyRemains } from './legacy-remains.js';

/** What stop, stop-all and blast-all tell; the document of their `--json`. */
export interface StopSummary {
  readonly command: 'stop' | 'stop-all' | 'blast-all';
  readonly message: string;
  /** Services and servers that were ended. */
  readonly stopped: readonly string[];
  /** Those of which nothing lived any more: jobs that have completed, what had died. */
  readonly ended: readonly string[];
  /** Projects whose dependencies were given back. */
  readonly released_projects: readonly string[];
  /** Directories of data that were removed. */
  readonly removed_data: readonly string[];
  /** Kept on record because it could not be stopped or removed. */
  readonly not_stopped: readonly { readonly what: string; readonly detail: string }[];
  /** Processes that carry a token of ours but left for a life of their own; they were not touched. */
  readonly detached: readonly { readonly pid: number; readonly comm: string; readonly reason: string }[];
  readonly warnings: readonly string[];
}

export function toStopReport(
  command: StopSummary['command'],
  parts: {
    /** Told when nothing is left of what was to stop. */
    readonly message: string;
    readonly stopped?: readonly string[];
    readonly ended?: readonly string[];
    readonly released?: ReleaseReport;
    readonly problems?: readonly string[];
    readonly projects?: readonly string[];
    readonly removedData?: readonly string[];
    readonly warnings?: readonly string[];
    readonly legacy?: LegacyRemains | undefined;
  },
): StopSummary {
  const survivors = (parts.released?.incomplete ?? []).map((report) => ({
    what: report.launchId,
    detail: describeRemains(report),
  }));
  const gone = [...(parts.stopped ?? []), ...(parts.ended ?? [])];
  const isIncomplete = survivors.length + (parts.problems ?? []).length > 0;
  return {
    command,
    message: !isIncomplete ? parts.message : gone.length === 0 ? 'Nothing could be stopped.' : 'Not everything could be stopped.',
    stopped: parts.stopped ?? [],
    ended: parts.ended ?? [],
    released_projects: parts.projects ?? [],
    removed_data: parts.removedData ?? [],
    not_stopped: [...survivors, ...(parts.legacy?.alive ?? []), ...(parts.problems ?? []).map((problem) => ({ what: 'dependency', detail: problem }))],
    detached: (parts.released?.reports ?? []).flatMap((report) => report.detached.map(({ pid, comm, reason }) => ({ pid, comm, reason }))),
    warnings: [...(parts.warnings ?? []), ...(parts.legacy?.warnings ?? [])],
  };
}

/** Names by whether anything of the launch lived when it was to stop. */
export function byLife(gone: readonly { readonly name: string; readonly directory: string | null }[], { reports }: ReleaseReport): { readonly stopped: readonly string[]; readonly ended: readonly string[] } {
  const lived = new Set(reports.filter((report) => report.lived).map(({ directory }) => directory));
  const hasLived = ({ directory }: (typeof gone)[number]): boolean => directory !== null && lived.has(directory);
  return { stopped: gone.filter(hasLived).map(({ name }) => name), ended: gone.filter((one) => !hasLived(one)).map(({ name }) => name) };
}
