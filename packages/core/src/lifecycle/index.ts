export * from './stop.js';
export * from './stop-all.js';
export type { StopSummary } from './stop-summary.js';
