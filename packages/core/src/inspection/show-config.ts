import { toShowConfig, type ShowConfig } from '../config/read-only.js';
import { readConfig, type ConfiguredInputs } from './read-config.js';

/** The document of `show-config`. Secrets are hidden unless `reveal`. Undefined and throws as {@link readConfig}. */
export async function showConfig(inputs: ConfiguredInputs & { readonly reveal: boolean }): Promise<ShowConfig | undefined> {
  const read = await readConfig(inputs, () => ['main', 'trees']);
  return read === undefined ? undefined : toShowConfig(read.config, { executionRoot: read.executionRoot, reveal: inputs.reveal });
}
