import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EnvctlError,
  type ConfigKeyDeclaration,
  type DependencyPlan,
  type InstanceFacts,
  type LaunchHandle,
  type PlanContext,
  type ProjectFacts,
  type ScopeFacts,
  type SecretStore,
  type StartContext,
} from '../../contract/index.js';
import { createProgramFinder } from '../../requirements/index.js';
import { createConfigReader } from './config.js';
import { buildDirectory } from './directories.js';
import { freePort } from './free-port.js';
import { sendSignal, startProcess, stopProcess, toHandle, within, type RunningLaunch } from './launches.js';
import { createSecretStore } from './secrets.js';
import { findSurvivors } from './survivors.js';
import type { Disturbance, World, WorldEvent, WorldOptions, WorldRecord } from './types.js';

/** Makes a world in a new temporary directory; `dispose` ends its processes and removes it. */
export async function createWorld(options: WorldOptions, keys: readonly ConfigKeyDeclaration[]): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'envctl-test-'));
  // The data user walks through; it cannot list.
  await chmod(directory, 0o711);
  for (const name of ['store', 'ledger', 'logs', 'secrets', 'sockets']) await mkdir(join(directory, name), { mode: 0o711 });
  return new RealWorld(directory, options, keys);
}

const scopeId = 'repo-0123456789ab';

class RealWorld implements World {
  readonly events: WorldEvent[] = [];
  readonly secrets = new Set<string>();
  private readonly launches = new Map<string, RunningLaunch>();
  private readonly stores = new Map<string, SecretStore>();
  private readonly ports = new Map<string, Readonly<Record<string, number>>>();
  private readonly locks = new Map<string, Promise<unknown>>();
  private nextRecord = 1;

  constructor(
    readonly directory: string,
    private readonly options: WorldOptions,
    private readonly keys: readonly ConfigKeyDeclaration[],
  ) {}

  project(name: string): ProjectFacts {
    return { name, root: join(this.directory, name), slug: name.toLowerCase() };
  }

