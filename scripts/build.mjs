// `npm run build`: removes stale outputs, compiles everything, then does what needs compiled code (oclif manifests).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const steps = [
  ['scripts/sweep-outputs.mjs'],
  ['node_modules/typescript/bin/tsc', '-b'],
  // Writes the oclif manifests and the modes of the bin files.
  ['scripts/after-build.mjs'],
];

for (const [script, ...args] of steps) {
  if (!existsSync(join(root, script))) continue;
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
