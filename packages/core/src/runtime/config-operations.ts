import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Mode } from '../contract/index.js';
import type { RuntimeRequest } from '../boot/index.js';
import {
  changeConfig,
  type ConfigAnswer,
  type ConfigDialogue,
  type ConfigModel,
  type ConfigRefiner,
  createTerminalPrompts,
  ensureConfigFile,
  hasConfigFile,
  requireConfigFile,
  loadConfig,
  type LoadConfigOptions,
  refineConfig,
  type SaveContext,
  sweepConfigLeftovers,
} from '../config/index.js';
import { coreSignals, createJsonlSink, createRecorder, createRedactor } from '../events/index.js';
import { createGenerationLock } from '../fs/index.js';
import { discoverPlugins, loadHost } from '../host/index.js';
import { mayBeAlive, selfIdentity } from '../processes/index.js';
import { resolveRepository } from '../projects/index.js';
import type { Route } from '../routing/index.js';
import { toScopePaths, type ScopePaths } from '../scope/index.js';
import { artifactNames, readLatestState } from '../state/index.js';
import { isAnythingRunning } from '../truth/index.js';
import { describeIgnored } from './describe-ignored.js';
import { createPendingEvents, type PendingEvents } from './pending-events.js';

/** The configuration commands. They build no engine: a configuration with errors can be looked at and mended. */
export interface ConfigOperations {
  /** The model with what the refiners of the plugins in use say. Loads those plugins. */
  refine(config: ConfigModel, modes: readonly Mode[]): Promise<ConfigModel>;
  /** `set` are the words of `--set`; `stdinJson` reads the document of `--stdin-json`. */
  config(route: Route, change: { readonly set: readonly string[]; readonly stdinJson?: () => Promise<string> }): Promise<ConfigAnswer>;
  /** For commands that need an `.envctl`: asks for one in a terminal, else throws ENVCTL_E_CONFIG_MISSING. What it did waits in `events`. */
  ensureConfig(route: Route): Promise<void>;
  /** Throws ENVCTL_E_CONFIG_MISSING when there is no `.envctl`; asks nobody, writes nothing. */
  requireConfig(route: Route): void;
  readonly events: PendingEvents;
}

export function createConfigOperations(request: RuntimeRequest): ConfigOperations {
  const { invocation } = request;
  const events = createPendingEvents();
  const dialogue = (route: Route): ConfigDialogue => ({
    headless: route.headless || !invocation.terminal.stdin || !invocation.terminal.stdout,
    prompts: createTerminalPrompts,
  });
  return {
    refine: (config, modes) => refineConfig(config, loadHost({ plugins: discoverPlugins(request.config.plugins.values()) }).configRefiners, { modes }),
    events,
    config: async (route, change) => {
      const location = locate(request, route);
      const answer = await changeConfig({ ...saveContext(request, location), events }, { ...dialogue(route), ...change });
      recordInLatestRun(request, location, events);
      return answer.saved ? { ...answer, ignore_warning: await describeIgnored(answer.path, invocation.env), running: await isAnythingRunning(scopePathsOf(location).scope, { nowMs: invocation.now(), truth: loadConfig(location.load).truth }) } : answer;
    },
    ensureConfig: async (route) => {
      const repositoryRoot = resolveRepository(invocation.cwd, route.repo).root;
      await sweepConfigLeftovers(repositoryRoot, invocation.now());
      if (hasConfigFile({ repositoryRoot, env: invocation.env })) return;
      await ensureConfigFile({ ...saveContext(request, locate(request, route)), events }, dialogue(route));
    },
    requireConfig: (route) => {
      const repositoryRoot = resolveRepository(invocation.cwd, route.repo).root;
      if (!hasConfigFile({ repositoryRoot, env: invocation.env })) requireConfigFile(loadConfig(locate(request, route).load));
    },
  };
}

interface Location {
  readonly load: LoadConfigOptions;
  readonly refiners: readonly ConfigRefiner[];
}

function locate({ invocation, config }: RuntimeRequest, route: Route): Location {
  const host = loadHost({ plugins: discoverPlugins(config.plugins.values()) });
  return {
    refiners: host.configRefiners,
    load: {
      repositoryRoot: resolveRepository(invocation.cwd, route.repo).root,
      env: invocation.env,
      declarations: host.configKeys.map((entry) => entry.declaration),
      dependencies: host.dependencies.map((entry) => entry.declaration),
    },
  };
}

function scopePathsOf({ load }: Pick<Location, 'load'>): ScopePaths {
  const { runtimeDirectory, storeDirectory, scopeId } = loadConfig(load);
  return toScopePaths({ runtimeRoot: runtimeDirectory, storeRoot: storeDirectory, scopeId });
}

/** A change of the configuration belongs to the history of what runs with it; where nothing ran yet there is none. */
function recordInLatestRun({ invocation }: RuntimeRequest, { load }: Location, events: PendingEvents): void {
  const { scope, runs } = scopePathsOf({ load });
  const latest = readLatestState(scope);
  if (latest === undefined) return;
  const recorder = createRecorder({
    catalogue: coreSignals,
    sinks: [createJsonlSink()],
    redactor: createRedactor({ secrets: () => invocation.secrets, home: invocation.env['HOME'] ?? '/' }),
    now: invocation.now,
    salt: randomBytes(16).toString('hex'),
    traceId: `config-${randomBytes(4).toString('hex')}`,
  });
  recorder.setRun(latest.run_id, join(runs, latest.run_id, artifactNames.events));
  events.drainTo(recorder);
  recorder.close();
}

/** One save at a time per scope: two at once would each write what they read. */
function saveContext({ invocation }: RuntimeRequest, { load, refiners }: Location): SaveContext {
  return {
    ...load,
    refiners,
    seam: invocation.seam,
    exclusive: (work) => {
      const directory = scopePathsOf({ load }).locks;
      const lock = createGenerationLock({ directory, name: 'config', identity: selfIdentity(), isAlive: mayBeAlive, seam: invocation.seam });
      return lock.hold('saving the configuration', { timeoutMs: 30_000, signal: invocation.signal }, async () => {
        await sweepConfigLeftovers(load.repositoryRoot, invocation.now());
        return work();
      });
    },
  };
}
