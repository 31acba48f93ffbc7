/**
 * The production `StartContext`: everything a plugin may acquire goes through here, so that its intent
 * is on record before the effect and a later command finds what an earlier one left.
 */
import { chmod, chown, lchown, lstat, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { LaunchHandle, LaunchRequest, LogicalRequest, ProbeContext, StartContext, StopStep, TaskRequest, TaskResult } from '../contract/index.js';
import { createDeadline, EnvctlError, isEnvctlError } from '../contract/index.js';
import { examineLaunch, readProcessTable, waitForExit, type Examination, type Launch } from '../processes/index.js';
import { acquireProcess, createLaunchToken, describeIncomplete, readRecordedLaunches, releaseProcesses, type RecordedLaunch } from '../resources/index.js';
import { firstPauseMs, nextPauseMs, readTail, tailLines, type LogPosition } from '../services/index.js';
import type { EngineContext } from '../scope/index.js';
import { ensureDirectory, isDiskRefusal, toWriteError } from '../fs/index.js';
import type { InstanceRecord } from './instance-schema.js';
import { assertStoreReachable } from './instance-store.js';

const clearingPauseMs = 150;
/** A statement that a server was at can take dozens of them. */
const taskOutputLines = 200;

export interface StartContextInputs {
  readonly engine: EngineContext;
  readonly record: InstanceRecord & { readonly token: string };
  readonly probe: ProbeContext;
  readonly required: StartContext['required'];
  readonly runId: string;
  readonly holder: string;
  /** Told of every process that was launched or adopted. */
  readonly onLaunched?: () => void;
}

export interface OpenStartContext extends StartContext {
  /** Waits until what tasks left behind is cleared away; rejects when it could not be. */
  settle(): Promise<void>;
}

const defaultServerStop: readonly StopStep[] = [
  { signal: 'SIGTERM', target: 'group', waitMs: 10_000 },
  { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
];

export function createStartContext(inputs: StartContextInputs): OpenStartContext {
  const { engine, record, probe } = inputs;
  const clearing: Promise<unknown>[] = [];
  /** Names of tasks whose earlier launches have ended: what bears them now is this bring-up's own. */
  const ownTasks = new Set<string>();
  const launchName = (name: string) => `${record.id}/${name}`;
  const logPath = (name: string) => join(engine.paths.instances, 'logs', `${record.id}-${name}.log`);

  async function acquire(request: LaunchRequest | TaskRequest, kind: 'dependency' | 'task', ports: readonly number[]) {
    const user = (request.asDataUser ?? true) ? engine.dataUser : undefined;
    if (user !== undefined) assertStoreReachable(user, join(engine.paths.store, '..'));
    ensureDirectory(join(engine.paths.instances, 'logs'));
    const acquired = await acquireProcess(engine, {
      name: launchName(request.name),
      kind,
      // A token is proof: with that of the server, the server would be what a task left behind.
      token: kind === 'task' ? createLaunchToken(engine) : record.token,
      project: record.share === 'scope' ? null : inputs.holder,
      runId: inputs.runId,
      command: request.command,
      cwd: request.cwd ?? record.directory,
      env: { ...minimalEnvironment(engine.env, user?.home), ...request.env },
      logPath: logPath(request.name),
      ports,
      dataDirectories: request.dataDirectories ?? [record.directory],
      ...(user === undefined ? {} : { user: { uid: user.uid, gid: user.gid } }),
      stop: 'stop' in request && request.stop !== undefined ? request.stop : defaultServerStop,
      restart: { when: 'no', max: 0, backoffMs: 0 },
    });
    inputs.onLaunched?.();
    return acquired;
  }

  /** A killed command may have left a task, whose name is not asked for again once its work is done. */
  const isTaskOfOthers = ({ kind, name }: RecordedLaunch): boolean => kind === 'task' && name?.startsWith(launchName('')) === true && !ownTasks.has(name);

  async function launch(request: LaunchRequest): Promise<LaunchHandle> {
    probe.signal.throwIfAborted();
    const { launches } = await readRecordedLaunches(engine);
    const alive = findLiving(launches.filter(({ name }) => name === launchName(request.name)));
    await endAll(engine, record.id, launches.filter((candidate) => candidate !== alive && (candidate.name === launchName(request.name) || isTaskOfOthers(candidate))));
    if (alive !== undefined) {
      inputs.onLaunched?.();
      return toHandle(alive.launchId, 'adopted', alive.directory, alive.state?.record.logPath ?? logPath(request.name));
    }
    const ports = (request.ports ?? []).map((name) => portOf(record, name));
    // What an earlier process of it said is no word of this one.
    const { next } = await readTail(logPath(request.name), { count: 0 });
    const acquired = await acquire(request, 'dependency', ports);
    return toHandle(acquired.launchId, 'started', acquired.directory, logPath(request.name), next);
  }

  async function task(request: TaskRequest): Promise<TaskResult> {
    probe.signal.throwIfAborted();
    // A task of a killed command may still be writing: it ends before the next one begins.
    await endLaunches(({ name }) => name === launchName(request.name));
    ownTasks.add(launchName(request.name));
    await rm(logPath(request.name), { force: true });
    const acquired = await acquire(request, 'task', []);
    const limit = createDeadline(probe.signal, request.timeoutMs);
    const clear = () => releaseProcesses(engine, [{ entryId: acquired.entry.id, directory: acquired.directory }], { keepReserved: true });
    // Not at once: the server that comes next is launched first.
    const clearLater = () => delay(clearingPauseMs).then(clear);
    let code: number | undefined;
    try {
      request.onLaunched?.();
      ({ code } = await waitForExit(acquired.directory, limit.signal));
      return { code, output: await tailLines(logPath(request.name), taskOutputLines) };
    } catch (error) {
      probe.signal.throwIfAborted();
      if (!limit.signal.aborted) throw error;
      throw new EnvctlError('ENVCTL_E_RUN_TIMEOUT', `${record.id}: ${request.name} did not end within ${request.timeoutMs} ms.`, { kind: 'dependency', cause: error });
    } finally {
      limit.clear();
      // Of a task that ended well nothing is expected to be left: the looks for it go on beside what comes next.
      const cleared = code === 0 ? clearLater() : clear();
      clearing.push(cleared);
      if (code === 0) cleared.catch(() => undefined);
      else await cleared;
    }
  }

  async function endLaunches(which: (launch: RecordedLaunch) => boolean): Promise<void> {
    const { launches } = await readRecordedLaunches(engine);
    await endAll(engine, record.id, launches.filter(which));
  }

  async function removeAbandonedBuilds(name: string): Promise<void> {
    const names = await readdir(record.directory).catch(() => []);
    const abandoned = names.filter((entry) => entry.startsWith(`${name}.building-`));
    if (abandoned.length === 0) return;
    // The task that was building may still be writing.
    await endLaunches(isTaskOfOthers);
    await Promise.all(abandoned.map((entry) => rm(join(record.directory, entry), { recursive: true, force: true })));
  }

  async function directory(name: string, build: (temporaryPath: string) => Promise<void>, options: { readonly owner?: 'data-user' | 'envctl' } = {}): Promise<string> {
    const owner = options.owner === 'envctl' ? undefined : engine.dataUser;
    const path = join(record.directory, name);
    await removeAbandonedBuilds(name);
    if (await exists(path)) return path;
    const temporaryPath = `${path}.building-${engine.randomHex(4)}`;
    await mkdir(temporaryPath, { mode: 0o700 });
    if (options.owner === 'envctl') await chmod(temporaryPath, 0o755);
    if (owner !== undefined) await chown(temporaryPath, owner.uid, owner.gid);
    engine.seam('directory.build.before-effect');
    try {
      await build(temporaryPath);
      if (owner !== undefined) await giveTree(temporaryPath, owner);
      engine.seam('directory.build.after-effect');
      await rename(temporaryPath, path);
      engine.seam('directory.build.after-confirm');
    } catch (error) {
      // Copies that were under way may still make files below it: what is left goes with the next start.
      await rm(temporaryPath, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
      throw isDiskRefusal(error) && !isEnvctlError(error) ? toWriteError(path, error) : error;
    }
    return path;
  }

  async function logical(request: LogicalRequest, acquireEffect: () => Promise<void>): Promise<void> {
    probe.signal.throwIfAborted();
    const { entries } = await engine.ledger.list();
    const known = entries.find((entry) => entry.step.kind === 'logical' && entry.step.instance === record.id && entry.step.resource.kind === request.kind && entry.step.resource.name === request.name);
    const entry =
      known ??
      (await engine.ledger.intent({
        kind: 'logical',
        project: request.project ?? null,
        runId: inputs.runId,
        durable: true,
        step: { kind: 'logical', dependency: record.dependency, instance: record.id, resource: request },
      }));
    engine.seam('logical.acquire.before-effect');
    await acquireEffect();
    engine.seam('logical.acquire.after-effect');
    if (entry.phase !== 'confirmed') await engine.ledger.confirm(entry.id);
    engine.seam('logical.acquire.after-confirm');
  }

  return {
    ...probe,
    events: engine.events,
    findProgram: engine.findProgram,
    dataUser: engine.dataUser,
    required: inputs.required,
    launch,
    task,
    directory,
    logical,
    container: () =>
      Promise.reject(new EnvctlError('ENVCTL_E_DEPENDENCY_DRIVER', `${record.id}: this envctl has no container driver.`, { kind: 'environment', hints: ['use the native or the external driver'] })),
    until: (attempt, options) => until(attempt, { ...options, signal: probe.signal }),
    settle: async () => {
      for (const result of await Promise.allSettled(clearing)) if (result.status === 'rejected') throw result.reason;
    },
  };
}

/** Polls from every 5 ms, slowing to 100 ms; ends early when the process has ended. */
async function until<T>(attempt: () => Promise<T | undefined>, options: { readonly timeoutMs: number; readonly handle?: LaunchHandle; readonly signal: AbortSignal }): Promise<T | undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let ended = false;
  options.handle?.exited(signal).then(
    () => {
      ended = true;
    },
    () => undefined,
  );
  const startedMs = performance.now();
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = nextPauseMs(pauseMs, performance.now() - startedMs)) {
      options.signal.throwIfAborted();
      const value = await attempt();
      if (value !== undefined) return value;
      if (ended || performance.now() - startedMs > options.timeoutMs) return undefined;
      await delay(pauseMs, undefined, { signal: options.signal });
    }
  } finally {
    stop.abort();
  }
}

