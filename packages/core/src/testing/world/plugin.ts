import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvctlError, type ConfigKeyDeclaration, type DependencyDeclaration, type DependencyDefinition, type PluginManifest, type SignalDeclaration } from '../../contract/index.js';
import { describeDiagnostic, loadHost } from '../../host/index.js';

/** A plugin as the host reads it from its package directory. */
export interface PluginUnderTest {
  readonly manifest: PluginManifest;
  readonly declaration: DependencyDeclaration;
  readonly declarations: readonly DependencyDeclaration[];
  readonly configKeys: readonly ConfigKeyDeclaration[];
  readonly signals: readonly SignalDeclaration[];
  /** Activates the extension in a host of its own: a definition that remembers nothing. */
  readonly load: () => Promise<DependencyDefinition>;
}

/** Throws ENVCTL_E_PLUGIN_MANIFEST when the package cannot be read or the host sets any part of it aside. */
export async function readPlugin(root: string, dependencyId: string | undefined): Promise<PluginUnderTest> {
  const path = join(root, 'package.json');
  const pjson = JSON.parse(await readFile(path, 'utf8')) as { readonly name: string; readonly version: string; readonly envctl?: PluginManifest };
  if (pjson.envctl === undefined) throw new EnvctlError('ENVCTL_E_PLUGIN_MANIFEST', `${path} has no envctl field.`, { kind: 'extension', data: { path } });
  const open = () => loadHost({ plugins: [{ name: pjson.name, version: pjson.version, root, origin: 'link', pjson }] });
  const host = open();
  const [diagnostic] = host.diagnostics();
  if (diagnostic !== undefined) throw new EnvctlError(diagnostic.code, describeDiagnostic(diagnostic), { kind: 'extension', data: { path } });
  const declarations = host.dependencies.map((entry) => entry.declaration);
  const wanted = dependencyId ?? (declarations.length === 1 ? declarations[0]?.id : undefined);
  const declaration = declarations.find((entry) => entry.id === wanted);
  if (declaration === undefined) {
    const known = declarations.map((entry) => entry.id).join(', ') || 'none';
    throw new EnvctlError('ENVCTL_E_DEPENDENCY_UNKNOWN', `${path}: which dependency? Asked for ${wanted ?? 'the only one'}, declared: ${known}.`, { kind: 'extension', data: { path } });
  }
  return {
    manifest: pjson.envctl,
    declaration,
    declarations,
    configKeys: host.configKeys.map((entry) => entry.declaration),
    signals: host.signals.map((entry) => entry.declaration),
    load: () => open().dependency(declaration.id),
  };
}
