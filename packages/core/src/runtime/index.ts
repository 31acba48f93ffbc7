export { createRuntime, type EngineRuntime } from './engine-runtime.js';
export type { ConfigAnswer, ShowConfig } from '../config/index.js';
export type { TargetsReport } from '../inspection/index.js';
export type { StopSummary } from '../lifecycle/index.js';
export type { Route } from '../routing/index.js';
export type { StartPlan, StartSummary } from '../startup/index.js';
export type { ErrorsReport, HealthReport, LogsOptions, LogsReport } from '../state-actions/index.js';
