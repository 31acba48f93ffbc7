// Stages one package: third-party code is bundled into the files that are published, so an installed envctl loads a few
// files of ours and has few dependencies. What stays external is what must be one copy (`@oclif/core`, `@envctl/core`),
// what oclif finds by name (its plugins), peers, and optional packages with binaries.
import { build } from 'esbuild';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledPackages, licenceTexts } from './pack-licences.mjs';

const alwaysExternal = [/^@oclif\//, /^@envctl\//, /^envctl$/];

/**
 * Core carries the oclif it runs on: apart it is 120 files, a third of a command's time. oclif lets commands of different
 * copies meet; plugins keep finding theirs by name.
 */
const bundledDespite = { '@envctl/core': ['@oclif/core'] };

/**
 * Entries share a bundle, `dist/all.cjs`, of which each entry names its part and runs no other, and what a part asks for later
 * is in it and runs later: reading twenty files costs Node more than compiling one. `dist/load.cjs` loads the bundle with the code
 * V8 compiled before (packages/core/src/boot/load-bundle.ts); every entry is there for who requires it and for who imports it. Core's fast door is a bundle apart, and leads to the other through
 * `runLine`; what only some of its commands need is in `besides`, bundles of their own with all they import
 * (packages/core/src/boot/packed-core.ts).
 */
const gatheredIn = {
  '@envctl/core': { door: 'dist/boot/door.js', runLine: 'dist/boot/run-line.js', besides: ['dist/boot/hot-inspection.js', 'dist/boot/hot-plan.js'] },
  '@envctl/plugin-postgres': {},
  '@envctl/plugin-redis': {},
};
const bundleLoaderModule = fileURLToPath(new URL('../packages/core/dist/boot/load-bundle.js', import.meta.url));
const packedCoreModule = fileURLToPath(new URL('../packages/core/dist/boot/packed-core.js', import.meta.url));

/** Programs whose packages are ES modules, as CommonJS: Node sets up no module loader for a command that needs none. */
const programs = {
  envctl: {
    'bin/run.js': [
      '#!/usr/bin/env node',
      `'use strict';`,
      `require('node:module').enableCompileCache?.();`,
      `require('@envctl/core/door').runCli({ packageRoot: require('node:path').join(__dirname, '..'), argv: process.argv.slice(2) });`,
      '',
    ].join('\n'),
    'bin/package.json': '{ "type": "commonjs" }\n',
  },
};

/** Writes `target` anew. Throws when an entry the manifest names was not built. */
export async function stagePackage(directory, target = join(directory, 'pack')) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  rmSync(target, { recursive: true, force: true });

  const entries = findEntries(directory, manifest);
  const outputs = await bundle(directory, manifest, entries, gatheredIn[manifest.name]);
  for (const { path, contents } of outputs.files) writeStaged(join(target, relative(directory, path)), contents);
  for (const [path, contents] of Object.entries(programs[manifest.name] ?? {})) writeStaged(join(target, path), contents);
  for (const bin of Object.values(manifest.bin ?? {})) chmodSync(join(target, bin), 0o755);

  const typeFiles = findTypeFiles(directory, manifest);
  for (const path of typeFiles) writeStaged(join(target, path), readFileSync(join(directory, path)));
  copyAssets(directory, manifest, target);

  const bundled = bundledPackages(outputs.inputs, directory);
  if (bundled.length > 0) writeStaged(join(target, 'THIRD-PARTY-LICENCES.txt'), licenceTexts(bundled));
  const kept = new Set(typeFiles.flatMap((path) => packagesNamedIn(readFileSync(join(directory, path), 'utf8'))));
  writeStaged(join(target, 'package.json'), `${JSON.stringify(toPublished(manifest, kept), null, 2)}\n`);
  return { ...measure(target), bundled: bundled.map(({ name }) => name) };
}

