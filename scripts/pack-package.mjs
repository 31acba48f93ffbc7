// Stages one package: third-party code is bundled into the files that are published, so an installed envctl loads a few
// files of ours and has few dependencies. What stays external is what must be one copy (`@oclif/core`, `@envctl/core`),
// what oclif finds by name (its plugins), peers, and optional packages with binaries.
import { build } from 'esbuild';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundledPackages, licenceTexts } from './pack-licences.mjs';

const alwaysExternal = [/^@oclif\//, /^@envctl\//, /^envctl$/];

/**
 * Core carries the oclif it runs on: apart it is 120 files, a third of a command's time. oclif lets commands of different
 * copies meet; plugins keep finding theirs by name.
 */
const bundledDespite = { '@envctl/core': ['@oclif/core'] };

/**
 * Every entry is one file, and what it asks for later is in it and runs later: reading twenty files costs Node more than
 * compiling one. Core's entries share a module, `dist/all.js`, of which each entry names its part; the fast door is apart,
 * and leads to it through `dist/boot/run-oclif.js`.
 */
const gatheredIn = {
  '@envctl/core': { isGathered: (path) => path !== 'dist/boot/door.js', more: ['dist/boot/run-oclif.js'] },
};

/** Writes <directory>/pack anew. Throws when an entry the manifest names was not built. */
export async function stagePackage(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const target = join(directory, 'pack');
  rmSync(target, { recursive: true, force: true });

  const entries = findEntries(directory, manifest);
  const outputs = await bundle(directory, manifest, entries, gatheredIn[manifest.name]);
  for (const { path, contents } of outputs.files) writeStaged(join(target, relative(directory, path)), contents);
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
    ...Object.values(manifest.bin ?? {}),
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
  const more = (gathering?.more ?? []).map((path) => join(directory, path));
  const gathered = [...entries.filter((path) => gathering?.isGathered(relative(directory, path)) === true), ...more];
  const entryPoints = gathered.length === 0 ? entries : [...entries.filter((path) => !gathered.includes(path)), { in: gatheredModule, out: 'dist/all' }];
  const outside = Object.keys({ ...manifest.peerDependencies, ...manifest.optionalDependencies });
  const inside = bundledDespite[manifest.name] ?? [];
  const isExternal = (name) => !inside.includes(name) && (outside.includes(name) || alwaysExternal.some((pattern) => pattern.test(name)));
  const { outputFiles, metafile } = await build({
    entryPoints: entryPoints.map((entry) => (typeof entry === 'string' ? { in: entry, out: relative(directory, entry).replace(/\.js$/, '') } : entry)),
    absWorkingDir: directory,
    outdir: directory,
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    // Less to read and compile at every command. Names stay: stacks are read by people, and packages look at function names.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [gatheredEntries(directory, gathered), externals(isExternal, more), ownPlaces(directory, manifest.name, entries.filter((path) => !gathered.includes(path))), withoutRuntimeGuesses()],
  });
  return {
    inputs: Object.keys(metafile.inputs),
    files: [...outputFiles.map(({ path, text }) => ({ path, contents: withCommonJsNames(text) })), ...(await gatheredStubs(directory, gathered))],
  };
}

const gatheredModule = 'envctl-gathered';

/** A module with a namespace for every gathered entry. */
function gatheredEntries(directory, gathered) {
  return {
    name: 'gathered-entries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${gatheredModule}$`) }, ({ path }) => ({ path, namespace: gatheredModule }));
      onLoad({ filter: /.*/, namespace: gatheredModule }, () => ({
        contents: gathered.map((path, index) => `export * as e${index} from ${JSON.stringify(path)};`).join('\n'),
        resolveDir: directory,
      }));
    },
  };
}

/** What stands at the path of a gathered entry. */
async function gatheredStubs(directory, gathered) {
  return Promise.all(
    gathered.map(async (path, index) => {
      const names = Object.keys(await import(pathToFileURL(path).href));
      const all = join(directory, 'dist/all.js');
      const specifier = relative(dirname(path), all);
      const parts = names.map((name) => (name === 'default' ? `export default part.default;` : `export const ${name} = part.${name};`));
      return { path, contents: `import { e${index} as part } from ${JSON.stringify(specifier.startsWith('.') ? specifier : `./${specifier}`)};\n${parts.join('\n')}\n` };
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

/**
 * pg asks whether it runs in another runtime by making a Response, which has Node load its whole fetch client: a
 * quarter of a command's time for an answer that is known here.
 */
function withoutRuntimeGuesses() {
  return {
    name: 'without-runtime-guesses',
    setup({ onLoad }) {
      onLoad({ filter: /\/pg\/lib\/stream\.js$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const opening = 'function isCloudflareRuntime() {';
        if (!text.includes(opening)) throw new Error(`${path} no longer has ${opening} see withoutRuntimeGuesses`);
        return { contents: text.replace(opening, `${opening} return false;`), loader: 'js' };
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

/** Bundled CommonJS asks for \`require\` and its directory; only the files that do get them. */
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
    if (path.endsWith('.json')) writeStaged(join(target, 'dist', path), readFileSync(join(directory, 'dist', path)));
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
    files: [...(manifest.files ?? []), 'THIRD-PARTY-LICENCES.txt'],
    ...(external.length > 0 ? { dependencies: Object.fromEntries(external) } : {}),
  };
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
