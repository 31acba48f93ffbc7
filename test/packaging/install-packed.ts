import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from './run.js';

/**
 * Puts the packages as they are published into `<prefix>/node_modules`, without a registry: what they depend on is linked
 * from the workspace's own. `prefix` must exist. Gives the path of envctl's program.
 */
export async function installPacked(root: string, prefix: string): Promise<string> {
  const modules = join(prefix, 'node_modules');
  await mkdir(modules);
  await runOrThrow(process.execPath, [join(root, 'scripts/pack.mjs'), '--to', modules], { cwd: root });
  const own = new Set(await readdir(modules));
  const others = (await readdir(join(root, 'node_modules'))).filter((name) => !own.has(name));
  await Promise.all(others.map((name) => symlink(join(root, 'node_modules', name), join(modules, name))));
  return join(modules, 'envctl/bin/run.js');
}
