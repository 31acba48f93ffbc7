import { createHash, randomInt } from 'node:crypto';
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { processesIn } from '../apps/world.js';
import { run, runOrThrow, type Finished } from '../packaging/run.js';
import type { Document } from './document.js';

export { processesIn } from '../apps/world.js';
export type { Finished } from '../packaging/run.js';

export const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));
/** Where npm puts the program of the workspace, as a user has one on the PATH. */
const programs = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const fixtures = fileURLToPath(new URL('../../test/e2e/fixtures/', import.meta.url));

type Settings = Readonly<Record<string, string | number | boolean>>;
/** One repository on a machine of its own: state, data and checkout stand in one temporary directory. */
export interface World {
  readonly directory: string;
  readonly repository: string;
  readonly scopeId: string;
  readonly env: Readonly<Record<string, string>>;
  /** Port bases of the world, so that worlds do not meet. */
  readonly ports: { readonly backend: number; readonly frontend: number; readonly postgres: number; readonly redis: number };
  /** Rewrites `.envctl`. The two services are `node server.js` unless the settings say otherwise. */
  configure(settings?: Settings): Promise<void>;
  envctl(args: readonly string[], options?: CallOptions): Promise<Finished>;
  /** Runs with `--json` and gives the one document on stdout; throws when stdout is anything else. */
  json(args: readonly string[], options?: CallOptions): Promise<Called>;
  /** Like `json`, and throws unless the exit code is 0. */
  succeed(args: readonly string[], options?: CallOptions): Promise<Document>;
  /** A command that is left running; ended at `close`. */
  spawn(args: readonly string[], options?: CallOptions): Running;
  /** Files below a path of this world, relative to it, sorted. */
  files(...below: readonly string[]): readonly string[];
  close(): Promise<void>;
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Called {
  readonly code: number | null;
  readonly document: Document;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when stderr has matched; rejects when the command ends before. */
  said(pattern: RegExp): Promise<void>;
}

export interface WorldOptions {
  readonly settings?: Settings;
  /** Another repository on the same machine: shares runtime root and store. */
  readonly beside?: World;
}

export async function createWorld(name: string, options: WorldOptions = {}): Promise<World> {
  const directory = options.beside?.directory ?? (await mkdtemp(path.join(tmpdir(), `envctl-test-e2e-${name}-`)));
  // Servers run as another user when we are root, and must get through to their data.
  await chmod(directory, 0o711);
  const repository = path.join(directory, name);
  const env = { PATH: `${programs}:${process.env['PATH']}`, ENVCTL_RUNTIME_DIR: path.join(directory, 'state'), ENVCTL_STORE_DIR: path.join(directory, 'store'), RUN_SH_RUNTIME_DIR: path.join(directory, 'legacy-runtime'), XDG_CACHE_HOME: path.join(directory, 'cache'), XDG_DATA_HOME: path.join(directory, 'data'), CI: '' };
  const base = 20_000 + 20 * randomInt(1000);
  const ports = options.beside?.ports ?? { backend: base, frontend: base + 5, postgres: base + 10, redis: base + 15 };
  const children: ChildProcess[] = [];

  async function configure(settings: Settings = {}): Promise<void> {
    const all: Settings = {
      ENVCTL_BACKEND_START_CMD: 'node server.mjs',
      ENVCTL_FRONTEND_START_CMD: 'node server.mjs',
      BACKEND_PORT_BASE: ports.backend,
      FRONTEND_PORT_BASE: ports.frontend,
      DB_PORT: ports.postgres,
      REDIS_PORT: ports.redis,
      ...options.settings,
      ...settings,
    };
    await writeFile(path.join(repository, '.envctl'), Object.entries(all).map(([key, value]) => `${key}=${value}\n`).join(''));
  }

  await runOrThrow('git', ['init', '-q', repository], { cwd: directory });
  const services = await Promise.all(readdirSync(fixtures).map(async (file) => [file, readFileSync(path.join(fixtures, file), 'utf8')] as const));
  for (const service of ['backend', 'frontend']) {
    await mkdir(path.join(repository, service));
    for (const [file, text] of services) await writeFile(path.join(repository, service, file), text);
  }
  await configure();

  const place = (call: CallOptions = {}) => ({ cwd: call.cwd ?? repository, env: { ...env, ...call.env } });
  const envctl = (args: readonly string[], call?: CallOptions) => run(process.execPath, [bin, ...args], place(call));

  async function json(args: readonly string[], call?: CallOptions): Promise<Called> {
    const { code, stdout, stderr } = await envctl([...args, '--json'], call);
    try {
      return { code, document: JSON.parse(stdout) as Document, stderr };
    } catch {
      throw new Error(`envctl ${args.join(' ')} --json ended with ${code} and wrote no JSON document:\n${stdout}\n${stderr}`);
    }
  }

  return {
    directory,
    repository,
    scopeId: `repo-${createHash('sha256').update(repository).digest('hex').slice(0, 12)}`,
    env,
    ports,
    configure,
    envctl,
    json,
    async succeed(args, call) {
      const { code, document, stderr } = await json(args, call);
      if (code === 0) return document;
      throw new Error(`envctl ${args.join(' ')} ended with ${code}: ${JSON.stringify(document, null, 1)}\n${stderr}`);
    },
    spawn(args, call) {
      const where = place(call);
      const child = spawn(process.execPath, [bin, ...args], { cwd: where.cwd, env: { ...process.env, ...where.env }, stdio: ['ignore', 'pipe', 'pipe'] });
      children.push(child);
      return watchProgram(child);
    },
    files(...below) {
      const root = path.join(directory, ...below);
      try {
        return readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))).sort();
      } catch {
        return [];
      }
    },
    async close() {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
      await envctl(['stop-all', '--remove-volumes']).catch(() => undefined);
      if (options.beside !== undefined) return;
      for (const pid of processesIn(directory)) kill(pid);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function watchProgram(child: ChildProcessByStdio<null, Readable, Readable>): Running {
  const output = { stdout: '', stderr: '' };
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
    wake();
  });
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, ...output })));
  return {
    process: child,
    finished,
    async said(pattern) {
      for (;;) {
        if (pattern.test(output.stderr)) return;
        const changed = new Promise<boolean>((resolve) => (wake = () => resolve(true)));
        if (!(await Promise.race([changed, finished.then(() => false)])) && !pattern.test(output.stderr)) throw new Error(`ended without saying ${String(pattern)}:\n${output.stderr}\n${output.stdout}`);
      }
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

/** The pid a service answers with: what really serves the port, whatever envctl says. */
export async function servedBy(port: number): Promise<number> {
  return ((await (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })).json()) as { pid: number }).pid;
}

/** The environment a service was started with. */
export async function environmentOf(port: number): Promise<Readonly<Record<string, string>>> {
  return (await (await fetch(`http://127.0.0.1:${port}/env`, { signal: AbortSignal.timeout(5000) })).json()) as Record<string, string>;
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}
