import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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
    writeFileSync(bundle, `const { sep } = require('node:path'); exports.value = () => require('core').word + sep + __address.slice(0, 5); exports.more = () => __import('node:os'); exports.wide = 'caf\xe9';`, 'latin1');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Loads the bundle in a process of its own: the cache is written when that ends. */
  function load(): { readonly value: string; readonly rejected: boolean } {
    const script = `
      import vm from 'node:vm';
      import { syncBuiltinESMExports } from 'node:module';
      const made = [];
      const Script = vm.Script;
      vm.Script = class extends Script { constructor(...all) { super(...all); made.push([all[1].cachedData !== undefined, this.cachedDataRejected]); } };
      syncBuiltinESMExports();
      const { loadBundle } = await import(${JSON.stringify(loader)});
      const parts = loadBundle({ address: ${JSON.stringify(pathToFileURL(bundle).href)}, shared: { core: { word: 'shared' } }, importModule: (name) => import(name), cacheDirectory: ${JSON.stringify(caches)} });
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

  it('does without a place to write, and leaves nothing half written', () => {
    writeFileSync(caches, 'a file');
    expect(load()).to.deep.equal({ value, rejected: true });
    expect(readFileSync(caches, 'utf8')).to.equal('a file');
  });

  it('keeps a bounded number of files', () => {
    load();
    for (let index = 0; index < 20; index += 1) {
      writeFileSync(join(caches, `${index}.bin`), '');
      utimesSync(join(caches, `${index}.bin`), 1, index + 1);
    }
    rmSync(cacheFile());
    writeFileSync(bundle, `${readFileSync(bundle, 'latin1')};`, 'latin1');
    load();
    expect(readdirSync(caches).length).to.be.at.most(8);
    expect(load().rejected).to.equal(false);
  });
});
