import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type LocalRegistry, startLocalRegistry } from './packaging/local-registry.js';
import { run, runOrThrow } from './packaging/run.js';
import { copyWorkspace } from './packaging/workspace-copy.js';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

describe('a release', function () {
  this.timeout(300_000);
  let directory: string;
  let workspace: string;
  let registry: LocalRegistry;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-release-'));
    workspace = join(directory, 'workspace');
    [registry] = await Promise.all([startLocalRegistry(directory), copyWorkspace(root, workspace)]);
    const lerna = join(workspace, 'node_modules/lerna/dist/cli.js');
    const options = { cwd: workspace, env: { ...registry.env, CI: '', NX_DAEMON: 'false' } };
    await runOrThrow(process.execPath, [lerna, 'version', 'minor', '--no-push', '--yes'], options);
    await runOrThrow(process.execPath, [lerna, 'publish', 'from-package', '--yes'], options);
  });

  after(async () => {
    await registry?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('gives every package the same new version and one commit, tag and changelog', async () => {
    const versions = new Set(readManifests(workspace).map(({ version }) => version));
    expect(versions.size).to.equal(1);
    const [version] = versions;
    expect(version).to.not.equal(readManifests(root)[0]?.version);
    const { stdout: tags } = await runOrThrow('git', ['tag', '--points-at', 'HEAD'], { cwd: workspace });
    expect(tags.trim()).to.equal(`v${version}`);
    expect(readFileSync(join(workspace, 'CHANGELOG.md'), 'utf8')).to.include(version);
    const { stdout: status } = await runOrThrow('git', ['status', '--porcelain'], { cwd: workspace });
    expect(status).to.equal('');
  });

  it('leaves the peer range on core wide and pins what the distribution bundles', () => {
    const manifests = readManifests(workspace);
    const version = manifests[0]?.version;
    for (const manifest of manifests) {
      const peer = manifest.peerDependencies?.['@envctl/core'];
      if (peer !== undefined) expect(peer).to.equal('>=0.1.0 <2');
      for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
        if (name.startsWith('@envctl/')) expect(range, `${manifest.name} on ${name}`).to.equal(version);
      }
    }
  });

  it('publishes the staged form of every package', async () => {
    for (const { name, version } of readManifests(workspace)) {
      const published = await fetchManifest(registry.url, name, version);
      expect(published.scripts ?? {}, name).to.deep.equal({});
      const bundled = Object.keys(published.dependencies ?? {}).filter((dependency) => !/^@(?:oclif|envctl)\//.test(dependency));
      expect(bundled, `${name} depends on`).to.deep.equal([]);
    }
  });

  it('can be installed from the registry and run', async () => {
    const prefix = join(directory, 'installed');
    await mkdir(prefix);
    await writeFile(join(prefix, 'package.json'), '{"private":true}');
    await runOrThrow('npm', ['install', 'envctl', '--omit=optional', '--prefer-offline', '--loglevel=error'], { cwd: prefix, env: registry.env });
    const [manifest] = readManifests(workspace);
    const { code, stdout } = await run(join(prefix, 'node_modules/.bin/envctl'), ['--version'], { cwd: directory });
    expect(code).to.equal(0);
    expect(stdout).to.include(manifest?.version);
  });

  it('publishes nothing a second time', async () => {
    const lerna = join(workspace, 'node_modules/lerna/dist/cli.js');
    const options = { cwd: workspace, env: { ...registry.env, CI: '', NX_DAEMON: 'false' } };
    const { stderr } = await runOrThrow(process.execPath, [lerna, 'publish', 'from-package', '--yes'], options);
    expect(stderr).to.include('No changed packages to publish');
  });
});

function readManifests(workspace: string): readonly Manifest[] {
  return readdirSync(join(workspace, 'packages'))
    .map((name) => join(workspace, 'packages', name, 'package.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Manifest);
}

async function fetchManifest(registryUrl: string, name: string, version: string): Promise<Manifest> {
  const response = await fetch(new URL(`${name.replace('/', '%2f')}/${version}`, registryUrl));
  expect(response.status, name).to.equal(200);
  return (await response.json()) as Manifest;
}
