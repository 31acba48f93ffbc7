import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchProcess, readLaunch, readProcessTable, stopLaunches, type Launch, type LaunchSpec, type StopResult } from '../../dist/processes/index.js';
import { noSeam } from '../../dist/contract/index.js';

/** Bounds a wait on an event; a test that meets it has failed. */
export const patienceMs = 60_000;

export const fixtures = fileURLToPath(new URL('../../test/processes/fixtures/', import.meta.url));

export interface Bench {
  readonly directory: string;
  spec(command: readonly string[], change?: Partial<LaunchSpec>): LaunchSpec;
  start(command: readonly string[], change?: Partial<LaunchSpec>, options?: { readonly cgroup?: boolean }): Promise<Started>;
  /** Waits until the fixtures have written so many pids. */
  pids(count: number): Promise<readonly number[]>;
  /** A process outside every launch, killed at the end if it still is the same. */
  own(pid: number): number;
  close(): Promise<void>;
}

export interface Started {
  readonly spec: LaunchSpec;
  readonly runnerPid: number;
  read(): Promise<Launch>;
  stop(options?: { readonly graceMs?: number }): Promise<StopResult>;
  log(): string;
}

/** A temporary directory with everything started in it; nothing outlives `close`. */
export function createBench(): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
  const launched: string[] = [];
  const owned: { pid: number; startTicks: string }[] = [];
  let count = 0;
  const spec = (command: readonly string[], change: Partial<LaunchSpec> = {}): LaunchSpec => {
    // A pipe proves by the name of its launch directory: that has to be of this launch only, as those that envctl makes are.
    const id = `launch-${++count}-${randomBytes(4).toString('hex')}`;
    const made: LaunchSpec = {
      id,
      token: randomBytes(16).toString('hex'),
      name: id,
      kind: 'service',
      scopeId: 'repo-000000000000',
      project: 'Main',
      command,
      cwd: directory,
      env: { PATH: process.env['PATH'] ?? '', FIXTURE_DIRECTORY: directory },
      logPath: join(directory, `${id}.log`),
      directory: join(directory, id),
      ports: [],
      dataDirectories: [],
      stop: [
        { signal: 'SIGTERM', target: 'group', waitMs: patienceMs },
        { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
      ],
      restart: { when: 'no', max: 0, backoffMs: 0 },
      ...change,
    };
    // Stopped at the end even if it has ended: that removes its cgroup.
    launched.push(made.directory);
    return made;
  };
  return {
    directory,
    spec,
    async start(command, change, options = {}) {
      const made = spec(command, change);
      const { runner } = await launchProcess(made, { seam: noSeam, now: Date.now, ...options });
      return {
        spec: made,
        runnerPid: runner.pid,
        async read() {
          const launch = await readLaunch(made.directory);
          if (launch === undefined) throw new Error(`no record in ${made.directory}`);
          return launch;
        },
        async stop(options = {}) {
          const [result] = await stopLaunches([made.directory], { seam: noSeam, ...options });
          if (result === undefined) throw new Error('no result');
          return result;
        },
        log: () => readFileSync(made.logPath, 'utf8'),
      };
    },
    async pids(count) {
      const pids = await eventually(directory, () => pidsIn(join(directory, 'pids'), count));
      const table = readProcessTable();
      for (const pid of pids) {
        const entry = table.get(pid);
        if (entry !== undefined) owned.push({ pid, startTicks: entry.startTicks });
      }
      return pids;
    },
    own(pid) {
      const entry = readProcessTable().get(pid);
      if (entry !== undefined) owned.push({ pid, startTicks: entry.startTicks });
      return pid;
    },
    async close() {
      await stopLaunches(launched, { seam: noSeam, ladder: [{ signal: 'SIGKILL', target: 'tree', waitMs: 2_000 }] });
      const table = readProcessTable();
      for (const { pid, startTicks } of owned) {
        if (table.get(pid)?.startTicks === startTicks) end(pid);
      }
      rmSync(directory, { recursive: true, force: true });
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

/** Waits until `look` gives a value, looking again at each change in the directory. */
export async function eventually<T>(directory: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  let wake: () => void = () => undefined;
  const watcher = watch(directory, () => wake());
  const timer = setInterval(() => wake(), 20);
  const deadline = AbortSignal.timeout(patienceMs);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const value = await look();
      if (value !== undefined) return value;
      if (deadline.aborted) throw new Error('it never happened');
      await changed;
    }
  } finally {
    clearInterval(timer);
    watcher.close();
  }
}

/** The pids a fixture has written into a file of the bench, one a line. */
export function pidsIn(path: string, count: number): number[] | undefined {
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.length >= count ? lines.map(Number) : undefined;
}

export function isRunning(pid: number): boolean {
  const entry = readProcessTable().get(pid);
  return entry !== undefined && entry.state !== 'Z' && entry.state !== 'X';
}
