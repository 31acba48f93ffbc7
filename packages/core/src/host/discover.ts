import { type LoadedPlugin, originOf } from '../boot/index.js';
import type { HostPlugin } from './load-host.js';

/** oclif's loaded plugins as the host sees them. */
export function discoverPlugins(plugins: Iterable<LoadedPlugin>): readonly HostPlugin[] {
  return [...plugins].map((plugin) => {
    const { name, version, pjson, judged } = plugin;
    // Most plugins are not activated, and finding one takes a dozen looks at directories.
    return { name, version, pjson, origin: originOf(plugin), ...(judged === undefined ? {} : { judged }), get root() { return plugin.root; } };
  });
}
