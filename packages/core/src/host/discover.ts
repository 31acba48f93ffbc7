import { originOf } from '../boot/index.js';
import type { HostPlugin } from './load-host.js';

/** What is read of a plugin in oclif's loaded list. */
export interface OclifPlugin {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly type: string;
  readonly isRoot?: boolean;
  readonly pjson: unknown;
}

/** oclif's loaded plugins as the host sees them. */
export function discoverPlugins(plugins: Iterable<OclifPlugin>): readonly HostPlugin[] {
  return [...plugins].map((plugin) => {
    const { name, version, root, pjson } = plugin;
    return { name, version, root, pjson, origin: originOf(plugin) };
  });
}
