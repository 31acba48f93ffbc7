export { contractVersion, printJson, toFailureDocument, toResultDocument } from './json-document.js';
export { describeError, toEnvctlError } from './describe-error.js';
export { cacheDoorManifest, oclifDirectories, originOf, pluginSetKey, readDoorManifest, toDoorManifest, type DoorManifest, type ManifestSource, type PluginEntry, type OclifDirectories, type PluginOrigin } from './door-manifest.js';
export { readFaultSeam } from './fault-seam.js';
export { runCli, type FrontDoorOptions } from './front-door.js';
export { hotCommands, type HotCommand, type HotContext, type HotResult } from './hot-commands.js';
export { commandExit, invocationOf, type CommandExit, type DisposableRuntime, type Invocation, type LoadedConfig, type LoadedPlugin, type RuntimeFactory, type RuntimeRequest, type TerminalFacts } from './invocation.js';
export type { Route } from '../routing/index.js';
export { refuseUnsupportedPlatform } from './platform.js';
