// `npm run pack:packages [name…]`: stages every package (or the named folders) in packages/<name>/pack, ready for `npm pack`
// and `lerna publish --contents pack`. With `--to <directory>` in <directory>/<package name> instead. Needs `npm run build` first.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stagePackage } from './pack-package.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals: wanted } = parseArgs({ options: { to: { type: 'string' } }, allowPositionals: true });
const names = readdirSync(join(root, 'packages')).filter((name) => wanted.length === 0 || wanted.includes(name));

await Promise.all(
  names.map(async (name) => {
    const { files, bytes, bundled } = await stagePackage(join(root, 'packages', name), placeOf(name));
    console.log(`${name}: ${files} files, ${Math.round(bytes / 1024)} kB, bundles ${bundled.length} packages`);
  }),
);

function placeOf(folder) {
  const directory = join(root, 'packages', folder);
  if (values.to === undefined) return join(directory, 'pack');
  return join(values.to, JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).name);
}
