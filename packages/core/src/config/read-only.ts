/** The light door of the room: reading the configuration without schema library, prompts or locks. */
export { assertConfig, describeProblem } from './assert.js';
export { readBootstrapConfig, type BootstrapConfig } from './bootstrap-config.js';
export { type ShowConfig, toShowConfig } from './effective.js';
export { loadConfig, type LoadConfigOptions } from './load.js';
export type { ConfigModel } from './model.js';
export { type DeclaredRefiner, refinersInUse } from './refine.js';
