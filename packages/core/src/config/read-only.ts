/** The light door of the room: reading the configuration without schema library, prompts or locks. */
export { assertConfig, describeProblem, problemsToTell } from './assert.js';
export { missingConfigFile } from './bootstrap.js';
export { readBootstrapConfig, type BootstrapConfig } from './bootstrap-config.js';
export { type ShowConfig, toShowConfig } from './effective.js';
export { describeKeysForCompletion, type KeyNames } from './key-names.js';
export { loadConfig, type LoadConfigOptions } from './load.js';
export type { EnvLine } from './env-sections.js';
export { sourcesOf } from './env-template.js';
export type { ConfigModel, ModeProfile, StateCompatMode } from './model.js';
export { type DeclaredRefiner, type RefineConfig, refinersInUse } from './refine.js';
export type { ServiceKind, ServiceNeed, ServiceOptions, ServiceRestart } from './service-options.js';
export { additionalSourceParts } from './env-sources.js';
export { adviseSetting } from './setting-advice.js';
export { expectedOfOption } from './service-values.js';
export { serviceKey } from './service-keys.js';
export { serviceSuffix, standardServices } from './service-names.js';