/** `from`: where in the log its own lines begin; undefined: nobody knows, all count. */
function toHandle(id: string, origin: LaunchHandle['origin'], launchDirectory: string, logPath: string, from?: LogPosition): LaunchHandle {
  return {
    id,
    origin,
    logPath,
    exited: (signal) => waitForExit(launchDirectory, signal),
    logTail: (lines) => tailLines(logPath, lines, from),
  };
}

function findLiving(launches: readonly RecordedLaunch[]): RecordedLaunch | undefined {
  if (launches.length === 0) return undefined;
  const table = readProcessTable();
  return launches.find(({ state }) => state !== undefined && isInUse(state, examineLaunch(state, table, { listeners: new Map() })));
}

/** Of one whose server has just ended, the runner still lives, to write that down: who adopted it would have a server that ended. */
function isInUse({ child }: Launch, { alive, runnerAlive, members }: Examination): boolean {
  const hasEnded = child !== undefined && !members.some(({ pid, startTicks }) => pid === child.pid && startTicks === child.startTicks);
  return alive && !(runnerAlive && hasEnded);
}

/** Nothing is started beside what may still run: two servers on one data directory destroy it. */
async function endAll(engine: EngineContext, instance: string, launches: readonly RecordedLaunch[]): Promise<void> {
  const { incomplete } = await releaseProcesses(engine, launches.map(({ entryId, directory, ledgered }) => ({ entryId, directory, ledgered })), { keepReserved: true });
  if (incomplete.length === 0) return;
  throw new EnvctlError('ENVCTL_E_PROCESS_SURVIVED', `${instance}: what ran before could not be ended: ${describeIncomplete(incomplete)}`, { kind: 'environment', hints: ['envctl stop-all'] });
}

/**
 * What envctl itself wrote as root becomes the data user's. Nothing of somebody else is given away that the data user may have put there: links
 * are not followed, a file with other names keeps its owner, and a directory that is the data user's already is its own affair.
 */
async function giveTree(path: string, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
  await lchown(path, owner.uid, owner.gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    const { uid, nlink } = await lstat(child);
    if (uid === owner.uid) continue;
    if (entry.isDirectory()) await giveTree(child, owner);
    else if (nlink === 1) await lchown(child, owner.uid, owner.gid);
  }
}

function portOf(record: InstanceRecord, resource: string): number {
  const port = record.ports[resource];
  if (port === undefined) throw new EnvctlError('ENVCTL_E_BUG', `${record.id} has no leased port for resource ${resource}.`, { kind: 'bug' });
  return port;
}

/** Servers get no more of the user's environment than they need: it may hold secrets. */
function minimalEnvironment(env: EngineContext['env'], home: string | undefined): Record<string, string> {
  const kept = Object.fromEntries(['PATH', 'LANG', 'LC_ALL', 'TZ'].flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]]))) as Record<string, string>;
  return { ...kept, HOME: home ?? env['HOME'] ?? '/' };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
