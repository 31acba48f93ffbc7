import path from 'node:path';
import { EnvctlError, errorMessage, type FaultSeam, noSeam } from '../contract/index.js';
import { replaceUserFile } from '../fs/index.js';
import { configTemporaryName } from './config-leftovers.js';

export interface WriteConfigOptions {
  /** Permission bits of a new file; an existing one keeps its own, and its owner. */
  readonly newMode: number;
  /** The content the change was made from; undefined when there was no file. */
  readonly expected: Buffer | undefined;
  readonly seam?: FaultSeam;
}

/**
 * Replaces the user's configuration file whole. Returns false, and writes nothing, when the file is no longer `expected`.
 * Throws ENVCTL_E_CONFIG_UNREADABLE; the old file is then intact.
 */
export async function writeConfigFile(file: string, content: Buffer, options: WriteConfigOptions): Promise<boolean> {
  const { seam = noSeam, newMode, expected } = options;
  try {
    return await replaceUserFile(file, content, { newMode, expected, temporaryName: configTemporaryName, at: (step) => seam(`config.file.${step}`) });
  } catch (error) {
    throw new EnvctlError('ENVCTL_E_CONFIG_UNREADABLE', `The configuration file ${file} cannot be written: ${errorMessage(error)}`, {
      kind: 'environment',
      hints: [`ls -ld ${path.dirname(file)} ${file}`],
      data: { path: file },
      cause: error,
    });
  }
}
