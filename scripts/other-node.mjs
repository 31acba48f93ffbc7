// The other supported line of Node, as the npm package of its binary, for a run of the unit tests under it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const otherNodeMajor = 24;

/**
 * `{ node }` is the path of the binary. On a person's machine nothing is downloaded for it: `{ reason }`.
 * `{ failure }` where it ought to be there and is not.
 */
export async function installOtherNode(prefix, { isStrict }) {
  if (Number(process.versions.node.split('.')[0]) === otherNodeMajor) return { reason: `this is Node ${otherNodeMajor} already` };
  if (!isStrict) return { reason: 'runs with CI=true only: it downloads a second Node' };
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(prefix, { recursive: true });
  const args = ['install', '--prefix', prefix, '--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error', `${name}@${otherNodeMajor}`];
  const code = await run('npm', args, prefix);
  const node = join(prefix, 'node_modules', name, 'bin/node');
  if (code === 0 && existsSync(node)) return { node };
  return { failure: `npm ${args.join(' ')} ended with ${code}` };
}

function run(program, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
}
