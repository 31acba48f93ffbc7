import type { DependencyFactory, Extension, PluginManifest } from '../../contract/index.js';

/** Activates `extension` as the host does and returns what it registered for dependencies. */
export async function registerDependencies(manifest: PluginManifest, extension: Extension): Promise<ReadonlyMap<string, DependencyFactory>> {
  const factories = new Map<string, DependencyFactory>();
  const declared = new Set((manifest.contributes.dependencies ?? []).map((entry) => entry.id));
  const ignore = (): void => undefined;
  await extension.activate({
    apiVersion: typeof manifest.apiVersion === 'number' ? manifest.apiVersion : manifest.apiVersion.max,
    plugin: { name: 'under-test', version: '0.0.0', root: '/' },
    dependency: (id, factory) => {
      if (!declared.has(id)) throw new Error(`the extension registers the dependency ${id}, which the manifest does not declare`);
      factories.set(id, factory);
    },
    collector: ignore,
    check: ignore,
    surface: ignore,
    projectProvider: ignore,
    configRefiner: ignore,
    resolve: () => {
      throw new Error('nothing to resolve in a conformance run');
    },
  });
  return factories;
}
