// `npm run pack:packages [name…]`: stages every package (or the named folders) in packages/<name>/pack, ready for `npm pack`
// and `lerna publish --contents pack`. Needs `npm run build` first.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stagePackage } from './pack-package.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const names = readdirSync(join(root, 'packages')).filter((name) => wanted.length === 0 || wanted.includes(name));

await Promise.all(
  names.map(async (name) => {
    const { files, bytes, bundled } = await stagePackage(join(root, 'packages', name));
    console.log(`${name}: ${files} files, ${Math.round(bytes / 1024)} kB, bundles ${bundled.length} packages`);
  }),
);
