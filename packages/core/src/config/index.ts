/** Configuration: keys, the effective model with origins, validation, saving, first-time set-up. */
export { assertConfig, configError, describeProblem } from './assert.js';
export { type BootstrapConfig, readBootstrapConfig } from './bootstrap-config.js';
export type { Environment } from './discovery.js';
export { loadConfig, type LoadConfigOptions } from './load.js';
export { defaultRuntimeDirectory, defaultStoreDirectory, deriveScopeId } from './locations.js';
export type {
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
  ModeProfile,
  Toggle,
  UnknownKey,
} from './model.js';
export { createKeyRegistry, type KeyRegistry, type KeySources } from './registry.js';
