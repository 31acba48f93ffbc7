import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { run, runOrThrow } from './packaging/run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(join(root, 'packages'));
/** The files each command loads of an installed envctl; every one costs a millisecond or two. */
const loadedFiles = JSON.parse(readFileSync(join(root, 'test/bench/loaded-files.json'), 'utf8')) as Readonly<Record<string, readonly string[]>>;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

describe('packed packages', function () {
  this.timeout(240_000);
  let directory: string;
  let prefix: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-pack-'));
    prefix = join(directory, 'prefix');
    await mkdir(prefix);
    await runOrThrow(process.execPath, [join(root, 'scripts/pack.mjs')], { cwd: root });
    const tarballs = await Promise.all(names.map((name) => pack(name, directory)));
    await writeFile(join(prefix, 'package.json'), '{"private":true}');
    await runOrThrow('npm', ['install', '--prefer-offline', '--omit=optional', '--loglevel=error', ...tarballs], { cwd: prefix });
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it('run: envctl --version', async () => {
    const { code, stdout } = await envctl('--version');
    expect(code).to.equal(0);
    expect(stdout).to.include(readManifest(join(root, 'packages/cli')).version);
  });

  it('run: envctl list-commands --json', async () => {
    const { code, stdout } = await envctl('list-commands', '--json');
    expect(code).to.equal(0);
    const document = JSON.parse(stdout) as { readonly contract_version: string };
    expect(document.contract_version).to.match(/^envctl\.list-commands\.v\d+$/);
  });

  for (const [line, budget] of Object.entries(loadedFiles)) {
    it(`load for envctl ${line} what they are allowed to, and nothing more`, async () => {
      const repository = join(directory, 'repository');
      await mkdir(repository, { recursive: true });
      await runOrThrow('git', ['init', '--quiet', repository], { cwd: directory });
      await writeFile(join(repository, '.envctl'), 'ENVCTL_DEFAULT_MODE=main\nENVCTL_BACKEND_START_CMD=true\n');
      for (const mode of ['production', 'development']) {
        const coverage = await mkdtemp(join(directory, 'loaded-'));
        await envctlIn(repository, { NODE_V8_COVERAGE: coverage, NODE_ENV: mode }, ...line.split(' '));
        expect(filesLoaded(coverage, join(prefix, 'node_modules')), mode).to.deep.equal(budget);
      }
    });
  }

  it('find every module they export', async () => {
    for (const name of names) {
      const manifest = installed(name);
      for (const entry of Object.keys(manifest.exports ?? {}).filter((path) => !path.endsWith('.json'))) {
        const specifier = `${manifest.name}${entry.slice(1)}`;
        const script = `await import(${JSON.stringify(specifier)})`;
        await runOrThrow(process.execPath, ['--input-type=module', '--eval', script], { cwd: prefix });
        // Who requires the door gets the loader of it.
        if (entry === './door' || typeof manifest.exports?.[entry] !== 'object' || !('require' in manifest.exports[entry])) continue;
        const same = `const imported = await import(${JSON.stringify(specifier)}); const required = createRequire(process.cwd() + '/a.js')(${JSON.stringify(specifier)}); for (const name of Object.keys(imported)) if (name !== 'default' && imported[name] !== required[name]) throw new Error(name);`;
        await runOrThrow(process.execPath, ['--input-type=module', '--eval', `import { createRequire } from 'node:module'; ${same}`], { cwd: prefix });
      }
    }
  });

  it('import nothing they do not depend on', () => {
    for (const name of names) {
      const manifest = installed(name);
      const known = new Set([
        manifest.name,
        // pg takes it when a user has put it there.
        'pg-native',
        ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }),
      ]);
      const foreign = codeFiles(join(prefix, 'node_modules', manifest.name)).flatMap((path) =>
        packagesImportedBy(path)
          .filter((imported) => !known.has(imported))
          .map((imported) => `${path}: ${imported}`),
      );
      expect(foreign).to.deep.equal([]);
    }
  });

  it('depend on oclif, core and binaries alone; their plugins take any core below the next major', () => {
    for (const name of names) {
      const { dependencies = {}, peerDependencies = {} } = installed(name);
      expect(Object.keys(dependencies).filter((dependency) => !/^@(?:oclif|envctl)\//.test(dependency))).to.deep.equal([]);
      if (name.startsWith('plugin-')) {
        expect(Object.keys(dependencies)).to.not.include('@envctl/core');
        expect(peerDependencies['@envctl/core']).to.equal('>=0.1.0 <2');
      }
    }
  });

  it('carry a licence, no tests, no sources and no maps', () => {
    for (const name of names) {
      const files = readdirSync(join(prefix, 'node_modules', installed(name).name), { recursive: true, encoding: 'utf8' });
      expect(files).to.include('LICENSE');
      expect(files.filter((path) => /(?:\.map|\.tsbuildinfo|(?<!\.d)\.ts|\.test\.js)$/.test(path))).to.deep.equal([]);
    }
  });

  it('name the licences of what they bundle', () => {
    const text = readFileSync(join(prefix, 'node_modules/@envctl/core/THIRD-PARTY-LICENCES.txt'), 'utf8');
    for (const bundled of ['execa', 'pino', 'zod', 'tsyringe']) expect(text).to.match(new RegExp(`^${bundled} \\d`, 'm'));
  });

  it('give an author types that compile', async () => {
    const program = `
      import { defineExtension, EnvctlError, type PluginManifest } from '@envctl/core';
      export const manifest: PluginManifest = { apiVersion: 1, contributes: {} };
      export default defineExtension({ activate() { throw new EnvctlError('ENVCTL_E_BUG', 'x'); } });`;
    await writeFile(join(prefix, 'author.mts'), program);
    const { code, stdout } = await run(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--strict', '--module', 'NodeNext', '--target', 'ES2023', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'author.mts'],
      ],
      { cwd: prefix },
    );
    expect(stdout).to.equal('');
    expect(code).to.equal(0);
  });

  function envctl(...args: readonly string[]): ReturnType<typeof run> {
    return envctlIn(directory, {}, ...args);
  }

  function envctlIn(cwd: string, more: Readonly<Record<string, string>>, ...args: readonly string[]): ReturnType<typeof run> {
    const env = { ...more, HOME: directory, XDG_STATE_HOME: join(directory, 'state'), XDG_CACHE_HOME: join(directory, 'cache'), XDG_DATA_HOME: join(directory, 'data') };
    return run(join(prefix, 'node_modules/.bin/envctl'), args, { cwd, env });
  }

  function installed(name: string): Manifest {
    return readManifest(join(prefix, 'node_modules', readManifest(join(root, 'packages', name)).name));
  }
});

