import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

const loader = new URL('../../dist/boot/load-bundle.js', import.meta.url).href;

describe('loadBundle', () => {
  let directory: string;
  let bundle: string;
  let caches: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'envctl-test-bundle-'));
    bundle = join(directory, 'all.cjs');
    caches = join(directory, 'caches');
    writeFileSync(bundle, `(function (exports, require, module, __filename, __dirname, __import, __address) {
      const { sep } = require('node:path');
      exports.value = () => require('core').word + sep + __address.slice(0, 5);
      exports.more = () => __import('node:os');
      exports.wide = 'caf\xe9';
      exports.late = require('node:net');
    })`, 'latin1');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Loads the bundle in a process of its own: the cache is written when that ends. */
  function load(use = ''): { readonly value: string; readonly rejected: boolean } {
    const script = `
      import vm from 'node:vm';
      import { syncBuiltinESMExports } from 'node:module';
      const made = [];
      const Script = vm.Script;
      vm.Script = class extends Script { constructor(...all) { super(...all); made.push([all[1].cachedData !== undefined, this.cachedDataRejected]); } };
      syncBuiltinESMExports();
      const { loadBundle } = await import(${JSON.stringify(loader)});
      const parts = loadBundle({ address: ${JSON.stringify(pathToFileURL(bundle).href)}, shared: { core: { word: 'shared' } }, importModule: (name) => import(name), cacheDirectory: ${JSON.stringify(caches)}, use: ${JSON.stringify(use)} });
      const { platform } = await parts.more();
      console.log(JSON.stringify({ value: [parts.value(), platform(), parts.wide].join(' '), from: made[0] }));`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
    const { value, from } = JSON.parse(stdout) as { value: string; from: [boolean, boolean?] };
    return { value, rejected: !from[0] || from[1] === true };
  }
  const value = `shared/file: ${process.platform} café`;
  const cacheFile = () => join(caches, readdirSync(caches)[0] ?? '');

  it('runs the bundle, keeps what was compiled and uses it the next time', () => {
    expect(load()).to.deep.equal({ value, rejected: true });
    expect(statSync(caches).mode & 0o777).to.equal(0o700);
    expect(statSync(cacheFile()).mode & 0o777).to.equal(0o600);
    expect(load()).to.deep.equal({ value, rejected: false });
    expect(readdirSync(caches)).to.have.length(1);
  });

  it('takes no cache that is damaged, cut, or that others can write', () => {
    load();
    const whole = readFileSync(cacheFile());
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(whole.length >> 1) ^ 0xff, whole.length >> 1);
    for (const bytes of [damaged, whole.subarray(0, whole.length - 9), whole.subarray(0, 10), Buffer.alloc(0)]) {
      writeFileSync(cacheFile(), bytes);
      expect(load()).to.deep.equal({ value, rejected: true });
      expect(load().rejected).to.equal(false);
    }
    chmodSync(cacheFile(), 0o622);
    expect(load()).to.deep.equal({ value, rejected: true });
  });

  it('compiles another bundle under the same path anew', () => {
    load();
    const { atime, mtime } = statSync(bundle);
    writeFileSync(bundle, readFileSync(bundle, 'latin1').replace('node:os', 'node:vm').replace('__address.slice(0, 5)', `"other".slice(0, 5)`), 'latin1');
    utimesSync(bundle, atime, mtime);
    writeFileSync(bundle, readFileSync(bundle, 'latin1').replace('node:vm', 'node:os'), 'latin1');
    expect(load().value).to.contain('shared/other');
  });

  it('keeps the code of each use by itself', () => {
    load('health');
    expect(load('plugins:install')).to.deep.equal({ value, rejected: true });
    expect(load('health')).to.deep.equal({ value, rejected: false });
    expect(readdirSync(caches).filter((name) => name.includes('plugins-install'))).to.have.length(1);
  });

  it('loads heavy builtins when something of them is looked at', () => {
    const script = `
      const { loadBundle } = await import(${JSON.stringify(loader)});
      const { late } = loadBundle({ address: ${JSON.stringify(pathToFileURL(bundle).href)}, shared: {}, importModule: (name) => import(name), cacheDirectory: undefined, use: '' });
      const isLoaded = () => process.moduleLoadList.includes('NativeModule net');
      const before = isLoaded();
      const { isIP } = late;
      console.log(JSON.stringify([before, isLoaded(), isIP('::1'), 'Socket' in late, Object.keys(late).includes('connect'), { ...late }.isIPv4('127.0.0.1')]));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).to.deep.equal([false, true, 6, true, true, true]);
  });

  it('does without a place to write, and leaves nothing half written', () => {
    writeFileSync(caches, 'a file');
    expect(load()).to.deep.equal({ value, rejected: true });
    expect(readFileSync(caches, 'utf8')).to.equal('a file');
  });

  it('keeps a bounded number of bytes, the latest of them', () => {
    load();
    for (let index = 0; index < 20; index += 1) {
      writeFileSync(join(caches, `${index}.bin`), '');
      truncateSync(join(caches, `${index}.bin`), 4 * 1024 * 1024);
      utimesSync(join(caches, `${index}.bin`), 1, index + 1);
    }
    writeFileSync(bundle, `${readFileSync(bundle, 'latin1')};`, 'latin1');
    load();
    const kept = readdirSync(caches);
    expect(kept.reduce((sum, name) => sum + statSync(join(caches, name)).size, 0)).to.be.within(40 * 1024 * 1024, 48 * 1024 * 1024);
    expect(kept).to.include('19.bin').and.not.include('0.bin');
    expect(load().rejected).to.equal(false);
  });
});
