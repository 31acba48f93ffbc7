/** The light door of the room: which hooks a project has; nothing that runs them. */
export { findHooks, type HookName, type ProjectHooks } from './hook-files.js';
