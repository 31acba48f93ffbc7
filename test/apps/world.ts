import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runOrThrow, type Finished } from '../packaging/run.js';

const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));

/** Base URLs of the services that run. */
export interface Started {
  readonly backend?: string;
  readonly frontend?: string;
}

/** A machine of its own for one test: state, data and the repository stand in one temporary directory. */
export interface World {
  /** Where the application goes; does not exist yet, so that a generator can make it. */
  readonly repository: string;
  readonly directory: string;
  /** Points envctl at this world. */
  readonly env: Readonly<Record<string, string>>;
  envctl(...args: string[]): Promise<Finished>;
  /** `envctl start`; throws with all it said when it fails. */
  start(): Promise<Started>;
  /** `envctl stop-all`; throws when it fails. */
  stopAll(): Promise<void>;
  /** Ends what is left, by envctl and then by pid, and removes the directory. */
  close(): Promise<void>;
}

/** Frameworks report home unless they are told not to. */
const quiet = { DO_NOT_TRACK: '1', NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', NG_CLI_ANALYTICS: 'false' };

/** @param prepare called with the directory of the world; returns further variables of all that runs in it */
export async function createWorld(name: string, prepare?: (directory: string) => Promise<Readonly<Record<string, string>>>): Promise<World> {
  const directory = await mkdtemp(path.join(tmpdir(), `envctl-test-apps-${name}-`));
  // Servers run as another user when we are root, and must get through to their data.
  await chmod(directory, 0o711);
  const repository = path.join(directory, name);
  const env = { ...quiet, ...(await prepare?.(directory)), ENVCTL_RUNTIME_DIR: path.join(directory, 'state'), ENVCTL_STORE_DIR: path.join(directory, 'store') };
  const envctl = (...args: string[]): Promise<Finished> => run(process.execPath, [bin, ...args, '--repo', repository], { cwd: directory, env });
  const succeed = async (...args: string[]): Promise<Finished> => {
    const finished = await envctl(...args);
    if (finished.code === 0) return finished;
    throw new Error(`envctl ${args.join(' ')} ended with ${finished.code}\n${finished.stdout}\n${finished.stderr}`);
  };
  return {
    directory,
    repository,
    env,
    envctl,
    async start() {
      const { stdout } = await succeed('start', '--headless', '--json');
      const { projects } = JSON.parse(stdout) as { projects: readonly { services: readonly { type: string; url: string }[] }[] };
      return Object.fromEntries(projects.flatMap(({ services }) => services.map(({ type, url }) => [type, url])));
    },
    async stopAll() {
      await succeed('stop-all');
    },
    async close() {
      await envctl('stop-all', '--remove-volumes').catch(() => undefined);
      for (const pid of processesIn(directory)) end(pid);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Makes the generated application a repository with everything in it committed, and adds `files`, which it must not have. */
export async function commitApplication(world: World, files: Readonly<Record<string, string>>): Promise<void> {
  const git = (...args: string[]): Promise<Finished> => runOrThrow('git', ['-C', world.repository, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: world.directory });
  await git('init', '-q');
  await writeFile(path.join(world.repository, '.git/info/exclude'), 'node_modules/\n.venv/\n__pycache__/\n');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'as generated');
  for (const [name, content] of Object.entries(files)) await addFile(world, name, content);
}

/** Adds a file; it is an error when the application has it already. */
export async function addFile(world: World, name: string, content: string): Promise<void> {
  const file = path.join(world.repository, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content, { flag: 'wx' });
}

/** What git says of the checkout: added files are there, changed ones would be too. */
export async function gitStatus(world: World): Promise<string> {
  return (await runOrThrow('git', ['-C', world.repository, 'status', '--porcelain', '--untracked-files=all'], { cwd: world.directory })).stdout;
}

/** Living processes that work in the directory or below, have it open, or name it in their arguments: shares nothing with envctl. */
export function processesIn(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const places = ['cwd', ...readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)].map((place) => linkOf(`/proc/${pid}/${place}`));
        return [words, ...places].some((text) => text.includes(directory));
      } catch {
        return false;
      }
    });
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
