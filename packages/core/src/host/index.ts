export type { ServiceContainer } from './container.js';
export { createContainer } from './create-container.js';
export { readDeclarations } from './declarations.js';
export { describeDiagnostic, toExtensionError, type Diagnostic } from './diagnostic.js';
export { discoverPlugins } from './discover.js';
export { loadHost, type ConfigRefinerSource, type Contribution, type HostOptions, type HostPlugin, type Registry } from './load-host.js';
export { describeApiRange, negotiateApiVersion, toApiRange, type ApiRange } from './negotiate.js';
export { readManifest, type ContributionKind, type Contributions, type ManifestReading, type ReadManifest } from './read-manifest.js';
export { createScope, type Scope } from './scope.js';
