import type { PluginDeclarations } from '../boot/index.js';
import { describeDiagnostic } from './diagnostic.js';
import { loadHost, type HostPlugin } from './load-host.js';

/** For the merged manifest: every manifest is judged once, when the plugin set changes. Loads no plugin code. Never throws. `coreKeys`: see HostOptions. */
export function readDeclarations(plugins: readonly HostPlugin[], coreKeys?: ReadonlySet<string>): PluginDeclarations {
  const host = loadHost({ plugins, ...(coreKeys === undefined ? {} : { coreKeys }) });
  return {
    dependencies: host.dependencies.map(({ declaration }) => declaration),
    configKeys: host.configKeys.map(({ declaration }) => declaration),
    refiners: host.configRefiners.map(({ plugin: { name }, dependencies, keys }) => ({ plugin: { name }, dependencies, keys })),
    warnings: host.diagnostics().map(describeDiagnostic),
    diagnostics: host.diagnostics(),
  };
}
