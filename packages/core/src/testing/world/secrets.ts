import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { SecretStore } from '../../contract/index.js';

/** Secrets in a file of mode 0600; every value that passes is added to `seen`. */
export function createSecretStore(path: string, seen: Set<string>): SecretStore {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return await result;
  };
  const read = async (): Promise<Record<string, string>> => {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    return JSON.parse(text) as Record<string, string>;
  };
  const store = async (name: string, value: string): Promise<string> => {
    seen.add(value);
    await writeFile(`${path}.new`, JSON.stringify({ ...(await read()), [name]: value }), { mode: 0o600 });
    await rename(`${path}.new`, path);
    return value;
  };
  return {
    get: (name) => inTurn(async () => (await read())[name]),
    ensure: (name) => inTurn(async () => (await read())[name] ?? (await store(name, randomBytes(16).toString('hex')))),
    set: (name, value) => inTurn(async () => void (await store(name, value))),
  };
}
