import { type LoadedPlugin, originOf } from '../boot/index.js';
import type { HostPlugin } from './load-host.js';

/** oclif's loaded plugins as the host sees them. */
export function discoverPlugins(plugins: Iterable<LoadedPlugin>): readonly HostPlugin[] {
  return [...plugins].map((plugin) => {
    const { name, version, root, pjson } = plugin;
    return { name, version, root, pjson, origin: originOf(plugin) };
  });
}
