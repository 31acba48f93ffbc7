/* oclif's Config, whatever the installed and linked plugins do while they are loaded. */
import type { Config } from '@oclif/core/config';
import type { Plugin } from '@oclif/core/interfaces';
import type { withTimeLimit as WithTimeLimit } from '../host/index.js';
import type * as Oclif from './oclif.js';
import { readInstalledPlugins, type InstalledPlugin } from './plugin-document.js';
import { judgeFaults, type PluginFaults } from './plugin-faults.js';

export interface LoadedOclif {
  readonly config: Config;
  readonly faults: PluginFaults;
  /** The messages of what oclif told: another load of a command would tell them again. */
  readonly told: ReadonlySet<string>;
}

/** For all plugins together; they load side by side, and only those without an oclif manifest run code. */
const loadLimitMs = 10_000;
/** For one plugin whose modules had all that time before. */
const lateLimitMs = 1000;

/** `packageRoot`: of the distribution. Plugins that cannot be loaded, or do not end loading, are left out. */
export async function loadOclifConfig(packageRoot: string): Promise<LoadedOclif> {
  const [oclif, { withTimeLimit }] = await Promise.all([import('./oclif.js'), import('../host/index.js')]);
  // Else a shell with NODE_ENV=development makes oclif look for TypeScript sources.
  oclif.settings.enableAutoTranspile = false;
  const told: (string | Error)[] = [];
  const emitWarning = process.emitWarning.bind(process);
  // oclif tells of what it could not load by process warnings: (error), or (name of the error, error).
  process.emitWarning = ((warning: string | Error, source?: unknown) => void told.push(source instanceof Error ? source : warning));
  try {
    const { config, late } = await loadInTime({ oclif, withTimeLimit }, packageRoot);
    const installed = readInstalledPlugins(config.dataDir);
    return { config, faults: judgeFaults({ told, loaded: config.getPluginsList(), installed, late, dataDirectory: config.dataDir }), told: new Set(told.map((one) => (one instanceof Error ? one.message : one))) };
  } finally {
    process.emitWarning = emitWarning;
  }
}

interface Parts {
  readonly oclif: typeof Oclif;
  readonly withTimeLimit: typeof WithTimeLimit;
}

async function loadInTime({ oclif, withTimeLimit }: Parts, root: string): Promise<{ readonly config: Config; readonly late: ReadonlySet<string> }> {
  try {
    return { config: await withTimeLimit(loadLimitMs, () => oclif.Config.load({ root }), () => new LoadIsLate()), late: new Set() };
  } catch (error) {
    if (!(error instanceof LoadIsLate)) throw error;
    return loadWithoutLate({ oclif, withTimeLimit }, root);
  }
}

class LoadIsLate extends Error {}

async function loadWithoutLate({ oclif, withTimeLimit }: Parts, root: string): Promise<{ readonly config: Config; readonly late: ReadonlySet<string> }> {
  const bundled = await oclif.Config.load({ root, userPlugins: false });
  const late = new Set<string>();
  const alone = await Promise.all(readInstalledPlugins(bundled.dataDir).map(async (installed) => {
    try {
      return await withTimeLimit(lateLimitMs, () => loadAlone(oclif, installed), () => new LoadIsLate());
    } catch (error) {
      // Why another could not be loaded was told before.
      if (error instanceof LoadIsLate) late.add(installed.name);
      return undefined;
    }
  }));
  const plugins = new Map(bundled.plugins);
  for (const plugin of alone) if (plugin !== undefined) plugins.set(plugin.name, plugin);
  return { config: await oclif.Config.load({ root, plugins }), late };
}

async function loadAlone(oclif: Parts['oclif'], { name, root, origin }: InstalledPlugin): Promise<Plugin> {
  const plugin = new oclif.Plugin({ name, root, type: origin });
  await plugin.load();
  return plugin;
}