describe('package-lock.json', () => {
  it('holds no download address, so that any registry serves it', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean; readonly integrity?: string }>>;
    };
    const addressed = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined && entry.link !== true);
    expect(addressed.map(([path]) => path)).to.deep.equal([]);
    for (const [path, entry] of Object.entries(lock.packages)) {
      if (entry.link === true) expect(existsSync(join(root, entry.resolved ?? '')), path).to.equal(true);
    }
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).to.not.match(/https?:\/\/[^"]*\.tgz/);
  });
});

async function pack(name: string, destination: string): Promise<string> {
  const args = ['pack', join(root, 'packages', name, 'pack'), '--pack-destination', destination, '--json', '--loglevel=error'];
  const { stdout } = await runOrThrow('npm', args, { cwd: destination });
  const report = JSON.parse(stdout) as readonly { readonly filename: string }[] | Readonly<Record<string, { readonly filename: string }>>;
  const [entry] = Object.values(report);
  return join(destination, (entry?.filename ?? '').replace('@', '').replace('/', '-'));
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

function codeFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js') && !path.includes('node_modules/'))
    .map((path) => join(directory, path));
}

/** Packages a file imports: statements, import() and createRequire()() of a literal; builtins left out. */
/** Script files below `base` that a process loaded, by what it told the coverage directory. */
function filesLoaded(coverage: string, base: string): readonly string[] {
  const reports = readdirSync(coverage).map((name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { readonly result: readonly { readonly url: string }[] });
  const paths = reports.flatMap(({ result }) => result.map(({ url }) => url)).filter((url) => url.startsWith('file://')).map((url) => fileURLToPath(url));
  return [...new Set(paths)].filter((path) => path.startsWith(`${base}/`)).map((path) => path.slice(base.length + 1)).sort();
}

function packagesImportedBy(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const { importedFiles } = ts.preProcessFile(text, true, false);
  const required = [...text.matchAll(/createRequire\w*\([^()]*(?:\([^()]*\))?\)\(["']([^"']+)["']\)/g)].map((match) => match[1] ?? '');
  return [...importedFiles.map(({ fileName }) => fileName), ...required]
    .filter((specifier) => !/^[./]|^node:/.test(specifier))
    .map((specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/'))
    // In minified code the scanner also takes text between other quotes for a specifier.
    .filter((name) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(name))
    .filter((name) => !builtinModules.includes(name));
}
