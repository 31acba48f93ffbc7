import type { ConfigReader } from '../../contract/index.js';
import { createDetectionFiles } from '../detection-files.js';
import { planEnvFile, readEnvFile } from './plan-env-file.js';
import { hasUrlPassword, secretNameStrength } from '../../events/read-only.js';

/** Shorter texts stand everywhere. */
const shortestSecret = 6;

/** Values that must not be told: by the name of their variable, or by a password in a URL. */
export function secretValues(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => (value.length >= shortestSecret && (secretNameStrength(name) !== 'none' || hasUrlPassword(value)) ? [value] : []));
}

/** Those of the env files that recorded services got, for texts that the services wrote. What cannot be read is passed over. */
export function recordedSecretValues(services: readonly { readonly type: string; readonly cwd: string; readonly project: string }[], { reader, rootOf }: { readonly reader: ConfigReader; readonly rootOf: (project: string) => string }): readonly string[] {
  const files = createDetectionFiles();
  return services.flatMap(({ type, cwd, project }) => {
    const { file } = planEnvFile({ service: type, command: { cwd }, projectRoot: rootOf(project), isMain: project === 'Main', setting: (key) => reader.string(key), skipsLocalDatabase: false, files });
    return file === undefined ? [] : secretValues(readEnvFile(files, file));
  });
}
