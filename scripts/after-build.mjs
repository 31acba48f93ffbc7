// After `tsc -b`: an oclif manifest for each package that has one, and the merged manifest of the fast door.
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Config, Plugin, settings } from '@oclif/core';

const workspace = fileURLToPath(new URL('..', import.meta.url));
settings.enableAutoTranspile = false;

for (const name of readdirSync(join(workspace, 'packages')).sort()) {
  const root = join(workspace, 'packages', name);
  if (!existsSync(join(root, 'package.json'))) continue;
  if (pjsonOf(root).oclif === undefined) continue;
  const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true });
  await plugin.load();
  writeIfChanged(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
}

const cli = join(workspace, 'packages/cli');
const { toDoorManifest } = await import(pathToFileURL(join(workspace, 'packages/core/dist/boot/index.js')).href);
const { discoverPlugins, judgeCommands, readDeclarations } = await import(pathToFileURL(join(workspace, 'packages/core/dist/host/index.js')).href);
const config = await Config.load({ root: cli, userPlugins: false, devPlugins: false });
const judged = judgeCommands(config.getPluginsList());
if (judged.warnings.length > 0) throw new Error(judged.warnings.join('\n'));
writeIfChanged(join(cli, 'dist/door.json'), JSON.stringify(toDoorManifest(config.getPluginsList(), { version: config.version, key: '' }, readDeclarations(discoverPlugins(config.plugins.values())), judged)));
for (const file of Object.values(pjsonOf(cli).bin)) chmodSync(join(cli, file), 0o755);

function pjsonOf(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
}