/** Files something outside the import graph loads by path: exports, bin, oclif commands and hooks, the extension module. */
function findEntries(directory, manifest) {
  const commands = typeof manifest.oclif?.commands === 'string' ? manifest.oclif.commands : manifest.oclif?.commands?.target;
  const hooks = Object.values(manifest.oclif?.hooks ?? {}).flat();
  const named = [
    ...Object.values(manifest.exports ?? {}).map((target) => (typeof target === 'string' ? target : target.default)),
    ...Object.values(manifest.bin ?? {}).filter((path) => !Object.hasOwn(programs[manifest.name] ?? {}, join(path))),
    ...hooks.map((hook) => (hook.endsWith('.js') ? hook : `${hook}.js`)),
    ...(manifest.envctl?.extension === undefined ? [] : [manifest.envctl.extension]),
    ...(commands === undefined ? [] : commandFiles(directory, commands)),
  ].filter((path) => path.endsWith('.js'));
  const missing = named.filter((path) => !existsSync(join(directory, path)));
  if (missing.length > 0) throw new Error(`${manifest.name}: named in package.json and not built: ${missing.join(', ')}`);
  return [...new Set(named.map((path) => join(directory, path)))];
}

function commandFiles(directory, commands) {
  const base = join(directory, commands);
  if (base.endsWith('.js')) return [commands];
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: true })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(commands, path));
}

async function bundle(directory, manifest, entries, gathering) {
  const at = (path) => (path === undefined ? [] : [join(directory, path)]);
  const door = at(gathering?.door);
  const runLine = at(gathering?.runLine);
  const besides = (gathering?.besides ?? []).flatMap(at);
  const gathered = gathering === undefined ? [] : [...entries.filter((path) => !door.includes(path)), ...runLine];
  const apart = gathering === undefined ? entries : [];
  const outside = Object.keys({ ...manifest.peerDependencies, ...manifest.optionalDependencies });
  const inside = bundledDespite[manifest.name] ?? [];
  const isExternal = (name) => !inside.includes(name) && (outside.includes(name) || alwaysExternal.some((pattern) => pattern.test(name)));
  const common = {
    absWorkingDir: directory,
    outdir: directory,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    // Less to read and compile at every command. Names stay: stacks are read by people, and packages look at function names.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const plugins = [ownPlaces(directory, manifest.name, apart), lateRequires(), withKnownAnswers()];
  if (gathered.length === 0) {
    const { outputFiles, metafile } = await build({
      ...common,
      entryPoints: apart.map((entry) => ({ in: entry, out: relative(directory, entry).replace(/\.js$/, '') })),
      format: 'esm',
      plugins: [externals(isExternal, []), ...plugins],
    });
    return { inputs: Object.keys(metafile.inputs), files: outputFiles.map(({ path, text }) => ({ path, contents: withCommonJsNames(text) })) };
  }

  const toScript = async (entry, name, more) => {
    const { outputFiles, metafile } = await build({ ...common, entryPoints: [{ in: entry, out: `dist/${name}` }], format: 'cjs', define: { 'import.meta.url': '__address' }, plugins: [...more, ...plugins] });
    return { metafile, file: { path: join(directory, `dist/${name}.cjs`), contents: toScriptText(outputFiles[0].text) } };
  };
  const all = await toScript(gatheredModule, 'all', [gatheredEntries(directory, gathered), externals(isExternal, [])]);
  const fast = await Promise.all([...door, ...besides].map((entry) => toScript(entry, basename(entry, '.js'), [externals(isExternal, [...runLine, ...besides])])));
  const shared = sharedModules(all.metafile);
  if (door.length > 0 && shared.length > 0) throw new Error(`${manifest.name}: its program is CommonJS and cannot import ${shared.join(', ')}`);
  return {
    inputs: [all, ...fast].flatMap(({ metafile }) => Object.keys(metafile.inputs)),
    files: [
      ...[all, ...fast].map(({ file }) => file),
      ...(door.length === 0 ? await bundleLoader(directory, shared, common) : await packedCore(directory, door[0], besides, `e${gathered.indexOf(runLine[0])}`, common)),
      ...(await gatheredStubs(directory, gathered.filter((path) => !runLine.includes(path)))),
      ...requiredEntries(directory, manifest, gathered, toRequired(gathering.door ?? 'dist/load.js')),
    ],
  };
}

const gatheredModule = 'envctl-gathered';

/** A module with a getter for every gathered entry: an entry runs when it is first asked for. */
function gatheredEntries(directory, gathered) {
  return {
    name: 'gathered-entries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${gatheredModule}$`) }, ({ path }) => ({ path, namespace: gatheredModule }));
      onLoad({ filter: /.*/, namespace: gatheredModule }, () => ({
        contents: `module.exports = {\n${gathered.map((path, index) => `get e${index}() { return require(${JSON.stringify(path)}); },`).join('\n')}\n};`,
        resolveDir: directory,
      }));
    },
  };
}

