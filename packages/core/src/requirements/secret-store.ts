import { join } from 'node:path';
import type { FaultSeam, SecretStore } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';
import { readJsonFile, writeJsonAtomic } from '../fs/index.js';
import type { EngineContext } from '../scope/index.js';
import { readInstances } from './instance-store.js';

const fileName = 'envctl-secrets.json';

/**
 * Secrets of one instance in `<instance directory>/envctl-secrets.json`, mode 0600, owned by envctl's user.
 * Call under the instance lock. `onSecret` lets the redactor learn every value that passes.
 */
export function createSecretStore(options: { readonly directory: string; readonly randomHex: (bytes: number) => string; readonly onSecret: (value: string) => void; readonly seam: FaultSeam }): SecretStore {
  const path = join(options.directory, fileName);

  async function read(): Promise<Record<string, string>> {
    const file = await readJsonFile(path);
    if (!file.ok && file.reason === 'missing') return {};
    if (!file.ok || typeof file.value !== 'object' || file.value === null) {
      throw new EnvctlError('ENVCTL_E_STATE_UNREADABLE', `The secrets of a dependency cannot be read: ${path}`, {
        kind: 'environment',
        hints: ['restore the file from a backup, or remove the data with: envctl stop-all --remove-volumes'],
        data: { path },
      });
    }
    const values = Object.entries(file.value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    for (const [, value] of values) options.onSecret(value);
    return Object.fromEntries(values);
  }

  async function set(name: string, value: string): Promise<void> {
    const values = await read();
    options.onSecret(value);
    await writeJsonAtomic(path, { ...values, [name]: value }, { mode: 0o600, seam: options.seam, point: 'instance.secrets' });
  }

  return {
    get: async (name) => (await read())[name],
    set,
    ensure: async (name) => {
      const known = (await read())[name];
      if (known !== undefined) return known;
      const value = options.randomHex(16);
      await set(name, value);
      return value;
    },
  };
}

/** Lets the redactor learn the secrets of every instance of the scope, for texts that others wrote. What cannot be read is passed over. */
export async function learnSecrets(context: Pick<EngineContext, 'paths'> & { readonly onSecret: (value: string) => void }): Promise<void> {
  const { instances } = await readInstances(context);
  for (const { directory } of instances) {
    const file = await readJsonFile(join(directory, fileName));
    const values = file.ok && typeof file.value === 'object' && file.value !== null ? Object.values(file.value) : [];
    for (const value of values) if (typeof value === 'string') context.onSecret(value);
  }
}
