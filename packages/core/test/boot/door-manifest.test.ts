import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheDoorManifest, oclifDirectories, pluginSetKey, readDoorManifest, toDoorManifest, type ManifestSource } from '../../dist/boot/index.js';

const declared = { dependencies: [], configKeys: [], refiners: [], warnings: [], diagnostics: [] };
const host = { version: '1.0.0', root: '/host' };

const everyCommand = { commandsOf: ({ commands }: ManifestSource) => commands, warnings: [], diagnostics: [] };

describe('door manifest', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'envctl-test-door-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const places = (): { data: string; cache: string } => ({ data: join(directory, 'data'), cache: join(directory, 'cache') });
  const install = async (content: unknown): Promise<void> => {
    await mkdir(places().data, { recursive: true });
    await writeFile(join(places().data, 'package.json'), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const linked = async (name: string, manifest: string | undefined): Promise<string> => {
    const root = join(directory, name);
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'package.json'), '{}');
    if (manifest !== undefined) await writeFile(join(root, 'oclif.manifest.json'), manifest);
    return root;
  };

  const none: readonly (readonly [name: string, content: unknown])[] = [['no plugins', { oclif: { plugins: [] } }], ['no oclif field', {}]];
  for (const [name, content] of none) {
    it(`has the empty key with ${name}`, async () => {
      await install(content);
      expect(pluginSetKey(places(), host)).to.equal('');
    });
  }
  it('has the empty key without a data directory', () => expect(pluginSetKey(places(), host)).to.equal(''));

  const untold: readonly (readonly [name: string, content: unknown])[] = [
    ['a damaged package.json', '{"oclif": {"plu'], ['an empty package.json', ''], ['plugins that are no list', { oclif: { plugins: 'x' } }],
    ['a plugin that is not there', { oclif: { plugins: [{ name: 'gone', type: 'user' }] } }], ['a nameless plugin', { oclif: { plugins: [{}] } }], ['null', { oclif: { plugins: [null] } }],
  ];
  for (const [name, content] of untold) {
    it(`has no key with ${name}`, async () => {
      await install(content);
      expect(pluginSetKey(places(), host)).to.equal(undefined);
    });
  }

  it('has no key with a linked plugin that has no oclif manifest', async () => {
    await install({ oclif: { plugins: [{ name: 'x', type: 'link', root: await linked('x', undefined) }] } });
    expect(pluginSetKey(places(), host)).to.equal(undefined);
  });

  it('changes its key with the set, a manifest of a plugin, and the host', async () => {
    const root = await linked('x', '{}');
    await install({ oclif: { plugins: [{ name: 'x', type: 'link', root }] } });
    const first = pluginSetKey(places(), host);
    expect(first).to.equal(pluginSetKey(places(), host));
    expect(pluginSetKey(places(), { ...host, version: '2.0.0' })).to.not.equal(first);
    await linked('x', '{ "commands": {} }');
    const second = pluginSetKey(places(), host);
    expect(second).to.not.equal(first);
    await install({ oclif: { plugins: [{ name: 'x', type: 'link', root }, { name: 'y', type: 'link', root }] } });
    expect(pluginSetKey(places(), host)).to.not.equal(second);
  });

  it('reads the cached manifest only while its key holds', async () => {
    const root = await linked('x', '{}');
    await install({ oclif: { plugins: [{ name: 'x', type: 'link', root }] } });
    const key = pluginSetKey(places(), host) ?? '';
    cacheDoorManifest(places(), toDoorManifest([], { version: host.version, key }, declared, everyCommand), process.pid);
    expect(readDoorManifest('/nowhere', places(), host)?.key).to.equal(key);
    await linked('x', '{ "other": 1 }');
    expect(readDoorManifest('/nowhere', places(), host)).to.equal(undefined);
  });

  it('does without a damaged cache and without a place to write one', async () => {
    const shipped = join(directory, 'door.json');
    await writeFile(shipped, '{"schema":1');
    expect(readDoorManifest(shipped, places(), host)).to.equal(undefined);
    await writeFile(join(directory, 'file'), '');
    expect(() => cacheDoorManifest({ ...places(), cache: join(directory, 'file/x') }, toDoorManifest([], { version: '1', key: 'k' }, declared, everyCommand), 1)).to.not.throw();
  });

  it('puts core before bundled before installed before linked', () => {
    const source = (name: string, type: string, isRoot = false): ManifestSource => ({ name, type, isRoot, version: '1', root: `/plugins/${name}`, pjson: {}, commands: [{ id: name, flags: {} }] });
    const made = toDoorManifest([source('z-link', 'link'), source('user', 'user'), source('@envctl/plugin-a', 'core'), source('envctl', 'core', true), source('@envctl/core', 'core')], { version: '1', key: '' }, declared, everyCommand);
    expect(made.plugins.map(({ root }) => root)).to.deep.equal([undefined, undefined, undefined, '/plugins/user', '/plugins/z-link']);
    expect(made.commands.map(({ id }) => id)).to.deep.equal(['@envctl/core', 'envctl', '@envctl/plugin-a', 'user', 'z-link']);
  });

  it('knows the directories by the rules of oclif', () => {
    expect(oclifDirectories({ HOME: '/h' }, 'linux')).to.deep.equal({ data: '/h/.local/share/envctl', cache: '/h/.cache/envctl' });
    expect(oclifDirectories({ HOME: '/h' }, 'darwin')?.cache).to.equal('/h/Library/Caches/envctl');
    expect(oclifDirectories({ HOME: '/h', XDG_DATA_HOME: '/d', XDG_CACHE_HOME: '/c' }, 'linux')).to.deep.equal({ data: '/d/envctl', cache: '/c/envctl' });
    expect(oclifDirectories({ ENVCTL_DATA_DIR: '/d', ENVCTL_CACHE_DIR: '/c' }, 'linux')).to.deep.equal({ data: '/d', cache: '/c' });
    expect(oclifDirectories({}, 'linux')).to.equal(undefined);
  });
});
