import type { RuntimeRequest } from '../boot/index.js';
import {
  changeConfig,
  type ConfigAnswer,
  type ConfigDialogue,
  type ConfigRefiner,
  createTerminalPrompts,
  ensureConfigFile,
  hasConfigFile,
  loadConfig,
  type LoadConfigOptions,
  refineConfig,
  type ShowConfig,
  type SaveContext,
  sweepConfigLeftovers,
  toShowConfig,
} from '../config/index.js';
import { createGenerationLock } from '../fs/index.js';
import { discoverPlugins, loadHost } from '../host/index.js';
import { mayBeAlive, selfIdentity } from '../processes/index.js';
import { resolveRepository } from '../projects/index.js';
import type { Route } from '../routing/index.js';
import { toScopePaths } from '../scope/index.js';

/** The configuration commands. They build no engine: a configuration with errors can be looked at and mended. */
export interface ConfigOperations {
  showConfig(route: Route, options: { readonly reveal: boolean }): Promise<ShowConfig>;
  /** `set` are the words of `--set`; `stdinJson` reads the document of `--stdin-json`. */
  config(route: Route, change: { readonly set: readonly string[]; readonly stdinJson?: () => Promise<string> }): Promise<ConfigAnswer>;
  /** For commands that need an `.envctl`: asks for one in a terminal, else throws ENVCTL_E_CONFIG_MISSING. */
  ensureConfig(route: Route): Promise<void>;
}

export function createConfigOperations(request: RuntimeRequest): ConfigOperations {
  const { invocation } = request;
  const dialogue = (route: Route): ConfigDialogue => ({
    headless: route.headless || !invocation.terminal.stdin || !invocation.terminal.stdout,
    prompts: createTerminalPrompts,
  });
  return {
    showConfig: async (route, options) => {
      const { executionRoot, load, refiners } = locate(request, route);
      const model = await refineConfig(loadConfig(load), refiners, { modes: ['main', 'trees'] });
      for (const value of model.secrets()) invocation.secrets.add(value);
      return toShowConfig(model, { executionRoot, ...options });
    },
    config: (route, change) => changeConfig(saveContext(request, locate(request, route)), { ...dialogue(route), ...change }),
    ensureConfig: async (route) => {
      const repositoryRoot = resolveRepository(invocation.cwd, route.repo).root;
      await sweepConfigLeftovers(repositoryRoot, invocation.now());
      if (hasConfigFile({ repositoryRoot, env: invocation.env })) return;
      await ensureConfigFile(saveContext(request, locate(request, route)), dialogue(route));
    },
  };
}

interface Location {
  readonly executionRoot: string;
  readonly load: LoadConfigOptions;
  readonly refiners: readonly ConfigRefiner[];
}

function locate({ invocation, config }: RuntimeRequest, route: Route): Location {
  const repository = resolveRepository(invocation.cwd, route.repo);
  const host = loadHost({ plugins: discoverPlugins(config.plugins.values()) });
  return {
    executionRoot: repository.executionRoot,
    refiners: host.configRefiners,
    load: {
      repositoryRoot: repository.root,
      env: invocation.env,
      declarations: host.configKeys.map((entry) => entry.declaration),
      dependencies: host.dependencies.map((entry) => entry.declaration),
    },
  };
}

/** One save at a time per scope: two at once would each write what they read. */
function saveContext({ invocation }: RuntimeRequest, { load, refiners }: Location): SaveContext {
  return {
    ...load,
    refiners,
    seam: invocation.seam,
    exclusive: (work) => {
      const { runtimeDirectory, storeDirectory, scopeId } = loadConfig(load);
      const directory = toScopePaths({ runtimeRoot: runtimeDirectory, storeRoot: storeDirectory, scopeId }).locks;
      const lock = createGenerationLock({ directory, name: 'config', identity: selfIdentity(), isAlive: mayBeAlive, seam: invocation.seam });
      return lock.hold('saving the configuration', { timeoutMs: 30_000, signal: invocation.signal }, async () => {
        await sweepConfigLeftovers(load.repositoryRoot, invocation.now());
        return work();
      });
    },
  };
}