  async start(project: ProjectFacts, { signal = new AbortController().signal, disturbance = {} }: Parameters<World['start']>[1] = {}): ReturnType<World['start']> {
    const ctx = await this.context(project, signal, disturbance);
    return await this.locked(ctx.instance.id, async () => {
      const before = new Set(this.launches.keys());
      const undo = async (): Promise<void> => {
        for (const key of this.launches.keys()) if (!before.has(key)) await this.end(key);
      };
      const definition = this.options.definition();
      const outcome = await definition.start(ctx).catch(async (error: unknown) => {
        await undo();
        throw error;
      });
      if (outcome.status === 'failed') await undo();
      const ports = outcome.status === 'ready' || outcome.status === 'adopted' ? { ...ctx.instance.ports, ...outcome.ports } : ctx.instance.ports;
      if (outcome.status !== 'failed') this.ports.set(ctx.instance.id, ports);
      const planContext = this.planContext(project);
      const credentials: Record<string, string> = {};
      for (const name of definition.credentials?.(planContext) ?? []) {
        const value = await this.secretStore(ctx.instance.id).get(name);
        if (value !== undefined) credentials[name] = value;
      }
      const variables = definition.project({ ...planContext, plan: ctx.plan, ports, credentials });
      const env = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.value]));
      return { outcome, plan: ctx.plan, instance: { ...ctx.instance, ports }, variables, env };
    });
  }

  async probe(project: ProjectFacts, signal = new AbortController().signal): ReturnType<World['probe']> {
    const ctx = await this.context(project, signal);
    return await this.options.definition().probe(ctx);
  }

  async context(project: ProjectFacts, signal: AbortSignal, disturbance: Disturbance = {}): Promise<StartContext> {
    const plan = this.options.definition().plan(this.planContext(project));
    const instance = await this.instance(plan, project, disturbance);
    const { dataUser, timeoutMs } = this.options;
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      disturbance.at?.(`${name}.before`);
      signal.throwIfAborted();
      const result = await work();
      disturbance.at?.(`${name}.after`);
      signal.throwIfAborted();
      return result;
    };
    const secrets = this.secretStore(instance.id);
    return {
      scope: this.scope(),
      project,
      config: this.config(),
      instance,
      plan,
      signal,
      dataUser,
      required: {},
      findProgram: createProgramFinder(this.options.searchPath),
      events: { emit: (event, fields = {}) => void this.events.push({ event, fields }) },
      secrets: {
        get: (name) => step('secrets.get', () => secrets.get(name)),
        ensure: (name) => step('secrets.ensure', () => secrets.ensure(name)),
        set: (name, value) => step('secrets.set', () => secrets.set(name, value)),
      },
      launch: (request) => step('launch', () => this.launch(instance, request, disturbance)),
      task: (request) =>
        step('task', async () => {
          const record = await this.record({ kind: 'process', instance: instance.id, name: request.name, command: request.command });
          const logPath = join(this.directory, 'logs', `${instance.id}-${request.name}-${record}.log`);
          const running = await startProcess(request, this.spawnOptions(instance, `${instance.id}/${request.name}`, logPath));
          const exit = await within(Promise.race([running.exit, aborted(signal)]), Math.min(request.timeoutMs, timeoutMs));
          if (!running.exited()) {
            sendSignal(-(running.child.pid ?? 0), 'SIGKILL');
            await running.exit;
          }
          await this.confirm(record);
          return { code: exit?.code ?? 124, output: await running.handle.logTail(40) };
        }),
      directory: (name, build) =>
        step('directory', async () => {
          const record = await this.record({ kind: 'directory', instance: instance.id, name });
          const path = await buildDirectory(join(instance.directory, name), dataUser, build);
          await this.confirm(record);
          return path;
        }),
      logical: (request, acquire) =>
        step('logical', async () => {
          const record = await this.record({ kind: 'logical', instance: instance.id, name: request.name, resource: request });
          disturbance.at?.('logical.acquire');
          await acquire();
          await this.confirm(record);
        }),
      container: () => Promise.reject(new Error('this world has no container engine')),
      until: (attempt, wait) =>
        step('until', () => (disturbance.exhausted === true ? Promise.resolve(undefined) : poll(attempt, { ...wait, timeoutMs: Math.min(wait.timeoutMs, timeoutMs) }, signal, disturbance))),
    };
  }

  async records(): Promise<readonly WorldRecord[]> {
    const files = await readdir(join(this.directory, 'ledger'));
    const records = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(this.directory, 'ledger', file), 'utf8')) as WorldRecord));
    return records.sort((left, right) => left.id - right.id);
  }

  async teardownContext(record: WorldRecord, signal: AbortSignal): ReturnType<World['teardownContext']> {
    if (record.resource === undefined) throw new Error(`record ${record.id} is no logical resource`);
    const project = this.project(record.resource.project ?? 'Main');
    const ctx = await this.context(project, signal);
    return { scope: ctx.scope, project, config: ctx.config, instance: ctx.instance, plan: ctx.plan, secrets: ctx.secrets, signal, resource: record.resource };
  }

  async crash(): Promise<void> {
    const running = [...this.launches.values()];
    for (const launch of running) sendSignal(launch.child.pid ?? 0, 'SIGKILL');
    await Promise.all(running.map((launch) => launch.exit));
    this.launches.clear();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.launches.keys()].map((key) => this.end(key)));
  }

  survivors(): ReturnType<World['survivors']> {
    return findSurvivors(this.directory);
  }

  async logs(): Promise<string> {
    const directory = join(this.directory, 'logs');
    const texts = await Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')));
    return texts.join('\n');
  }

  async dispose(): Promise<void> {
    await this.stop();
    for (const { pid } of await this.survivors()) sendSignal(pid, 'SIGKILL');
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  private async launch(instance: InstanceFacts, request: Parameters<StartContext['launch']>[0], disturbance: Disturbance): Promise<LaunchHandle> {
    const key = `${instance.id}/${request.name}`;
    const running = this.launches.get(key);
    if (running !== undefined && !running.exited()) return toHandle(key, running.handle.logPath, running.exit, 'adopted');
    if (disturbance.launch === 'refuse') {
      throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `the program ${request.command[0]} was not found`, { kind: 'environment' });
    }
    const record = await this.record({ kind: 'process', instance: instance.id, name: request.name, command: request.command });
    const spawned = disturbance.launch === 'exit' ? { ...request, command: ['/bin/sh', '-c', 'echo it will not work; exit 3'] as const } : request;
    const launch = await startProcess(spawned, this.spawnOptions(instance, key, join(this.directory, 'logs', `${instance.id}-${request.name}-${record}.log`)));
    this.launches.set(key, launch);
    await this.confirm(record);
    return launch.handle;
  }

  private async end(key: string): Promise<void> {
    const launch = this.launches.get(key);
    if (launch === undefined) return;
    await stopProcess(launch);
    this.launches.delete(key);
  }

  private spawnOptions(instance: InstanceFacts, id: string, logPath: string): Parameters<typeof startProcess>[1] {
    return { id, logPath, cwd: instance.directory, path: this.options.searchPath, user: this.options.dataUser };
  }

  private async instance(plan: DependencyPlan, project: ProjectFacts, disturbance: Disturbance): Promise<InstanceFacts> {
    const id = `${this.options.declaration.id}-${plan.share === 'scope' ? scopeId : project.slug}`;
    return await this.locked(`${id}#facts`, async () => {
      const directory = await this.own(join(this.directory, 'store', id));
      const socketDirectory = await this.own(join(this.directory, 'sockets', id));
      let ports = this.ports.get(id);
      if (ports === undefined) {
        ports = Object.fromEntries(await Promise.all(plan.ports.map(async (name) => [name, await freePort()] as const)));
        this.ports.set(id, ports);
      }
      return { id, directory, socketDirectory, driver: this.options.driver, ports: { ...ports, ...disturbance.ports } };
    });
  }

  private async own(path: string): Promise<string> {
    if ((await stat(path).catch(() => undefined)) !== undefined) return path;
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (this.options.dataUser !== undefined) await chown(path, this.options.dataUser.uid, this.options.dataUser.gid);
    return path;
  }

  private secretStore(instance: string): SecretStore {
    const known = this.stores.get(instance);
    if (known !== undefined) return known;
    const store = createSecretStore(join(this.directory, 'secrets', `${instance}.json`), this.secrets);
    this.stores.set(instance, store);
    return store;
  }

  private planContext(project: ProjectFacts): PlanContext {
    return { scope: this.scope(), project, config: this.config(), driver: this.options.driver };
  }

  private scope(): ScopeFacts {
    return { id: scopeId, repositoryRoot: this.directory, mode: 'main' };
  }

  private config(): StartContext['config'] {
    return createConfigReader(this.keys, this.options.config);
  }

  private async record(entry: Omit<WorldRecord, 'id' | 'confirmed'>): Promise<number> {
    const id = this.nextRecord++;
    await writeFile(this.recordPath(id), JSON.stringify({ ...entry, id, confirmed: false }));
    return id;
  }

  private async confirm(id: number): Promise<void> {
    const record = JSON.parse(await readFile(this.recordPath(id), 'utf8')) as WorldRecord;
    await writeFile(this.recordPath(id), JSON.stringify({ ...record, confirmed: true }));
  }

  private recordPath(id: number): string {
    return join(this.directory, 'ledger', `${id}.json`);
  }

  private async locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.locks.get(name) ?? Promise.resolve()).then(work);
    this.locks.set(name, result.catch(() => undefined));
    return await result;
  }
}

async function poll<T>(
  attempt: () => Promise<T | undefined>,
  options: { readonly timeoutMs: number; readonly handle?: LaunchHandle },
  signal: AbortSignal,
  disturbance: Disturbance,
): Promise<T | undefined> {
  const over = new AbortController();
  let ended = false;
  const watched = options.handle?.exited(AbortSignal.any([signal, over.signal])).then(
    () => void (ended = true),
    () => undefined,
  );
  const interrupted = Promise.race([aborted(AbortSignal.any([signal, over.signal])), ...(watched === undefined ? [] : [watched])]);
  const deadline = performance.now() + options.timeoutMs;
  try {
    for (let delay = 5; ; delay = Math.min(delay * 1.5, 100)) {
      disturbance.at?.('until.attempt');
      signal.throwIfAborted();
      const value = await attempt();
      if (value !== undefined) return value;
      if (ended || performance.now() > deadline) return undefined;
      await within(interrupted, delay);
    }
  } finally {
    over.abort();
    await watched;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
