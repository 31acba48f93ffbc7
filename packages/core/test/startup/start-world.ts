import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertConfig, deriveScopeId, loadConfig } from '../../dist/config/index.js';
import { noSeam, type DependencyDeclaration, type DependencyDefinition, type ProcessIdentity, type ProjectFacts } from '../../dist/contract/index.js';
import { runStopAll } from '../../dist/lifecycle/index.js';
import { examineLaunch, livenessOf, readLaunch, readProcessTable } from '../../dist/processes/index.js';
import { readRecordedLaunches } from '../../dist/resources/index.js';
import { createContext } from '../../dist/runtime/index.js';
import type { ServiceName } from '../../dist/services/index.js';
import type { StartContext } from '../../dist/startup/index.js';
import { noReadinessEvaluator, type RunState } from '../../dist/state/index.js';
import { silentProgress } from '../../dist/ui/index.js';

export const projectNames = ['Main', 'other-1'] as const;
export const dependencyIds = ['alpha', 'beta'] as const;
type DependencyId = (typeof dependencyIds)[number];

export interface Settings {
  readonly backend: boolean;
  readonly frontend: boolean;
  readonly alpha: boolean;
  readonly beta: boolean;
  /** Whether the backend listens. */
  readonly listens: boolean;
  /** Whether `.envctl` has launch env sections. */
  readonly sections: boolean;
  /** Beside them a job, and a worker that waits for it and is restarted with the backend. */
  readonly additional?: boolean;
  /** Added to the preferred ports. */
  readonly portShift: number;
  readonly truth?: 'auto' | 'strict' | 'best_effort';
  readonly requirementsStrict?: boolean;
  /** The dependencies are servers of ours, of which none runs. */
  readonly managed?: boolean;
  /** Alpha is a server of ours, which all projects share. */
  readonly native?: boolean;
}

export const everything: Settings = { backend: true, frontend: true, alpha: true, beta: true, listens: true, sections: true, portShift: 0 };

