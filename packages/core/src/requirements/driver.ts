import type { ConfigReader, DependencyDefinition, DriverName, ProgramFinder } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';

/**
 * Decides the driver: the one asked for, else that of an existing instance, else the best one that works here.
 * Throws ENVCTL_E_DEPENDENCY_DRIVER with every remedy.
 */
export async function decideDriver(options: {
  readonly id: string;
  readonly definition: DependencyDefinition;
  readonly config: ConfigReader;
  /** What the configuration asks for. */
  readonly requested: DriverName | 'auto';
  readonly existing: DriverName | undefined;
  readonly findProgram: ProgramFinder;
  readonly signal: AbortSignal;
}): Promise<DriverName> {
  const { requested } = options;
  if (requested === 'external') return requested;
  if (requested === 'auto' && options.existing !== undefined) return options.existing;
  const { available, missing } = await options.definition.drivers({ config: options.config, findProgram: options.findProgram, signal: options.signal });
  const best = requested === 'auto' ? available.find((name) => name !== 'external') : available.find((name) => name === requested);
  if (best !== undefined) return best;
  const key = `ENVCTL_DEPENDENCY_${options.id.toUpperCase().replaceAll('-', '_')}_MODE`;
  throw new EnvctlError('ENVCTL_E_DEPENDENCY_DRIVER', describeMissing(options.id, requested, { available, missing }), {
    kind: 'environment',
    hints: [...missing, ...available.map((name) => `envctl config --set ${key}=${name}`), ...(available.includes('external') ? [] : [`or use a server of your own: ${key}=external`])],
    data: { dependency: options.id, requested, available },
  });
}

/** A driver that the plugin says nothing of is one that it does not have. */
function describeMissing(id: string, requested: DriverName | 'auto', { available, missing }: { readonly available: readonly DriverName[]; readonly missing: readonly string[] }): string {
  if (requested === 'auto') return `Nothing on this machine can run ${id}.`;
  const drivers = [...new Set([...available, ...missing.flatMap((line) => /^(native|docker|external|command):/.exec(line)?.[1] ?? [])])];
  if (drivers.includes(requested)) return `The ${requested} driver of ${id} does not work here.`;
  return `${id} has no ${requested} driver; it has: ${drivers.length === 0 ? 'none here' : drivers.join(', ')}.`;
}
