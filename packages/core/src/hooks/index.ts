/** Hooks of a project: found, run in a process of their own, their results judged; shell hooks converted. */
export { findHooks, hookFunctions, type HookName, type ProjectHooks } from './hook-files.js';
export { migrateHooks, type MigrateHooksReport } from './migrate-hooks.js';
export { logPathOf as hookLogPath, runHook, type HookEnvironment, type HookRequest } from './run-hook.js';
export type { HookPayloads } from './hook-payload-schema.js';
