import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaryFiles } from '../fs/index.js';

/** Deep enough for runs/<id>/, ledger/ and locks/<name>.lock/; what services write below is theirs. */
const depth = 2;

/** Removes the temporary files that killed commands left in a scope directory; gives the removed paths. */
export async function sweepScope(scopeDirectory: string, isAlive: (pid: number, startTicks: string) => boolean): Promise<string[]> {
  const directories = await directoriesOf(scopeDirectory, depth);
  const removed = await Promise.all(directories.map((directory) => sweepTemporaryFiles(directory, isAlive)));
  return removed.flat().sort();
}

async function directoriesOf(directory: string, levels: number): Promise<readonly string[]> {
  if (levels === 0) return [directory];
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => directoriesOf(join(directory, entry.name), levels - 1)));
  return [directory, ...below.flat()];
}
