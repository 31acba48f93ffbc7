/*
 * What a command of ours is told of oclif, made of the merged manifest: oclif itself would read the package.json and
 * the manifest of every plugin again.
 */
import type { DoorManifest, PluginEntry, PluginOrigin } from './door-manifest.js';
import type { LoadedConfig, LoadedPlugin } from './invocation.js';
import { rootOfPlugin } from './plugin-root.js';

/** The parts of oclif's Config that a command class of ours touches. */
export interface CommandConfig extends LoadedConfig {
  readonly bin: string;
  readonly userAgent: string;
  readonly scopedEnvVarKeys: (name: string) => readonly string[];
  readonly runHook: () => Promise<{ readonly successes: readonly never[]; readonly failures: readonly never[] }>;
}

const typeByOrigin: Readonly<Record<PluginOrigin, string>> = { core: 'core', bundled: 'core', user: 'user', link: 'link' };

/** `packageRoot` is the distribution's, `dataDir` oclif's data directory. Plugins are looked for when their root is asked for. */
export function toCommandConfig(manifest: DoorManifest, packageRoot: string, dataDir: string): CommandConfig {
  return {
    bin: 'envctl',
    userAgent: `envctl/${manifest.version} node-${process.version}`,
    version: manifest.version,
    root: packageRoot,
    dataDir,
    plugins: new Map(manifest.plugins.map((entry) => [entry.name, toLoadedPlugin(entry, packageRoot)])),
    scopedEnvVarKeys: () => [],
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
  };
}

function toLoadedPlugin(entry: PluginEntry, packageRoot: string): LoadedPlugin {
  const { name, version, origin, envctl, status } = entry;
  return {
    name,
    version,
    type: typeByOrigin[origin],
    isRoot: name === 'envctl',
    pjson: envctl === undefined ? {} : { envctl },
    judged: status === 'active',
    get root() {
      return rootOfPlugin(entry, packageRoot);
    },
  };
}
