import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DoorManifest, PluginEntry } from './door-manifest.js';

/** Directory of a plugin's package. `packageRoot` is the distribution's. */
export function rootOfPlugin({ name, root }: Pick<PluginEntry, 'name' | 'root'>, packageRoot: string): string {
  return root ?? (name === 'envctl' ? packageRoot : bundledRoot(name, packageRoot));
}

/** Whether the code of the plugin that declares `dependency` would find the package `name`. */
export function findsPackage(manifest: Pick<DoorManifest, 'plugins'>, packageRoot: string, dependency: string, name: string): boolean {
  const plugin = manifest.plugins.find(({ envctl, status }) => status !== 'inactive' && declares(envctl, dependency));
  if (plugin === undefined) return false;
  try {
    createRequire(join(realpathSync(rootOfPlugin(plugin, packageRoot)), 'package.json')).resolve(name);
    return true;
  } catch {
    return false;
  }
}

function declares(envctl: unknown, dependency: string): boolean {
  const declared = (envctl as { readonly contributes?: { readonly dependencies?: unknown } } | undefined)?.contributes?.dependencies;
  return Array.isArray(declared) && declared.some((one: { readonly id?: unknown } | null) => one?.id === dependency);
}

/** Where Node finds the package; by its files, for not every package exports its package.json. */
function bundledRoot(name: string, packageRoot: string): string {
  const directories = createRequire(join(packageRoot, 'package.json')).resolve.paths(name) ?? [];
  const root = directories.map((directory) => join(directory, name)).find((candidate) => existsSync(join(candidate, 'package.json')));
  return root ?? join(packageRoot, 'node_modules', name);
}
