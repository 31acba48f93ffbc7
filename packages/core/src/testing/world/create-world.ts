import { randomInt } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noSeam, type DependencyDefinition, type FaultSeam, type ProjectFacts } from '../../contract/index.js';
import { deriveScopeId, loadConfig } from '../../config/index.js';
import { toSlug } from '../../projects/index.js';
import { bringUpDependency, probeDependency, readInstances, releaseDependencies, removeInstanceData, resolveDataUser, tearDownProject } from '../../requirements/index.js';
import { createContext, type ScopedContext } from '../../runtime/index.js';
import { createRunId } from '../../state/index.js';
import { createObserver, disturb } from './disturb.js';
import { endServers, watchEndings } from './endings.js';
import { findSurvivors } from './survivors.js';
import { readPlugin, type PluginUnderTest } from './plugin.js';
import { listHeld, readTexts, toWorldRecord } from './records.js';
import type { World, WorldEvent, WorldOptions } from './types.js';

/** Makes a world in a new temporary directory; `dispose` ends its processes and removes it. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const plugin = await readPlugin(options.root, options.dependencyId);
  const directory = await mkdtemp(join(tmpdir(), 'envctl-test-'));
  // The data user walks through; it cannot list.
  await chmod(directory, 0o711);
  await mkdir(join(directory, 'repository'));
  return await openWorld(directory, plugin, options);
}

async function openWorld(directory: string, plugin: PluginUnderTest, options: WorldOptions): Promise<World> {
  const events: WorldEvent[] = [];
  const secrets = new Set<string>();
  const repositoryRoot = join(directory, 'repository');
  const env = toEnvironment(directory, plugin, options);
  const never = new AbortController().signal;

  const load = async (): Promise<DependencyDefinition> => {
    const definition = await plugin.load();
    return options.replace?.(definition) ?? definition;
  };

  /** One command: everything it knows is on disk. */
  async function command<T>(name: string, seam: FaultSeam, work: (context: ScopedContext) => Promise<T>): Promise<T> {
    const config = loadConfig({ repositoryRoot, env, declarations: plugin.configKeys, dependencies: plugin.declarations });
    const [problem] = config.problems.filter((entry) => entry.severity === 'error');
    if (problem !== undefined) throw new Error(problem.message);
    const context = await createContext({
      config,
      scope: { id: deriveScopeId(repositoryRoot), repositoryRoot, mode: 'main' },
      signals: plugin.signals,
      env,
      command: name,
      seam,
      secrets: new Set(),
      now: Date.now,
    });
    const learn = (value: string): void => {
      secrets.add(value);
      context.onSecret(value);
    };
    try {
      return await work({ ...context, onSecret: learn });
    } finally {
      await context.dispose();
    }
  }

  async function stop(projects?: readonly string[]): ReturnType<World['stop']> {
    return await command('stop', noSeam, async (context) => {
      const { instances } = await readInstances(context);
      const endings = await watchEndings(context, join(directory, 'endings'));
      const problems = await releaseDependencies(context, projects ?? instances.flatMap((instance) => instance.holders), { keepReserved: true });
      if (problems.length > 0) throw new Error(`could not be stopped: ${problems.join('; ')}`);
      return await endings();
    });
  }

  return {
    directory,
    dataUser: await resolveDataUser({ uid: process.getuid?.() ?? -1, configured: env['ENVCTL_DATA_USER'] }),
    events,
    secrets,
    project: (name) => ({ name, root: repositoryRoot, slug: toSlug(name) }),

    start: async (project, { signal = never, disturbance = {}, onTrace } = {}) => {
      const observer = createObserver((event) => events.push(event));
      onTrace?.(observer.trace);
      return await command('start', disturbance.at ?? noSeam, async (context) => {
        const runId = createRunId(context.now(), context.random);
        await mkdir(join(context.paths.runs, runId), { recursive: true });
        context.bindRun(runId, join(context.paths.runs, runId));
        const definition = disturb(await load(), disturbance, observer);
        const result = await bringUpDependency(context, { project, handle: { declaration: plugin.declaration, definition }, runId, required: options.required ?? {}, signal });
        const record = (await readInstances(context)).instances.find((entry) => entry.id === result.instance);
        return {
          outcome: result.outcome,
          instance: { id: result.instance, directory: record?.directory ?? '', ports: result.ports, driver: result.driver },
          retries: result.retries,
          variables: result.variables,
          env: Object.fromEntries(Object.entries(result.variables).map(([name, variable]) => [name, variable.value])),
          plugin: observer.trace,
        };
      });
    },

    probe: (project, signal = never) =>
      command('health', noSeam, async (context) => {
        const { ports: _ports, ...outcome } = await probeDependency(context, { project, handle: { declaration: plugin.declaration, definition: await load() }, signal });
        return outcome;
      }),

    stop,

    tearDown: (project: ProjectFacts) =>
      command('delete', noSeam, async (context) => await tearDownProject(context, { project, handle: { declaration: plugin.declaration, definition: await load() }, signal: never })),

    remove: () =>
      command('blast-all', noSeam, async (context) => {
        for (const instance of (await readInstances(context)).instances) await removeInstanceData(context, instance);
      }),

    crash: () => command('crash', noSeam, endServers),

    records: () => command('show', noSeam, async (context) => (await context.ledger.list()).entries.map(toWorldRecord)),
    held: () => command('show', noSeam, listHeld),
    survivors: () => findSurvivors(directory),
    logs: () => command('logs', noSeam, (context) => readTexts(join(context.paths.instances, 'logs'))),
    written: () => command('show', noSeam, (context) => readTexts(context.paths.runtimeRoot)),

    dispose: async () => {
      await stop().catch(() => undefined);
      await command('stop', noSeam, endServers).catch(() => undefined);
      for (const { pid } of await findSurvivors(directory)) kill(pid);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What the user would have set: where everything is kept, the driver, and ports that other tests do not prefer. */
function toEnvironment(directory: string, { declaration }: PluginUnderTest, options: WorldOptions): Readonly<Record<string, string>> {
  const base = randomInt(12_000, 30_000);
  const ports = declaration.resources.map((resource, index) => [resource.configKey, String(base + index)]);
  const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'ENVCTL_DATA_USER'].flatMap((name) => (options.env[name] === undefined ? [] : [[name, options.env[name]]]));
  return Object.fromEntries([
    ...kept,
    ...ports,
    ['ENVCTL_RUNTIME_DIR', join(directory, 'runtime')],
    ['ENVCTL_STORE_DIR', join(directory, 'store')],
    [`ENVCTL_DEPENDENCY_${declaration.id.toUpperCase().replaceAll('-', '_')}_MODE`, options.driver ?? 'native'],
    ...Object.entries(options.config ?? {}),
  ]) as Readonly<Record<string, string>>;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
