/**
 * A machine of its own for one test: pid, mount and network namespaces whose first process ends everybody
 * when the test lets go of it. In it 'nothing is left' is exact and the preferred ports are free.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';
import { run, runOrThrow, type Finished } from '../../packaging/run.js';

const sources = fileURLToPath(new URL('../../../test/faults/worlds/', import.meta.url));
const bin = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));

export interface Census {
  readonly processes: readonly { readonly pid: number; readonly comm: string; readonly words: string }[];
  readonly listeners: readonly number[];
  /** Ports with a lease file, held or reserved. */
  readonly leases: readonly number[];
  readonly temporary: readonly string[];
  readonly launches: readonly string[];
}

export interface InsideOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Machine {
  /** Removed at the end; servers of another user get through it. */
  readonly directory: string;
  readonly runtimeRoot: string;
  readonly storeRoot: string;
  readonly env: Readonly<Record<string, string>>;
  /** Words of `nsenter` before the program. */
  readonly nsenter: readonly string[];
  /** Runs a program inside. */
  run(program: string, args: readonly string[], options?: InsideOptions): Promise<Finished>;
  /** Starts a program inside; the child is `nsenter`. */
  spawn(program: string, args: readonly string[], options?: InsideOptions): ChildProcess;
  /** Runs a shell text inside and throws when it fails; gives what it printed. */
  sh(text: string): Promise<string>;
  /** The compiled CLI, inside. */
  envctl(repository: string, args: readonly string[], options?: InsideOptions): Promise<Finished>;
  census(): Promise<Census>;
  /** Removes the cgroups of launches that have nobody left: a reboot, or the end of the machine, does not leave them. */
  removeCgroups(): Promise<void>;
  close(): Promise<void>;
}

export const nothing: Census = { processes: [], listeners: [], leases: [], temporary: [], launches: [] };

/** Skips the suite, with a reason, where private namespaces cannot be made. */
export async function requireNamespaces(context: Context): Promise<void> {
  const probe = await run('unshare', ['--pid', '--fork', '--mount', '--net', '--mount-proc', 'true'], { cwd: '/' }).catch(() => ({ code: 127 }));
  if (probe.code !== 0) skip(context, 'platform: private pid, mount and network namespaces are not permitted');
}

/** Skips where a program is absent. */
export async function requireProgram(context: Context, program: string): Promise<void> {
  if ((await run('sh', ['-c', `command -v ${program}`], { cwd: '/' })).code !== 0) skip(context, `${program} is not installed`);
}

function skip(context: Context, reason: string): void {
  const { runnable } = context as unknown as { readonly runnable: () => { title: string } };
  runnable.call(context).title += ` skipped: ${reason}`;
  context.skip();
}

export async function createMachine(name: string, options: { readonly directory?: string } = {}): Promise<Machine> {
  const base = await mkdtemp(path.join(tmpdir(), `envctl-test-${name}-`));
  await chmod(base, 0o711);
  const directory = path.join(base, options.directory ?? '.');
  await mkdir(directory, { recursive: true });
  for (const name of ['home', 'tmp']) await mkdir(path.join(base, name));
  await chmod(path.join(base, 'tmp'), 0o1777);
  const first = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount', '--net', '--mount-proc', 'python3', `${sources}namespace-init.py`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(createInterface(first.stdout), 'line');
  const init = Number(readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8').trim());
  const runtimeRoot = path.join(directory, 'state');
  const storeRoot = path.join(directory, 'store');
  const env = { HOME: path.join(base, 'home'), TMPDIR: path.join(base, 'tmp'), ENVCTL_RUNTIME_DIR: runtimeRoot, ENVCTL_STORE_DIR: storeRoot };
  const nsenter = ['--target', String(init), '--pid', '--mount', '--net', '--'];
  const enter = (program: string, args: readonly string[], { cwd = directory, env: extra }: InsideOptions = {}): { args: string[]; env: Record<string, string> } => ({
    args: [...nsenter, 'env', '-C', cwd, program, ...args],
    env: { ...env, ...extra },
  });
  const machine: Machine = {
    directory,
    runtimeRoot,
    storeRoot,
    env,
    nsenter,
    run(program, args, inside) {
      const entered = enter(program, args, inside);
      return run('nsenter', entered.args, { cwd: '/', env: entered.env });
    },
    spawn(program, args, inside) {
      const entered = enter(program, args, inside);
      return spawn('nsenter', entered.args, { cwd: '/', env: { ...process.env, ...entered.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    },
    async sh(text) {
      const entered = enter('sh', ['-euc', text]);
      return (await runOrThrow('nsenter', entered.args, { cwd: '/', env: entered.env })).stdout;
    },
    envctl: (repository, args, inside) => machine.run(process.execPath, [bin, ...args, '--repo', repository], inside),
    async census() {
      const { code, stdout, stderr } = await machine.run('python3', [`${sources}census.py`, runtimeRoot, storeRoot]);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as Census;
    },
    removeCgroups: () => removeCgroups(base),
    async close() {
      const ended = once(first, 'exit');
      first.stdin.end();
      await ended;
      await removeCgroups(base);
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return machine;
}

async function removeCgroups(base: string): Promise<void> {
  const names = await readdir(base, { recursive: true });
  for (const name of names.filter((entry) => path.basename(entry) === 'launch.json')) {
    const cgroup = /"cgroup": "([^"]+)"/.exec(await readFile(path.join(base, name), 'utf8'))?.[1];
    if (cgroup !== undefined) await rmdir(cgroup).catch(() => undefined);
  }
}

/** Waits until `look` gives a value. Bounded; for the effect of a program that says nothing when it is done. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, timeoutMs = 60_000): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (signal.aborted) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
