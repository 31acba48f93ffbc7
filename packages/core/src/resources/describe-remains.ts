import type { StopResult } from '../processes/index.js';
import { ledgerIdOf } from '../state/index.js';

/** What is left of a launch that did not stop, and what to do about it; the detail of `not_stopped`. */
export function describeRemains(report: StopResult): string {
  switch (report.untouched ?? 'touched') {
    case 'touched':
      return `still alive: ${report.survivors.map(({ pid, comm }) => `pid ${pid} (${comm})`).join(', ')}`;
    case 'other-namespace':
      return `not touched: it was started in another container, which cannot be seen from here; stop it there, or remove ${report.directory} once that container is gone`;
    case 'record-damaged':
      return `not touched: its record is damaged; look for its processes by hand, then remove ${report.directory}`;
    case 'record-lost':
      return `not touched: ${report.directory} is gone and nothing else tells what ran; look for its processes by hand (ps -ef), then remove ${ledgerIdOf({ kind: 'process', launchId: report.launchId, directory: report.directory })}.json from the ledger`;
    case 'other-boot':
    case 'record-missing':
      return 'nothing of it is left';
  }
}

/** {@link describeRemains} of several launches, by their ids. */
export function describeIncomplete(reports: readonly StopResult[]): string {
  return reports.map((report) => `${report.launchId || report.directory}: ${describeRemains(report)}`).join('; ');
}