/** A repository with two services and two dependencies that run elsewhere unless the settings say otherwise: alpha, and beta that requires alpha. */
export interface StartWorld {
  project(name: string): ProjectFacts;
  /** One command with these settings: everything it knows is on disk. */
  command<T>(name: string, settings: Settings, work: (context: StartContext) => Promise<T>): Promise<T>;
  /** What is recorded now. */
  recorded(): Promise<RunState | undefined>;
  /** Names of the living launches of a project, recorded in the state or not. */
  launched(project: string): Promise<readonly string[]>;
  /** `<project>/<dependency>` in the order they were brought up since the last call. */
  takeBroughtUp(): readonly string[];
  /** A dependency stops answering until it is brought up again; a server of ours goes on listening. */
  silence(id: DependencyId): void;
  isSilent(id: DependencyId): boolean;
  /** Pids of a recorded service: its command and the runner above it. The record may name the runner alone: a worker counts as up before its command runs. */
  processesOf(name: string): Promise<{ readonly child: number; readonly runner: number }>;
  /** A dependency cannot be brought up any more (it says so, or its plugin throws), or lacks an optional part. */
  spoil(id: DependencyId, how: 'fails' | 'throws' | 'degrades'): void;
  /** It can again. */
  mend(id: DependencyId): void;
  /** Ends the servers of ours as a crash would, and waits until they are gone. */
  crashServers(): Promise<void>;
  /** Ends a recorded service as a crash would, and waits until it is gone. */
  crash(name: string): Promise<void>;
  /** Somebody else listens on the port from now on; nothing when the port has a listener. */
  occupy(port: number): Promise<void>;
  preferredPort(type: ServiceName, settings: Settings): number;
  /** Every file below runtime root and store with its size and time of change. */
  files(): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Something that listens on $PORT. Hundreds are started: Perl, which nearly every machine has, is up in a tenth of Node's time. */
const server = ['/usr/bin/perl', '/usr/local/bin/perl'].some((path) => existsSync(path))
  ? toServer('perl', '-e', 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in($ENV{PORT}, INADDR_LOOPBACK)) or die $!; listen(S, 9); sleep;\n')
  : toServer('node', '-e', 'require("node:net").createServer().listen(Number(process.env.PORT), "127.0.0.1");\n');

function toServer(program: string, option: string, text: string): { readonly command: string; readonly text: string; readonly program: readonly [string, ...string[]] } {
  return { command: `${program} server`, text, program: [program, option, text] };
}

/** What the listening services run. */
export const serverProgram = server.command.split(' ')[0]!;

export async function createStartWorld(): Promise<StartWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'envctl-test-plan-'));
  await chmod(directory, 0o711);
  const repository = join(directory, 'repository');
  for (const service of ['backend', 'frontend']) {
    await mkdir(join(repository, service), { recursive: true });
    await writeFile(join(repository, service, 'server'), server.text);
  }
  const base = 12_000 + 40 * randomInt(500);
  const silent = new Set<string>();
  const spoilt = new Map<string, 'fails' | 'throws' | 'degrades'>();
  const strangers: Server[] = [];
  let broughtUp: string[] = [];
  const definitions = Object.fromEntries(dependencyIds.map((id) => [id, createDefinition(id, { silent, spoilt, onStart: (project) => broughtUp.push(`${project}/${id}`) })]));
  const preferredPort = (type: ServiceName, { portShift }: Settings): number => base + portShift + (type === 'backend' ? 0 : 20);

  const environment = (settings: Settings): Readonly<Record<string, string>> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    CALLER_TOKEN: 'of the caller',
    ENVCTL_RUNTIME_DIR: join(directory, 'state'),
    ENVCTL_STORE_DIR: join(directory, 'store'),
    BACKEND_PORT_BASE: String(preferredPort('backend', settings)),
    FRONTEND_PORT_BASE: String(preferredPort('frontend', settings)),
    MAIN_BACKEND_ENABLE: String(settings.backend),
    MAIN_FRONTEND_ENABLE: String(settings.frontend),
    MAIN_BACKEND_EXPECT_LISTENER: String(settings.listens),
    MAIN_ALPHA_ENABLE: String(settings.alpha),
    MAIN_BETA_ENABLE: String(settings.beta),
    ENVCTL_BACKEND_START_CMD: settings.listens ? server.command : 'sleep 1000',
    ENVCTL_FRONTEND_START_CMD: server.command,
    ENVCTL_EXTERNAL_DEPENDENCIES: settings.managed === true ? '' : settings.native === true ? 'beta' : dependencyIds.join(','),
    ALPHA_PORT: String(base + 39),
    ...(settings.additional === true ? additionalServices : {}),
    ENVCTL_RUNTIME_TRUTH_MODE: settings.truth ?? 'auto',
    ENVCTL_REQUIREMENTS_STRICT: String(settings.requirementsStrict ?? true),
  });

  async function command<T>(name: string, settings: Settings, work: (context: StartContext) => Promise<T>): Promise<T> {
    const env = environment(settings);
    await writeFile(join(repository, '.envctl'), settings.sections ? sections : '');
    const config = loadConfig({ repositoryRoot: repository, env, declarations: [], dependencies: declarations });
    assertConfig(config, { for: 'start', mode: 'main' });
    const context = await createContext({ config, scope: { id: deriveScopeId(repository), repositoryRoot: repository, mode: 'main' }, signals: [], env, command: name, seam: noSeam, secrets: new Set(), now: Date.now });
    try {
      return await work({
        ...context,
        progress: silentProgress,
        declarations,
        publicHost: 'localhost',
        readiness: noReadinessEvaluator,
        handles: (ids) => Promise.resolve(new Map(declarations.filter(({ id }) => ids.includes(id)).map((declaration) => [declaration.id, { declaration, definition: definitions[declaration.id]! }]))),
      });
    } finally {
      await context.dispose();
    }
  }

  const recorded = (): Promise<RunState | undefined> => command('show', everything, async (context) => (await context.state.load())?.state);

  async function identitiesOf(name: string): Promise<{ readonly child: ProcessIdentity; readonly runner: ProcessIdentity }> {
    const launchDirectory = (await recorded())!.services[name]!.launch_directory!;
    return until(async () => {
      const launch = await readLaunch(launchDirectory);
      return launch?.child === undefined || launch.runner === undefined ? undefined : { child: launch.child, runner: launch.runner };
    });
  }
  async function processesOf(name: string): Promise<{ readonly child: number; readonly runner: number }> {
    const { child, runner } = await identitiesOf(name);
    return { child: child.pid, runner: runner.pid };
  }

  return {
    project: (name) => ({ name, root: repository, slug: name.toLowerCase() }),
    command,
    recorded,
    launched: (project) =>
      command('show', everything, async (context) => {
        const table = readProcessTable();
        const { launches } = await readRecordedLaunches(context);
        return launches.filter((launch) => launch.project === project && launch.state !== undefined && examineLaunch(launch.state, table, { listeners: new Map() }).alive).map((launch) => launch.name ?? launch.launchId);
      }),
    takeBroughtUp() {
      const taken = broughtUp;
      broughtUp = [];
      return taken;
    },
    silence: (id) => void silent.add(id),
    isSilent: (id) => silent.has(id),
    processesOf,
    spoil: (id, how) => void spoilt.set(id, how),
    mend: (id) => void spoilt.delete(id),
    async crash(name) {
      if ((await recorded())?.services[name] === undefined) return;
      const { child, runner } = await identitiesOf(name);
      await crashProcess(child, runner);
    },
    async crashServers() {
      const servers = await command('show', everything, async (context) => (await readRecordedLaunches(context)).launches.filter(({ kind }) => kind === 'dependency'));
      for (const { directory: launchDirectory } of servers) {
        const launch = await readLaunch(launchDirectory);
        await crashProcess(launch?.child, launch?.runner);
      }
    },
    async occupy(port) {
      const stranger = createServer((socket) => socket.unref());
      await new Promise<void>((resolve) => stranger.once('error', () => resolve()).listen(port, '127.0.0.1', resolve));
      strangers.push(stranger);
    },
    preferredPort,
    files: () => Object.fromEntries(['state', 'store'].flatMap((part) => listFiles(join(directory, part)))),
    async close() {
      for (const stranger of strangers) stranger.close();
      await command('stop-all', everything, (context) => runStopAll(context, { command: 'stop-all', removeVolumes: true, signal: new AbortController().signal }));
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const additionalServices = {
  ENVCTL_ADDITIONAL_SERVICES: 'worker,seed',
  ENVCTL_SERVICE_WORKER_KIND: 'worker',
  ENVCTL_SERVICE_WORKER_START_CMD: 'sleep 1000',
  ENVCTL_SERVICE_WORKER_DEPENDS_ON: 'seed,backend?+restart',
  ENVCTL_SERVICE_SEED_KIND: 'job',
  ENVCTL_SERVICE_SEED_START_CMD: 'true',
  ENVCTL_SERVICE_SEED_DEPENDS_ON: 'backend:started?',
};

const declarations: readonly DependencyDeclaration[] = dependencyIds.map((id, order) => ({
  id,
  displayName: id,
  order,
  resources: id === 'alpha' ? [{ name: 'primary', portKey: 'alpha', configKey: 'ALPHA_PORT', defaultPort: 12_000 }] : [],
  enableKeys: { main: [`MAIN_${id.toUpperCase()}_ENABLE`], trees: [`TREES_${id.toUpperCase()}_ENABLE`] },
  defaultEnabled: { main: false, trees: false },
  requires: id === 'beta' ? [{ id: 'alpha', condition: 'ready' }] : [],
  // Beta's may carry a credential.
  variables: [{ name: `${id.toUpperCase()}_URL`, ...(id === 'beta' ? { secret: true } : {}) }],
}));

const sections = [
  ['shared', 'WORLD=start', 'FROM_BETA=${ENVCTL_SOURCE_BETA_URL}'],
  ['backend', 'WORLD=backend', 'WEB=${ENVCTL_SOURCE_FRONTEND_URL}'],
  ['frontend', 'FROM_ALPHA=<${ENVCTL_SOURCE_ALPHA_URL}>', 'API_PORT=${ENVCTL_SOURCE_BACKEND_PORT}', 'ALPHA_URL=mine'],
]
  .flatMap(([service, ...lines]) => [`# >>> envctl ${service} launch env >>>`, ...lines, `# <<< envctl ${service} launch env <<<`, ''])
  .join('\n');

function createDefinition(id: string, world: { readonly silent: Set<string>; readonly spoilt: ReadonlyMap<string, 'fails' | 'throws' | 'degrades'>; readonly onStart: (project: string) => void }): DependencyDefinition {
  return {
    drivers: () => Promise.resolve({ available: ['external', 'native'], missing: [] }),
    plan: ({ driver }) => ({ share: 'scope', ports: driver === 'native' ? ['primary'] : [] }),
    start: async ({ project, instance, launch, until: retry }) => {
      world.onStart(project.name);
      if (world.spoilt.get(id) === 'throws') throw new Error(`${id} has no program`);
      if (world.spoilt.get(id) === 'fails') return { status: 'failed', class: 'hard_start_failure', reasonCode: 'spoilt', message: `${id} is broken` };
      world.silent.delete(id);
      if (instance.driver !== 'native') return { status: 'ready' };
      const port = instance.ports['primary']!;
      const handle = await launch({ name: 'server', command: server.program, env: { PORT: String(port) }, ports: ['primary'] });
      const answer = await retry(async () => ((await answers(port)) ? true : undefined), { timeoutMs: 20_000, handle });
      return answer === undefined ? { status: 'failed', class: 'hard_start_failure', reasonCode: 'ended', message: `${id} ended` } : { status: 'ready' };
    },
    probe: async ({ instance }) => {
      if (world.spoilt.get(id) === 'degrades') return { status: 'degraded', reasonCode: 'bootstrap_failed', message: `${id} lacks a part` };
      const isSilent = world.silent.has(id) || world.spoilt.has(id) || (instance.driver === 'native' && !(await answers(instance.ports['primary']!)));
      return isSilent ? { status: 'failed', class: 'hard_start_failure', reasonCode: 'silent', message: `${id} is silent` } : { status: 'ready' };
    },
    project: ({ project }) => ({ [`${id.toUpperCase()}_URL`]: { value: `${id}://${project.name}`, secret: false } }),
  };
}

function listFiles(root: string): readonly (readonly [string, string])[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => {
    const { size, mtimeMs } = statSync(join(root, name));
    return [join(root, name), `${size} ${mtimeMs}`] as const;
  });
}

/** Its number may be a stranger's by now. The runner writes down how it ended, and goes last. */
async function crashProcess(child: ProcessIdentity | undefined, runner: ProcessIdentity | undefined): Promise<void> {
  if (child !== undefined && livenessOf(child) === 'alive') process.kill(child.pid, 'SIGKILL');
  await until(() => (runner === undefined || livenessOf(runner) === 'gone' ? true : undefined));
}

/** Arguments and environment of a process once it runs `program`: between fork and exec it shows its parent's. */
export async function startedAs(pid: number, program: string): Promise<{ readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> }> {
  const fields = (file: string): readonly string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
  const command = await until(() => (fields('cmdline')[0] === program ? fields('cmdline') : undefined));
  return { command, env: Object.fromEntries(fields('environ').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])) };
}

/** Whether somebody takes connections on the port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** What `look` finds, looking again until it finds something. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = AbortSignal.timeout(30_000);
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (deadline.aborted) throw new Error('it never happened');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