/** The bundle is run as a script, which has no import() of its own; and it is read as Latin-1, the form V8 keeps. */
function toScriptText(text) {
  // Node's own libraries are required: an import sets up its loader for ES modules, which takes longer than the library.
  const scripted = text.replaceAll(/(?<![\w$."'`])import\(("node:[\w/]+")\)/g, 'Promise.resolve(require($1))').replaceAll(/(?<![\w$."'`])import\(/g, '__import(');
  const body = `(function (exports, require, module, __filename, __dirname, __import, __address) {${scripted}\n})`;
  const bytes = Buffer.from(body, 'latin1');
  if (bytes.toString('latin1') !== body) throw new Error('a bundle has characters beyond Latin-1; load-bundle.ts reads it so');
  return bytes;
}

/** ES modules the bundle requires: a script cannot, so its loader imports them. */
function sharedModules({ outputs }) {
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return [...new Set(imported.filter((path) => /^@envctl\//.test(path)))];
}

/** CommonJS, so that a command sets up no loader for ES modules; what imports the package finds the same bundle through it. */
async function bundleLoader(directory, shared, common) {
  const lines = [
    `import { codeCacheDirectory, loadBundle } from ${JSON.stringify(bundleLoaderModule)};`,
    `const shared = { ${shared.map((name) => `${JSON.stringify(name)}: require(${JSON.stringify(name)})`).join(', ')} };`,
    `const address = require('node:url').pathToFileURL(require('node:path').join(__dirname, 'all.cjs')).href;`,
    `const parts = loadBundle({ address, shared, importModule: (specifier) => import(specifier), cacheDirectory: codeCacheDirectory(), use: '' });`,
    'module.exports = { parts: () => parts };',
  ];
  const { outputFiles } = await build({ ...common, stdin: { contents: lines.join('\n'), resolveDir: directory }, format: 'cjs', external: shared });
  return [
    { path: join(directory, 'dist/load.cjs'), contents: outputFiles[0].text },
    { path: join(directory, 'dist/all.js'), contents: `import bundle from './load.cjs';\nexport const parts = bundle.parts();\n` },
  ];
}

/** Beside what a manifest exports or names as its extension stands the same for who requires it. */
function requiredEntries(directory, manifest, gathered, loader) {
  const exported = Object.values(manifest.exports ?? {}).map((target) => target.default);
  const stub = (path, more = '') => {
    const at = gathered.indexOf(join(directory, path));
    if (at === -1) return [];
    const specifier = relative(dirname(path), loader);
    return [{ path: join(directory, toRequired(path)), contents: `module.exports = require(${JSON.stringify(specifier.startsWith('.') ? specifier : `./${specifier}`)}).parts().e${at}${more};\n` }];
  };
  const extension = manifest.envctl?.extension;
  return [...exported.filter((path) => path?.endsWith('.js')).flatMap((path) => stub(path)), ...(extension === undefined ? [] : stub(extension, '.default'))];
}

function toRequired(path) {
  return path.replace(/\.js$/, '.cjs');
}

/** Core's loader is CommonJS, for the program; what imports core finds the same bundles through it. */
async function packedCore(directory, door, besides, runLine, common) {
  const names = besides.map((path) => basename(path, '.js'));
  const lines = [
    `import { openPackedCore } from ${JSON.stringify(packedCoreModule)};`,
    `const core = openPackedCore({ directory: require('node:path').join(__dirname, '..'), besides: ${JSON.stringify(names)}, runLine: ${JSON.stringify(runLine)}, importModule: (specifier) => import(specifier) });`,
    'module.exports = core;',
  ];
  const { outputFiles } = await build({ ...common, stdin: { contents: lines.join('\n'), resolveDir: directory }, format: 'cjs' });
  const exported = Object.keys(await import(pathToFileURL(door).href));
  const loader = toRequired(door);
  const specifier = `./${basename(loader)}`;
  return [
    { path: loader, contents: outputFiles[0].text },
    { path: door, contents: [`import core from ${JSON.stringify(specifier)};`, 'const door = core.door();', ...exported.map((name) => `export const ${name} = door.${name};`), ''].join('\n') },
    { path: join(directory, 'dist/all.js'), contents: `import core from ${JSON.stringify(`./${relative(join(directory, 'dist'), loader)}`)};\nexport const parts = core.parts();\n` },
  ];
}

/** What stands at the path of a gathered entry. */
async function gatheredStubs(directory, gathered) {
  return Promise.all(
    gathered.map(async (path, index) => {
      const names = Object.keys(await import(pathToFileURL(path).href));
      const specifier = relative(dirname(path), join(directory, 'dist/all.js'));
      const named = names.map((name) => (name === 'default' ? `export default part.default;` : `export const ${name} = part.${name};`));
      const lines = [`import { parts } from ${JSON.stringify(specifier.startsWith('.') ? specifier : `./${specifier}`)};`, `const part = parts.e${index};`, ...named];
      return { path, contents: `${lines.join('\n')}\n` };
    }),
  );
}

function externals(isExternal, apart) {
  return {
    name: 'externals',
    setup({ onResolve }) {
      // The fast door finds these at their own place when it needs them.
      onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => (kind === 'dynamic-import' && apart.includes(join(resolveDir, path)) ? { path, external: true } : undefined));
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === 'entry-point' || path === gatheredModule) return undefined;
        // pg asks for pg-native inside a try: it is an addition a user may install.
        return isExternal(packageOf(path)) || path === 'pg-native' || path === 'typescript' ? { path, external: true } : undefined;
      });
    },
  };
}

/**
 * A file of ours that finds its neighbours by import.meta.url may land in a chunk elsewhere: the address it had
 * in dist is put there, counted from the package root, which is found by walking up from the chunk.
 */
function ownPlaces(directory, packageName, atHome) {
  const moduleName = 'envctl-own-place';
  return {
    name: 'own-places',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${moduleName}$`) }, ({ path }) => ({ path, namespace: moduleName }));
      onLoad({ filter: /.*/, namespace: moduleName }, () => ({ contents: ownPlaceSource(packageName), resolveDir: directory }));
      onLoad({ filter: /\/(?:dist|bin)\/.*\.js$/ }, ({ path }) => {
        if (!path.startsWith(`${directory}/`) || path.includes('/node_modules/') || atHome.includes(path)) return undefined;
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const hidden = /new URL\((['"])(\.[^'"]*\.js)\1, import\.meta\.url\)/.exec(text);
        if (hidden !== null) throw new Error(`${path} finds ${hidden[2]} by address; import it, or the package lacks it`);
        // A package loaded at the last moment, without a promise: as a plain require it is bundled, and still runs only then.
        const requiring = text.replaceAll(/\bcreateRequire\(import\.meta\.url\)\((['"])([^'"]+)\1\)/g, (_, quote, name) => `require(${quote}${name}${quote})`);
        const place = JSON.stringify(relative(directory, path));
        const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
        const body = requiring.slice(shebang.length).replaceAll('import.meta.url', `__ownPlace(${place})`);
        return { contents: `${shebang}import { ownPlace as __ownPlace } from '${moduleName}';\n${body}`, loader: 'js' };
      });
    },
  };
}

/** What packages find out or prepare at every start, and what a command knows or never needs: text, and what stands in its place. */
const knownAnswers = [
  {
    // By making a Response, which has Node load its whole fetch client: a quarter of a command's time.
    file: /\/pg\/lib\/stream\.js$/,
    text: 'function isCloudflareRuntime() {',
    answer: 'function isCloudflareRuntime() { return false;',
  },
  {
    // A parser compiled for every shape pays after hundreds of documents; a command reads ten.
    file: /\/zod\/v4\/core\/core\.js$/,
    text: 'export const globalConfig = globalThis.__zod_globalConfig;',
    answer: 'export const globalConfig = { jitless: true };',
  },
  {
    // Four functions for each of 240 commands. These are what the client itself sends and what plugin-redis asks.
    file: /\/ioredis\/built\/utils\/Commander\.js$/,
    text: 'const commands = commands_1.list.filter((command) => command !== "monitor");',
    answer: `const commands = ${JSON.stringify(['auth', 'client', 'hello', 'info', 'ping', 'psubscribe', 'quit', 'readonly', 'select', 'ssubscribe', 'subscribe'])};`,
  },
  // Web Crypto is a dozen modules of Node's around the very functions that node:crypto has.
  ...[
    ['deriveKey(password, salt, iterations)', `nodeCrypto.pbkdf2Sync(password, salt, iterations, 32, 'sha256')`],
    ['hmacSha256(keyBuffer, msg)', `nodeCrypto.createHmac('sha256', keyBuffer).update(msg).digest()`],
    ['sha256(text)', `nodeCrypto.createHash('sha256').update(text).digest()`],
  ].map(([head, value]) => ({ file: /\/pg\/lib\/crypto\/utils\.js$/, text: `async function ${head} {`, answer: `async function ${head} { return ${value};` })),
  { file: /\/pg\/lib\/crypto\/utils\.js$/, text: 'const webCrypto = nodeCrypto.webcrypto || globalThis.crypto', answer: '' },
  { file: /\/pg\/lib\/crypto\/utils\.js$/, text: 'const subtleCrypto = webCrypto.subtle', answer: 'const subtleCrypto = { digest: (...words) => nodeCrypto.webcrypto.subtle.digest(...words) }' },
  { file: /\/pg\/lib\/crypto\/utils\.js$/, text: 'return webCrypto.getRandomValues(Buffer.alloc(length))', answer: 'return nodeCrypto.randomBytes(length)' },
];

function withKnownAnswers() {
  return {
    name: 'known-answers',
    setup({ onLoad }) {
      for (const { file } of knownAnswers) onLoad({ filter: file }, ({ path }) => ({ contents: readAnswered(path), loader: 'js' }));
    },
  };
}

function readAnswered(path) {
  return knownAnswers.filter(({ file }) => file.test(path)).reduce((source, { text, answer }) => {
    if (!source.includes(text)) throw new Error(`${path} no longer has ${text} see knownAnswers`);
    return source.replace(text, answer);
  }, readFileSync(path, 'utf8'));
}

/**
 * What TypeScript made of an import, `const name_1 = require(…)`, runs at its first use here: a command needs a tenth of
 * oclif, and a probe a tenth of ioredis. Only for packages that do not depend on the order in which their modules run.
 */
function lateRequires() {
  const required = /^const (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm;
  return {
    name: 'late-requires',
    setup({ onLoad }) {
      onLoad({ filter: /\/node_modules\/(?:@oclif\/core\/lib|ioredis\/built)\/.*\.js$/ }, ({ path }) => {
        const text = readAnswered(path);
        const names = [...text.matchAll(required)].map((match) => match[1]);
        if (names.length === 0) return undefined;
        const declared = text.replaceAll(required, (_, name, call) => `let ${name}\u0000; const get\u0000${name}\u0000 = () => (${name}\u0000 ??= ${call});`);
        const used = declared.replaceAll(new RegExp(`(?<![\\w$.])(${names.join('|')})\\b(?!\\u0000)`, 'g'), '(get\u0000$1\u0000())');
        return { contents: used.replaceAll('\u0000', '__'), loader: 'js' };
      });
    },
  };
}

function ownPlaceSource(packageName) {
  return `
import { readFileSync } from 'node:fs';
export function ownPlace(path) {
  for (let base = new URL('.', import.meta.url); base.pathname !== '/'; base = new URL('..', base)) {
    try {
      if (JSON.parse(readFileSync(new URL('package.json', base), 'utf8')).name === ${JSON.stringify(packageName)}) return new URL(path, base).href;
    } catch {}
  }
  throw new Error('the package ${packageName} has no package.json above ' + import.meta.url);
}
`;
}

/** Bundled CommonJS asks for `require` and its directory; only the files that do get them. */
function withCommonJsNames(text) {
  const needsRequire = /\btypeof require\b/.test(text);
  const needsPlace = /\b__(?:dirname|filename)\b/.test(text);
  if (!needsRequire && !needsPlace) return text;
  const lines = [
    `import { createRequire as __createRequire } from 'node:module';`,
    `const require = __createRequire(import.meta.url);`,
    ...(needsPlace
      ? [`const __filename = process.getBuiltinModule('node:url').fileURLToPath(import.meta.url);`, `const __dirname = __filename.slice(0, __filename.lastIndexOf('/'));`]
      : []),
  ];
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${shebang}${lines.join('\n')}\n${text.slice(shebang.length)}`;
}

/** Declaration files the exported types reach. */
function findTypeFiles(directory, manifest) {
  const pending = Object.values(manifest.exports ?? {}).flatMap((target) => (target.types === undefined ? [] : [join(target.types)]));
  const found = new Set();
  while (pending.length > 0) {
    const path = pending.pop();
    if (found.has(path)) continue;
    found.add(path);
    for (const specifier of specifiersIn(readFileSync(join(directory, path), 'utf8'))) {
      if (specifier.startsWith('.')) pending.push(join(dirname(path), specifier.replace(/\.js$/, '.d.ts')));
    }
  }
  return [...found];
}

function specifiersIn(text) {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]);
}

function packagesNamedIn(text) {
  return specifiersIn(text)
    .filter((specifier) => !/^(?:\.|node:)/.test(specifier))
    .map(packageOf);
}

function packageOf(specifier) {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** What `files` names besides compiled code, and data that the build put beside it. */
function copyAssets(directory, manifest, target) {
  for (const path of readdirSync(join(directory, 'dist'), { recursive: true })) {
    if (!path.endsWith('.json')) continue;
    const text = readFileSync(join(directory, 'dist', path), 'utf8');
    writeStaged(join(target, 'dist', path), path === 'door.json' ? toPublishedDoor(text) : text);
  }
  const extra = ['LICENSE', 'README.md', 'CHANGELOG.md', ...(manifest.files ?? []).filter((path) => path !== 'dist' && path !== 'bin')];
  for (const path of extra) {
    if (existsSync(join(directory, path))) cpSync(join(directory, path), join(target, path), { recursive: true });
  }
}

/** The published package.json: no scripts, no bundled dependency; a dependency whose types are exported stays. */
function toPublished(manifest, typePackages) {
  const { scripts: _scripts, devDependencies: _development, dependencies = {}, ...rest } = manifest;
  const external = Object.entries(dependencies).filter(
    ([name]) => typePackages.has(name) || alwaysExternal.some((pattern) => pattern.test(name)),
  );
  return {
    ...rest,
    ...(gatheredIn[manifest.name] === undefined ? {} : { exports: withRequired(rest.exports) }),
    ...(rest.envctl === undefined ? {} : { envctl: withRequiredExtension(manifest.name, rest.envctl) }),
    files: [...(manifest.files ?? []), 'THIRD-PARTY-LICENCES.txt'],
    ...(external.length > 0 ? { dependencies: Object.fromEntries(external) } : {}),
  };
}

/** The program and bundled plugins require core; everybody else imports it. */
function withRequired(exports) {
  return Object.fromEntries(Object.entries(exports).map(([name, target]) => {
    if (!target.default?.endsWith('.js')) return [name, target];
    const { default: imported, ...rest } = target;
    return [name, { ...rest, require: toRequired(imported), default: imported }];
  }));
}

/** The extension of a gathered package is loaded as CommonJS. */
function withRequiredExtension(name, envctl) {
  return gatheredIn[name] === undefined || envctl?.extension === undefined ? envctl : { ...envctl, extension: toRequired(envctl.extension) };
}

/** The merged manifest, which tells what the package.json of each plugin says: of the published one. */
function toPublishedDoor(text) {
  const door = JSON.parse(text);
  return JSON.stringify({ ...door, plugins: door.plugins.map((plugin) => (plugin.envctl === undefined ? plugin : { ...plugin, envctl: withRequiredExtension(plugin.name, plugin.envctl) })) });
}

function writeStaged(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

function measure(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return {
    files: files.length,
    bytes: files.reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0),
  };
}
