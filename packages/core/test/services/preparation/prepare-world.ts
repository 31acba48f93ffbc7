import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { deriveScopeId, loadConfig } from '../../../dist/config/index.js';
import { noSeam, type FaultSeam } from '../../../dist/contract/index.js';
import { createContext } from '../../../dist/runtime/index.js';
import { createPreparationFiles, decidePreparation, detectPreparations, runPreparation, type PlannedPreparation, type PreparationContext, type PreparationResult } from '../../../dist/services/preparation/index.js';
import { writeTree } from '../support.js';

export const run = promisify(execFile);

/** A checkout with one application in its root, and an envctl that prepares it with the real tools. */
export interface PrepareWorld {
  readonly directory: string;
  readonly checkout: string;
  readonly context: PreparationContext;
  plan(options?: { readonly refresh?: boolean }): PlannedPreparation;
  prepare(options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number; readonly planned?: PlannedPreparation }): Promise<PreparationResult>;
  /** What the installer said. */
  readonly logPath: string;
  gitStatus(): Promise<string>;
  /** Commits all that is there. */
  commit(): Promise<void>;
  /** Names of what is on the ledger or has a launch directory. */
  remains(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function createPrepareWorld(files: Readonly<Record<string, string>>, options: { readonly command: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly seam?: FaultSeam }): Promise<PrepareWorld> {
  const directory = await mkdtemp(path.join(tmpdir(), 'envctl-test-prepare-'));
  await chmod(directory, 0o711);
  const checkout = path.join(directory, 'checkout');
  await mkdir(checkout);
  await writeTree(checkout, files);
  const git = (...args: string[]) => run('git', ['-C', checkout, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args]);
  await git('init', '-q');
  const env: Record<string, string | undefined> = { ...process.env, ENVCTL_RUNTIME_DIR: path.join(directory, 'state'), ENVCTL_STORE_DIR: path.join(directory, 'store'), npm_config_cache: path.join(directory, 'npm-cache'), ...options.env };
  const config = loadConfig({ repositoryRoot: checkout, env, declarations: [], dependencies: [] });
  const context = await createContext({ config, scope: { id: deriveScopeId(checkout), repositoryRoot: checkout, mode: 'main' }, signals: [], env, command: 'test', seam: options.seam ?? noSeam, secrets: new Set(['hidden-value']), now: Date.now });
  const logPath = path.join(directory, 'prepare.log');
  const plan: PrepareWorld['plan'] = ({ refresh = false } = {}) => {
    const app = { service: 'backend', directory: checkout, projectRoot: checkout, command: options.command, searchPath: env['PATH'] ?? '', files: createPreparationFiles() };
    const { preparations, problems } = detectPreparations(app);
    if (preparations[0] === undefined) throw new Error(problems[0]?.message ?? 'nothing to prepare');
    return decidePreparation(preparations[0], { files: app.files, recordsDirectory: context.paths.preparations, refresh });
  };
  return {
    directory,
    checkout,
    context,
    logPath,
    plan,
    prepare: ({ signal = new AbortController().signal, timeoutMs = 120_000, planned = plan() } = {}) => runPreparation(context, { planned, project: 'Main', service: 'backend', runId: null, logPath, timeoutMs, signal }),
    gitStatus: async () => (await git('status', '--porcelain')).stdout,
    async commit() {
      await git('add', '-A');
      await git('commit', '-q', '-m', 'all');
    },
    async remains() {
      const { entries } = await context.ledger.list();
      return [...entries.map(({ id }) => id), ...(await readdir(context.paths.launches).catch(() => []))];
    },
    async close() {
      await context.dispose();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Packs a package with a binary `greet`; gives the path of its archive. */
export async function packPackage(directory: string, manifest: Readonly<Record<string, unknown>>): Promise<string> {
  const source = path.join(directory, 'source');
  await writeTree(source, { 'package.json': JSON.stringify({ name: 'greet', version: '1.0.0', bin: { greet: 'greet.js' }, ...manifest }), 'greet.js*': '#!/usr/bin/env node\nconsole.log("hello");\n' });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: source });
  return path.join(directory, stdout.trim());
}
