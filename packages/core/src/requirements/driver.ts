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
  const what = requested === 'auto' ? `Nothing on this machine can run ${options.id}.` : `The ${requested} driver of ${options.id} does not work here.`;
  throw new EnvctlError('ENVCTL_E_DEPENDENCY_DRIVER', what, {
    kind: 'environment',
    hints: [...missing, `or use a server of your own: ENVCTL_DEPENDENCY_${options.id.toUpperCase()}_MODE=external`],
    data: { dependency: options.id, requested, available },
  });
}
