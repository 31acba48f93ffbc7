import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const workspace = join(packageRoot, '../..');
export const bin = join(packageRoot, 'bin/run.js');
export const toy = join(packageRoot, 'test/fixtures/toy-plugin');
export const coreRoot = join(packageRoot, '../core');

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home of its own for one envctl: data, cache and configuration end with it. */
export interface ToyHome {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly dataDirectory: string;
  readonly cacheDirectory: string;
  run(argv: readonly string[], env?: NodeJS.ProcessEnv): Ran;
  /** Starts a command and calls `onStderr` with everything it said so far, until it ends. */
  start(argv: readonly string[], onStderr: (text: string, pid: number) => void): Promise<Ran>;
  remove(): Promise<void>;
}

export async function createToyHome(): Promise<ToyHome> {
  const directory = await mkdtemp(join(tmpdir(), 'envctl-test-cli-'));
  const { NODE_ENV: _environment, ENVCTL_DEBUG: _debug, NODE_EXTRA_CA_CERTS: _certificates, ...inherited } = process.env;
  const env = { ...inherited, HOME: join(directory, 'home'), XDG_DATA_HOME: join(directory, 'data'), XDG_CACHE_HOME: join(directory, 'cache'), XDG_CONFIG_HOME: join(directory, 'config'), npm_config_offline: 'true' };
  await mkdir(env.HOME);
  return {
    directory, env,
    dataDirectory: join(directory, 'data/envctl'),
    cacheDirectory: join(directory, 'cache/envctl'),
    run: (argv, more) => spawnSync(process.execPath, [bin, ...argv], { env: { ...env, ...more }, encoding: 'utf8', input: '' }),
    start: (argv, onStderr) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
        child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); onStderr(stderr, child.pid ?? 0); });
        child.on('error', reject);
        child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A home with the toy linked to it, which has a second core. */
export async function createLinkedToyHome(): Promise<ToyHome> {
  const home = await createToyHome();
  home.run(['plugins', 'link', '--no-install', await copyToyWithOwnCore(home.directory)]);
  return home;
}

/** Packs the toy, with an oclif manifest as published plugins have one; returns the tarball. */
export async function packToy(directory: string): Promise<string> {
  const source = join(directory, 'toy-source');
  await cp(toy, source, { recursive: true });
  await linkModules(source, ['@envctl', '@oclif']);
  await writeManifest(source);
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: source, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  return join(directory, packed.stdout.trim());
}

/** A working copy of the toy with its own, second copy of core. */
export async function copyToyWithOwnCore(directory: string): Promise<string> {
  const root = join(directory, 'toy-linked');
  await cp(toy, root, { recursive: true });
  const core = join(root, 'node_modules/@envctl/core');
  await mkdir(core, { recursive: true });
  for (const part of ['package.json', 'dist']) await cp(join(coreRoot, part), join(core, part), { recursive: true });
  await linkModules(root, (await readdir(join(workspace, 'node_modules'))).filter((name) => name !== '@envctl' && name !== 'envctl' && !name.startsWith('.')));
  return root;
}

export async function writeManifest(root: string): Promise<void> {
  const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  await writeFile(join(root, 'oclif.manifest.json'), JSON.stringify(plugin.manifest));
}

async function linkModules(root: string, names: readonly string[]): Promise<void> {
  await mkdir(join(root, 'node_modules'), { recursive: true });
  for (const name of names) await symlink(join(workspace, 'node_modules', name), join(root, 'node_modules', name));
}
