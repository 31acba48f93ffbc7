/** Configuration: keys, the effective model with origins, validation, saving, first-time set-up. */
export { assertConfig, configError, describeProblem, problemsToTell } from './assert.js';
export { type Assignment, parseAssignments } from './assignments.js';
export { requireConfigFile } from './bootstrap.js';
export { type BootstrapConfig, readBootstrapConfig } from './bootstrap-config.js';
export { changeConfig, type ConfigAnswer, type ConfigChange, type ConfigChangeResult, type ConfigDialogue, ensureConfigFile, hasConfigFile, type SaveContext } from './change.js';
export { createTerminalPrompts } from './clack-prompts.js';
export { type ConfigKeyDescription, describeConfigKeys, describeConfigSchemas, describeOtherNames, loadConfigDocuments, type OtherNameDescription } from './describe.js';
export type { Environment } from './discovery.js';
export type { EnvLine, EnvTarget } from './env-sections.js';
export { type EnvTemplate, sourcesOf } from './env-template.js';
export { type EffectiveConfig, hiddenValue, type ShowConfig, toEffectiveConfig, toShowConfig, type ValueSource } from './effective.js';
export { loadConfig, type LoadConfigOptions } from './load.js';
export { defaultRuntimeDirectory, defaultStoreDirectory, deriveScopeId } from './locations.js';
export type {
  AbsentKeyOfFile,
  ConfigDirectories,
  ConfigKey,
  ConfigModel,
  ConfigOrigin,
  ConfigPorts,
  ConfigProblem,
  ConfigProblemKind,
  ConfigSource,
  ConfigValue,
  DependencyMode,
  EnvSection,
  ModeProfile,
  Toggle,
  UnknownKey,
} from './model.js';
export { parsePayload } from './payload.js';
export { cancelled, type Cancelled, type Choice, type ConfigPrompts } from './prompts.js';
export { type ConfigRefiner, refineConfig } from './refine.js';
export { coreKeyNames, createKeyRegistry, type KeyRegistry, type KeySources } from './registry.js';
export { saveConfig, type SaveConfigOptions, type SaveConfigResult } from './save.js';
export { runConfigWizard } from './wizard.js';
export type { ServiceKind, ServiceNeed, ServiceOptions, ServiceRestart } from './service-options.js';
export { sweepConfigLeftovers } from './config-leftovers.js';
