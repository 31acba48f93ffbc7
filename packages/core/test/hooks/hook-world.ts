import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { deriveScopeId, loadConfig } from '../../dist/config/index.js';
import { noSeam } from '../../dist/contract/index.js';
import { findHooks, runHook, type HookName } from '../../dist/hooks/index.js';
import { createContext } from '../../dist/runtime/index.js';

/** A checkout with hooks, and an envctl that runs them with the real programs. */
export interface HookWorld {
  readonly checkout: string;
  readonly runDirectory: string;
  run(hook: HookName, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>> }): Promise<{ readonly found: boolean; readonly payload: unknown }>;
  /** Names of what is on the ledger or has a launch directory. */
  remains(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function createHookWorld(files: Readonly<Record<string, string>>): Promise<HookWorld> {
  const directory = await mkdtemp(path.join(tmpdir(), 'envctl-test-hooks-'));
  await chmod(directory, 0o711);
  const checkout = path.join(directory, 'checkout');
  await mkdir(checkout);
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(checkout, name), content);
  execFileSync('git', ['init', '-q', checkout]);
  const env: Record<string, string | undefined> = { ...process.env, ENVCTL_RUNTIME_DIR: path.join(directory, 'state'), ENVCTL_STORE_DIR: path.join(directory, 'store') };
  const config = loadConfig({ repositoryRoot: checkout, env, declarations: [], dependencies: [] });
  const context = await createContext({ config, scope: { id: deriveScopeId(checkout), repositoryRoot: checkout, mode: 'main' }, signals: [], env, command: 'test', seam: noSeam, secrets: new Set(['hidden-value']), now: Date.now });
  const runDirectory = path.join(directory, 'run');
  return {
    checkout,
    runDirectory,
    run: (hook, { timeoutMs = 30_000, signal = new AbortController().signal, env: variables = {} } = {}) =>
      runHook(context, {
        hook,
        hooks: findHooks(checkout)!,
        context: { repo_root: checkout, project_name: 'Main', project_root: checkout, mode: 'main', run_id: 'run-1', ports: { backend: 8123 }, env: variables },
        python: ['python3'],
        callerEnv: env,
        runDirectory,
        timeoutMs,
        signal,
        redact: (text) => text.replaceAll('hidden-value', '<redacted>'),
      }),
    remains: async () => {
      const { entries } = await context.ledger.list();
      return [...entries.map(({ id }) => id), ...(await readdir(context.paths.launches).catch(() => []))];
    },
    async close() {
      await context.dispose();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
