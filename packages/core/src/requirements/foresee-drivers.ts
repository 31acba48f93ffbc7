/* Whether dependencies can be started, as far as that can be told without plugin code. */
import type { DependencyDeclaration, ProjectFacts } from '../contract/index.js';
import type { ConfigModel } from '../config/read-only.js';
import { findProgram } from '../processes/read-only.js';
import { readInstanceSketch } from './instance-sketch.js';

export interface DriverFacts {
  readonly config: Pick<ConfigModel, 'dependencyMode'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly declarations: readonly DependencyDeclaration[];
  readonly scopeDirectory: string;
}

/** False where only the plugin can tell of one of them. */
export async function hasDrivers(facts: DriverFacts, wanted: readonly { readonly id: string; readonly project: ProjectFacts }[]): Promise<boolean> {
  const found = await Promise.all(wanted.map(({ id, project }) => hasDriver(facts, id, project)));
  return !found.includes(false);
}

async function hasDriver({ config, env, declarations, scopeDirectory }: DriverFacts, id: string, project: ProjectFacts): Promise<boolean> {
  const mode = config.dependencyMode(id);
  if (mode === 'external') return true;
  if (mode !== 'auto' && mode !== 'native') return false;
  const programs = declarations.find((declaration) => declaration.id === id)?.nativePrograms;
  if (programs !== undefined) return programs.some((name) => findProgram(name, { cwd: '/', path: env['PATH'] ?? '' }).found);
  // What ran here before has what it needs.
  const known = await Promise.all([id, `${id}-${project.slug}`].map((instance) => readInstanceSketch(scopeDirectory, instance)));
  return mode === 'auto' && known.some((sketch) => sketch !== undefined);
}
