import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ShareCoreOptions {
  /** oclif's data directory: npm installs plugins there. */
  readonly dataDirectory: string;
  /** Root of the core package this envctl runs on. */
  readonly coreRoot: string;
  /** Name of the distribution, for a package.json that is not there yet. */
  readonly name: string;
}

/**
 * Writes core as a `file:` dependency of the data directory: npm makes it a link, and that link satisfies the peer
 * dependency of every plugin it installs. Other fields are kept; a package.json that names this core already is left alone.
 */
export async function shareCore(options: ShareCoreOptions): Promise<void> {
  const path = join(options.dataDirectory, 'package.json');
  const current = await readPackage(path);
  const wanted = `file:${await realpath(options.coreRoot)}`;
  const dependencies = (current?.['dependencies'] ?? {}) as Record<string, string>;
  if (dependencies['@envctl/core'] === wanted) return;
  const fresh = { name: options.name, private: true, oclif: { plugins: [], schema: 1 } };
  await mkdir(options.dataDirectory, { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify({ ...fresh, ...current, dependencies: { ...dependencies, '@envctl/core': wanted } }, null, 2)}\n`);
  await rename(temporary, path);
}

async function readPackage(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as Record<string, unknown>;
}
