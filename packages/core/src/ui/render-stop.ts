import type { StopSummary } from '../lifecycle/index.js';

export function renderStop(summary: StopSummary): string {
  return [
    summary.message,
    ...summary.stopped.map((name) => `  stopped ${name}`),
    ...summary.ended.map((name) => `  ${name} had ended already`),
    ...summary.removed_data.map((path) => `  removed ${path}`),
    ...summary.not_stopped.map((item) => `  NOT stopped ${item.what}: ${item.detail}`),
    ...summary.detached.map((process) => `  left running: pid ${process.pid} (${process.comm}): ${process.reason}`),
  ].join('\n');
}
