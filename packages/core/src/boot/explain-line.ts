import { EnvctlError, isEnvctlError } from '../contract/index.js';
import { normaliseArgv, type CommandLine, type RoutingTables } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';

/** The line that the words are. Throws as normaliseArgv does; a setting among the words comes with where it belongs. */
export async function explainLine(argv: readonly string[], tables: RoutingTables, { declared }: Pick<DoorManifest, 'declared'>): Promise<CommandLine> {
  try {
    return normaliseArgv(argv, tables);
  } catch (error) {
    const setting = isEnvctlError(error) ? error.data['setting'] : undefined;
    if (!isEnvctlError(error) || typeof setting !== 'string') throw error;
    const { adviseSetting } = await import('../config/read-only.js');
    throw new EnvctlError(error.code, error.message, { hints: [...adviseSetting(setting, { declarations: declared.configKeys, dependencies: declared.dependencies }), ...error.hints], data: error.data });
  }
}
