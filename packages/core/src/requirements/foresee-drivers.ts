/* Whether dependencies can be started, as far as that can be told without plugin code. */
import type { DependencyDeclaration, NativePackage, ProjectFacts } from '../contract/index.js';
import type { ConfigModel } from '../config/read-only.js';
import { findProgram } from '../processes/read-only.js';
import { readInstanceSketch } from './instance-sketch.js';

export interface DriverFacts {
  readonly config: Pick<ConfigModel, 'dependencyMode' | 'reader'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly declarations: readonly DependencyDeclaration[];
  readonly scopeDirectory: string;
  /** Whether the plugin of a dependency finds a package; absent where that cannot be told. */
  readonly findsPackage?: FindsPackage | undefined;
}

export type FindsPackage = (dependency: string, name: string) => boolean;

/** False where only the plugin can tell of one of them. */
export async function hasDrivers(facts: DriverFacts, wanted: readonly { readonly id: string; readonly project: ProjectFacts }[]): Promise<boolean> {
  const found = await Promise.all(wanted.map(({ id, project }) => hasDriver(facts, id, project)));
  return !found.includes(false);
}

async function hasDriver(facts: DriverFacts, id: string, project: ProjectFacts): Promise<boolean> {
  const { config, env, declarations, scopeDirectory } = facts;
  const mode = config.dependencyMode(id);
  if (mode === 'external') return true;
  if (mode !== 'auto' && mode !== 'native') return false;
  const declaration = declarations.find((one) => one.id === id);
  const programs = declaration?.nativePrograms;
  if (programs !== undefined) return programs.some((name) => findProgram(name, { cwd: '/', path: env['PATH'] ?? '' }).found);
  // What ran here before has what it needs.
  const known = await Promise.all([id, `${id}-${project.slug}`].map((instance) => readInstanceSketch(scopeDirectory, instance)));
  return (mode === 'auto' && known.some((sketch) => sketch !== undefined)) || hasNativePackage(facts, id, declaration?.nativePackage);
}

function hasNativePackage({ config, findsPackage }: DriverFacts, id: string, native: NativePackage | undefined): boolean {
  if (native === undefined || findsPackage === undefined) return false;
  const reader = config.reader();
  if (native.unless?.some((key) => (reader.string(key) ?? '') !== '') === true) return false;
  return findsPackage(id, native.name.replaceAll('{platform}', process.platform).replaceAll('{arch}', process.arch));
}
