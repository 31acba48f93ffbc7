// Plugins like those of third parties: a dependency, config keys, a signal and commands each, linked into the product.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Links `count` plugins; the next command merges their manifests. */
export function linkPlugins(product, count) {
  for (let index = 1; index <= count; index += 1) {
    const root = join(product.directory, 'plugins', `plugin-${index}`);
    writePlugin(root, `bench-${index}`, `BENCH_${index}`, 7600 + index);
    const { status, stderr } = product.envctl('plugins', 'link', '--no-install', root);
    if (status !== 0) throw new Error(stderr);
  }
  // Not the fast door's to answer: here the manifests are merged and kept.
  product.envctl('plugins');
}

function writePlugin(root, id, key, port) {
  const commands = ['show', 'clear', 'push'].map((word) => `${id}:${word}`);
  const flags = Object.fromEntries(['json', 'repo', 'project', 'service', 'level', 'since'].map((name) => [name, { name, type: name === 'json' ? 'boolean' : 'option', summary: `The ${name} of it.`, multiple: false, allowNo: false }]));
  const manifest = {
    name: `envctl-plugin-${id}`,
    version: '1.0.0',
    type: 'module',
    exports: { './package.json': './package.json' },
    oclif: { commands: './dist/commands', topicSeparator: ' ' },
    envctl: {
      apiVersion: 1,
      extension: './dist/extension.js',
      contributes: {
        dependencies: [{
          id, displayName: id, order: 900, resources: [{ name: 'primary', portKey: id, configKey: `${key}_PORT`, defaultPort: port }],
          enableKeys: { main: [`${key}_MAIN_ENABLE`], trees: [`${key}_TREES_ENABLE`] }, defaultEnabled: { main: false, trees: false },
        }],
        config: ['PORT', 'HOST', 'USER', 'LEVEL'].map((word) => (word === 'PORT'
          ? { key: `${key}_PORT`, type: 'integer', default: String(port), description: `Port of ${id}.` }
          : { key: `${key}_${word}`, type: 'string', description: `${word} of ${id}.` })),
        signals: [{ event: `${id.replaceAll('-', '_')}.server.started`, phase: 'runtime', fields: { port: 'plain' } }],
      },
    },
  };
  const entries = commands.map((command) => [command, {
    id: command, aliases: [], args: {}, flags, hasDynamicHelp: false, hiddenAliases: [], strict: true, summary: `Does ${command}.`,
    pluginName: manifest.name, pluginType: 'link', isESM: true, relativePath: ['dist', 'commands', ...`${command}.js`.split(':')],
    envctl: { family: 'utility', bootstrap: 'skip', statePolicy: 'none', mutates: false },
  }]);
  for (const command of commands) write(join(root, 'dist/commands', `${command.replace(':', '/')}.js`), 'export default class {}\n');
  write(join(root, 'dist/extension.js'), 'export default {};\n');
  write(join(root, 'package.json'), JSON.stringify(manifest));
  write(join(root, 'oclif.manifest.json'), JSON.stringify({ version: '1.0.0', commands: Object.fromEntries(entries) }));
}

function write(path, text) {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}
