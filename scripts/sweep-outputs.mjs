// Removes compiled files whose source is gone: `tsc -b` leaves them, and mocha and oclif would find them.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const [output, source] of outputPairs()) sweep(join(root, output), join(root, source));

function outputPairs() {
  const packages = readdirSync(join(root, 'packages')).flatMap((name) => [
    [`packages/${name}/dist`, `packages/${name}/src`],
    [`packages/${name}/dist-test`, `packages/${name}/test`],
  ]);
  return [...packages, ['dist-test', 'test']];
}

function sweep(output, source) {
  if (!existsSync(output)) return;
  for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const stem = /^(.*)\.(?:js|d\.ts)(?:\.map)?$/.exec(relative(output, path))?.[1];
    if (stem === undefined) continue;
    const sources = [`${stem}.ts`, `${stem}.tsx`, `${stem}.mts`].map((name) => join(source, name));
    if (!sources.some((candidate) => existsSync(candidate))) rmSync(path);
  }
}
