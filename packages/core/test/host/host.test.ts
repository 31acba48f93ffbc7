import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { isEnvctlError, type EnvctlError } from '../../dist/contract/index.js';
import { createContainer, loadHost, readDeclarations, negotiateApiVersion, readManifest, type HostPlugin } from '../../dist/host/index.js';

// The container library brings helpers that are global: they count as a leak when they come during a test.
await createContainer();

const contract = new URL('../../dist/index.js', import.meta.url).href;
const dependency = (id: string, more: object = {}): object => ({
  id, displayName: id, order: 10, resources: [{ name: 'primary', portKey: id, configKey: `${id.toUpperCase()}_PORT`, defaultPort: 6000 }],
  enableKeys: { main: [], trees: [] }, defaultEnabled: { main: true, trees: true }, ...more,
});
const extension = (body: string, before = ''): string => `import { defineExtension } from ${JSON.stringify(contract)};\n${before}\nexport default defineExtension({ activate(ctx) { ${body} } });\n`;
const works = `{ drivers: async () => ({ available: [], missing: [] }), plan() {}, start() {}, probe() {}, project() {} }`;

describe('host', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'envctl-test-host-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const plugin = async (name: string, envctl: unknown, options: { origin?: HostPlugin['origin']; code?: string } = {}): Promise<HostPlugin> => {
    const root = join(directory, name);
    const path = join(root, 'dist/extension.mjs');
    await mkdir(dirname(path), { recursive: true });
    if (options.code !== undefined) await writeFile(path, options.code);
    return { name, version: '1.2.3', root, origin: options.origin ?? 'user', pjson: { name, ...(envctl === undefined ? {} : { envctl }) } };
  };
  const manifest = (contributes: object, more: object = {}): object => ({ apiVersion: 1, extension: './dist/extension.mjs', contributes, ...more });
  const rejection = async (promise: Promise<unknown>): Promise<EnvctlError> => {
    const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason);
    if (!isEnvctlError(error)) throw new Error(`no EnvctlError: ${String(error)}`);
    return error;
  };

  describe('config refiners', () => {
    const refiner = `ctx.configRefiner({ '~standard': { version: 1, vendor: 'toy', validate: (value) => ({ value }) } });`;
    const check = `ctx.check('toy', () => ({ run: async () => ({ status: 'pass', message: '' }) }));`;
    const keys = [{ key: 'TOY_A', type: 'string', description: 'x' }, { key: 'TOY_B', type: 'integer', description: 'x' }];

    it('are listed by the manifest, with the keys and dependencies that are the plugin\'s own, and loaded when asked for', async () => {
      const code = extension(`globalThis.toyWasLoaded = true; ${refiner} ctx.dependency('toy', () => ({}));`);
      const registry = loadHost({ plugins: [
        await plugin('a', manifest({ config: [keys[0]] })),
        await plugin('toy', manifest({ dependencies: [dependency('toy')], config: keys }, { refinesConfig: true }), { code }),
      ] });
      expect(registry.configRefiners.map(({ plugin: { name }, keys: own, dependencies }) => ({ name, own, dependencies }))).to.deep.equal([{ name: 'toy', own: ['TOY_B'], dependencies: ['toy'] }]);
      expect(globalThis).to.not.have.property('toyWasLoaded');
      const schemas = await registry.configRefiners[0]!.load();
      delete (globalThis as { toyWasLoaded?: boolean }).toyWasLoaded;
      expect(schemas.map((schema) => schema['~standard'].vendor)).to.deep.equal(['toy']);
    });

    it('of a plugin that fails reject with its diagnostic', async () => {
      const registry = loadHost({ plugins: [await plugin('broken', manifest({}, { refinesConfig: true }), { code: extension(`${refiner} throw new Error('no');`) })] });
      expect(await rejection(registry.configRefiners[0]!.load())).to.include({ code: 'ENVCTL_E_PLUGIN_ACTIVATION' });
    });

    for (const [origin, mend] of [['user', 'envctl plugins update, or: envctl plugins uninstall broken'], ['link', 'correct it, or: envctl plugins unlink broken'], ['bundled', 'install envctl again: npm install --global envctl']] as const) {
      it(`says what mends a plugin of origin ${origin}`, async () => {
        const registry = loadHost({ plugins: [await plugin('broken', manifest({}, { refinesConfig: true }), { code: extension(`${refiner} throw new Error('no');`), origin })] });
        await rejection(registry.configRefiners[0]!.load());
        expect(registry.diagnostics().map((diagnostic) => diagnostic.mend)).to.deep.equal([mend]);
      });
    }

    it('that the manifest does not declare cannot be registered', async () => {
      const registry = loadHost({ plugins: [await plugin('sly', manifest({ checks: [{ id: 'toy' }] }), { code: extension(refiner + check) })] });
      expect(registry.configRefiners).to.deep.equal([]);
      expect(await rejection(registry.check('toy'))).to.include({ code: 'ENVCTL_E_PLUGIN_UNDECLARED' });
    });

    it('that are declared and not there are diagnosed, and the rest works', async () => {
      const registry = loadHost({ plugins: [
        await plugin('lazy', manifest({ checks: [{ id: 'toy' }] }, { refinesConfig: true }), { code: extension(check) }),
        await plugin('without', { apiVersion: 1, refinesConfig: true, contributes: {} }),
      ] });
      expect(registry.configRefiners.map(({ plugin: { name } }) => name)).to.deep.equal(['lazy']);
      await registry.check('toy');
      expect(registry.diagnostics().map(({ plugin: name, code, path }) => [name, code, path])).to.deep.equal([
        ['without', 'ENVCTL_E_PLUGIN_UNREGISTERED', 'package.json#envctl.refinesConfig'],
        ['lazy', 'ENVCTL_E_PLUGIN_UNREGISTERED', 'package.json#envctl.refinesConfig'],
      ]);
    });
  });

  it('orders by manifest order, then id', async () => {
    const registry = loadHost({ plugins: [
      await plugin('b', manifest({ dependencies: [dependency('zeta', { order: 5 }), dependency('beta')], checks: [{ id: 'late' }] }, { order: 2 })),
      await plugin('a', manifest({ dependencies: [dependency('alpha')], checks: [{ id: 'soon' }] }, { order: 1 })),
    ] });
    expect(registry.dependencies.map(({ declaration }) => declaration.id)).to.deep.equal(['zeta', 'alpha', 'beta']);
    expect(registry.checks.map(({ declaration }) => declaration.id)).to.deep.equal(['soon', 'late']);
    expect(registry.diagnostics()).to.deep.equal([]);
  });

  it('drops a bad entry and keeps its neighbours', async () => {
    const registry = loadHost({ plugins: [await plugin('p', manifest({ dependencies: [dependency('good'), dependency('Bad')], config: [{ key: 'lower', type: 'string', description: 'x' }, { key: 'GOOD', type: 'string', description: 'x' }] }))] });
    expect(registry.dependencies).to.have.length(1);
    expect(registry.configKeys.map(({ declaration }) => declaration.key)).to.deep.equal(['GOOD']);
    expect(registry.diagnostics().map(({ path, code, version }) => [path, code, version])).to.deep.equal([
      ['package.json#envctl.contributes.dependencies[1].id', 'ENVCTL_E_PLUGIN_MANIFEST', '1.2.3'],
      ['package.json#envctl.contributes.config[0].key', 'ENVCTL_E_PLUGIN_MANIFEST', '1.2.3'],
    ]);
  });

  const heads: readonly (readonly [name: string, head: unknown, path: string])[] = [
    ['no object', 'x', 'package.json#envctl'],
    ['no contributes', { apiVersion: 1 }, 'package.json#envctl.contributes'],
    ['a fraction as version', { apiVersion: 1.5, contributes: {} }, 'package.json#envctl.apiVersion'],
    ['an extension outside the package', { apiVersion: 1, extension: './../../x.js', contributes: {} }, 'package.json#envctl.extension'],
    ['an absolute extension', { apiVersion: 1, extension: '/x.js', contributes: {} }, 'package.json#envctl.extension'],
  ];
  for (const [name, head, path] of heads) {
    it(`drops a plugin whose head has ${name}`, async () => {
      const registry = loadHost({ plugins: [await plugin('bad', head), await plugin('good', manifest({ checks: [{ id: 'c' }] }))] });
      expect(registry.checks).to.have.length(1);
      expect(registry.diagnostics().map((one) => [one.plugin, one.path, one.code])).to.deep.equal([['bad', path, 'ENVCTL_E_PLUGIN_MANIFEST']]);
    });
  }

  const entries: readonly (readonly [name: string, kind: string, entry: unknown])[] = [
    ['an enum without values', 'config', { key: 'A', type: 'enum', description: 'x' }],
    ['values on a string', 'config', { key: 'A', type: 'string', values: ['x'], description: 'x' }],
    ['a default that is no integer', 'config', { key: 'A', type: 'integer', default: 'x', description: 'x' }],
    ['a default outside the enum', 'config', { key: 'A', type: 'enum', values: ['a'], default: 'b', description: 'x' }],
    ['a reserved event field', 'signals', { event: 'a.b', phase: 'runtime', fields: { trace_id: 'plain' } }],
    ['an unknown field rule', 'signals', { event: 'a.b', phase: 'runtime', fields: { x: 'keep' } }],
    ['an event of one word', 'signals', { event: 'a', phase: 'runtime', fields: {} }],
    ['a port of 0', 'dependencies', dependency('d', { resources: [{ name: 'p', portKey: 'p', configKey: 'P', defaultPort: 0 }] })],
    ['an unknown surface kind', 'surfaces', { id: 's', kind: 'hologram' }],
    ['null', 'checks', null],
  ];
  for (const [name, kind, entry] of entries) {
    it(`refuses an entry with ${name}`, () => {
      const reading = readManifest({ name: 'p', version: '1' }, manifest({ [kind]: [entry] }));
      expect(reading.manifest?.contributes[kind as 'checks']).to.deep.equal([]);
      expect(reading.diagnostics).to.not.deep.equal([]);
    });
  }

  it('refuses a factory entry without an extension module', () => {
    const reading = readManifest({ name: 'p', version: '1' }, { apiVersion: 1, contributes: { checks: [{ id: 'c' }], families: [{ id: 'f', title: 'F' }] } });
    expect(reading.diagnostics.map(({ code }) => code)).to.deep.equal(['ENVCTL_E_PLUGIN_UNREGISTERED']);
    expect(reading.manifest?.contributes.families).to.have.length(1);
  });

  for (const [plugin_, host, agreed] of [[[1, 1], [1, 1], 1], [[1, 9], [2, 3], 3], [[4, 5], [1, 3], undefined], [[1, 1], [2, 3], undefined], [[3, 3], [1, 3], 3]] as const) {
    it(`negotiates ${plugin_.join('-')} with ${host.join('-')} to ${agreed ?? 'nothing'}`, () => {
      expect(negotiateApiVersion({ min: plugin_[0], max: plugin_[1] }, { min: host[0], max: host[1] })).to.equal(agreed);
    });
  }

  it('names both sides when no version is shared', async () => {
    const registry = loadHost({ plugins: [await plugin('future', manifest({ checks: [{ id: 'c' }] }, { apiVersion: { min: 7, max: 8 } }))] });
    expect(registry.checks).to.deep.equal([]);
    expect(registry.diagnostics()[0]?.message).to.include('7 to 8').and.to.include('this envctl 1');
  });

  it('does not judge again what was judged without a fault, nor looks for a plugin before its code is wanted', async () => {
    const judged = (envctl: object): HostPlugin => ({ name: 'judged', version: '1.2.3', origin: 'user', pjson: { envctl }, judged: true, get root(): string { throw new Error('looked for'); } });
    const registry = loadHost({ plugins: [judged(manifest({ checks: [{ id: 'c' }, { id: 'no id' }] }))] });
    expect(registry.checks.map(({ declaration }) => declaration.id)).to.deep.equal(['c', 'no id']);
    expect(registry.diagnostics()).to.deep.equal([]);
    const newer = loadHost({ plugins: [judged(manifest({ checks: [{ id: 'c' }] }, { apiVersion: 7 }))] });
    expect(newer.diagnostics().map(({ code }) => code)).to.deep.equal(['ENVCTL_E_PLUGIN_API_VERSION']);
  });

  it('loads an extension in CommonJS', async () => {
    const one = await plugin('common', manifest({ checks: [{ id: 'c' }] }, { extension: './dist/extension.cjs' }));
    const lines = [
      `const { defineExtension } = globalThis[Symbol.for('envctl-test/contract')];`,
      `module.exports = defineExtension({ activate(ctx) { ctx.check('c', () => ({ run: async () => ({ status: 'pass', message: typeof require }) })); } });`,
    ];
    await writeFile(join(one.root, 'dist/extension.cjs'), lines.join('\n'));
    (globalThis as Record<symbol, unknown>)[Symbol.for('envctl-test/contract')] = await import(contract);
    const check = await loadHost({ plugins: [one] }).check('c');
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('envctl-test/contract')];
    expect(await check.run({} as never)).to.deep.equal({ status: 'pass', message: 'function' });
    const registry = loadHost({ plugins: [await plugin('absent', manifest({ checks: [{ id: 'c' }] }, { extension: './dist/extension.cjs' }))] });
    expect(await rejection(registry.check('c'))).to.include({ code: 'ENVCTL_E_PLUGIN_EXTENSION_MISSING' });
  });

  it('resolves clashes in the order core, bundled, user, linked, whatever the load order', async () => {
    const origins: readonly HostPlugin['origin'][] = ['link', 'user', 'bundled', 'core'];
    const plugins = await Promise.all(origins.map((origin) => plugin(origin, manifest({ checks: [{ id: 'same' }] }), { origin })));
    const registry = loadHost({ plugins });
    expect(registry.checks.map((one) => one.plugin.name)).to.deep.equal(['core']);
    expect(registry.diagnostics().map((one) => [one.plugin, one.code])).to.deep.equal([['bundled', 'ENVCTL_E_PLUGIN_CLASH'], ['user', 'ENVCTL_E_PLUGIN_CLASH'], ['link', 'ENVCTL_E_PLUGIN_CLASH']]);
    expect(registry.diagnostics().map(({ mend }) => mend.split(': ')[1]).slice(1)).to.deep.equal(['envctl plugins uninstall user', 'envctl plugins unlink link']);
  });

  it('sees an alias of a config key as a clash too', async () => {
    const key = (name: string, aliases: readonly string[]): object => ({ key: name, type: 'string', description: 'x', aliases });
    const registry = loadHost({ plugins: [await plugin('a', manifest({ config: [key('A', ['B'])] })), await plugin('b', manifest({ config: [key('B', [])] }))] });
    expect(registry.configKeys.map(({ declaration }) => declaration.key)).to.deep.equal(['A']);
    expect(registry.diagnostics()[0]?.plugin).to.equal('b');
  });

  it('keeps the keys of core for core, and says so', async () => {
    const key = (name: string): object => ({ key: name, type: 'string', description: 'x' });
    const { configKeys, diagnostics } = readDeclarations([await plugin('a', manifest({ config: [key('BACKEND_DIR'), key('A')] }))], new Set(['BACKEND_DIR']));
    expect(configKeys.map((declared) => declared.key)).to.deep.equal(['A']);
    expect(diagnostics).to.have.length(1);
    expect(diagnostics[0]).to.include({ plugin: 'a', code: 'ENVCTL_E_PLUGIN_CLASH', message: 'BACKEND_DIR is already declared by core' });
  });

  it('imports no plugin code until a contribution is asked for, then gives the same definition at every call', async () => {
    const mark = Symbol.for('envctl-test/activations');
    const counts = globalThis as unknown as Record<symbol, number | undefined>;
    counts[mark] = 0;
    const registry = loadHost({ plugins: [await plugin('lazy', manifest({ dependencies: [dependency('d')] }), { code: extension(`ctx.dependency('d', () => (${works}));`, `globalThis[Symbol.for('envctl-test/activations')] += 1;`) })] });
    expect(counts[mark]).to.equal(0);
    const [one, two] = await Promise.all([registry.dependency('d'), registry.dependency('d')]);
    expect(one).to.equal(two);
    expect(counts[mark]).to.equal(1);
  });

  it('lists what exists when a dependency is unknown', async () => {
    const registry = loadHost({ plugins: [await plugin('p', manifest({ dependencies: [dependency('known')] }))] });
    const error = await rejection(registry.dependency('other'));
    expect(error.code).to.equal('ENVCTL_E_DEPENDENCY_UNKNOWN');
    expect(error.hints.join()).to.include('known');
  });

  const broken: readonly (readonly [name: string, code: string | undefined, expected: string])[] = [
    ['is missing', undefined, 'ENVCTL_E_PLUGIN_EXTENSION_MISSING'],
    ['throws at import', 'throw new Error("boom");', 'ENVCTL_E_PLUGIN_EXTENSION_MISSING'],
    ['exports no extension', 'export default {};', 'ENVCTL_E_PLUGIN_EXTENSION_INVALID'],
    ['throws in activate', extension('throw new Error("boom");'), 'ENVCTL_E_PLUGIN_ACTIVATION'],
    ['rejects with nothing', extension('return Promise.reject();'), 'ENVCTL_E_PLUGIN_ACTIVATION'],
    ['hangs in activate', extension('return new Promise(() => {});'), 'ENVCTL_E_PLUGIN_ACTIVATION'],
    ['hangs at import', 'await new Promise((resolve) => setTimeout(resolve, 60_000).unref());', 'ENVCTL_E_PLUGIN_ACTIVATION'],
    ['registers what it does not declare', extension(`ctx.check('secret', () => ({ run() {} }));`), 'ENVCTL_E_PLUGIN_UNDECLARED'],
    ['registers twice', extension(`ctx.check('c', () => ({ run() {} })); ctx.check('c', () => ({ run() {} }));`), 'ENVCTL_E_PLUGIN_CLASH'],
    ['registers no function', extension(`ctx.check('c', 5);`), 'ENVCTL_E_PLUGIN_EXTENSION_INVALID'],
    ['registers nothing', extension(''), 'ENVCTL_E_PLUGIN_UNREGISTERED'],
    ['makes something else', extension(`ctx.check('c', () => ({}));`), 'ENVCTL_E_PLUGIN_EXTENSION_INVALID'],
    ['has a throwing factory', extension(`ctx.check('c', () => { throw new Error('boom'); });`), 'ENVCTL_E_PLUGIN_ACTIVATION'],
  ];
  for (const [name, code, expected] of broken) {
    it(`disables only its own contributions when an extension ${name}`, async () => {
      const registry = loadHost({
        activationTimeoutMs: name.startsWith('hangs') ? 2_000 : 60_000,
        plugins: [
          await plugin('bad', manifest({ checks: [{ id: 'c' }] }), code === undefined ? {} : { code }),
          await plugin('good', manifest({ checks: [{ id: 'fine' }] }), { code: extension(`ctx.check('fine', () => ({ run() {} }));`) }),
        ],
      });
      const error = await rejection(registry.check('c'));
      expect([error.code, error.kind]).to.deep.equal([expected, 'extension']);
      expect(error.message).to.include('bad@1.2.3');
      expect(await registry.check('fine')).to.respondTo('run');
    });
  }

  it('counts nothing of an activation that failed half way', async () => {
    const registry = loadHost({ plugins: [await plugin('half', manifest({ checks: [{ id: 'one' }, { id: 'two' }] }), { code: extension(`ctx.check('one', () => ({ run() {} })); throw new Error('boom');`) })] });
    expect((await rejection(registry.check('one'))).code).to.equal('ENVCTL_E_PLUGIN_ACTIVATION');
    expect(registry.diagnostics()).to.have.length(1);
  });

  it('refuses a registration after activation', async () => {
    const key = Symbol.for('envctl-test/late');
    const registry = loadHost({ plugins: [await plugin('late', manifest({ checks: [{ id: 'c' }] }), { code: extension(`globalThis[Symbol.for('envctl-test/late')] = ctx; ctx.check('c', () => ({ run() {} }));`) })] });
    await registry.check('c');
    const ctx = (globalThis as unknown as Record<symbol, { check(id: string, factory: () => unknown): void }>)[key];
    expect(() => ctx?.check('c', () => ({}))).to.throw().with.property('code', 'ENVCTL_E_PLUGIN_LATE');
  });

  it('knows an extension made by another copy of core', async () => {
    const copy = `const brand = Symbol.for('envctl/brand');\nexport default Object.freeze({ [brand]: 'extension', activate(ctx) { ctx.check('c', () => ({ run() {} })); } });\n`;
    const registry = loadHost({ plugins: [await plugin('copy', manifest({ checks: [{ id: 'c' }] }), { code: copy })] });
    expect(await registry.check('c')).to.respondTo('run');
  });
});
