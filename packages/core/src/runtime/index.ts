export { createRuntime, type EngineRuntime } from './engine-runtime.js';
export type { ConfigAnswer } from '../config/index.js';
export type { MigrateHooksReport } from '../hooks/index.js';
export type { StopSummary } from '../lifecycle/index.js';
export type { Route } from '../routing/index.js';
export type { PreflightReport, StartPlan, StartSummary, StartupExplanation } from '../startup/index.js';
export type { ClearLogsReport, ErrorsReport, HealthReport, LogsOptions, LogsReport, ServiceLog } from '../state-actions/index.js';
export { parseGrep, parseSince } from '../state-actions/index.js';
export { createContext, type ContextInputs, type ScopedContext } from './create-context.js';

/** JSON Schemas of the documents that commands print, by file name; zod is loaded only when they are asked for. */
export async function describeDocumentSchemas(): Promise<Readonly<Record<string, object>>> {
  return (await import('./documents-schema.js')).toDocumentSchemas();
}
