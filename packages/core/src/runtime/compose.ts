/**
 * The composition root: builds what the domain rooms work with, once per command. Everything of the
 * outside world (environment, clock, randomness, terminal) comes in through the invocation.
 */
import type { DependencyDeclaration, ProjectProvider } from '../contract/index.js';
import type { RuntimeRequest } from '../boot/index.js';
import { assertConfig, describeProblem, loadConfig, problemsToTell, refineConfig } from '../config/index.js';
import { describeDiagnostic, discoverPlugins, loadHost, type Registry } from '../host/index.js';
import { createMainProvider, resolveRepository, type Repository } from '../projects/index.js';
import { selfIdentity, startedAtSeconds } from '../processes/index.js';
import type { DependencyHandle } from '../requirements/index.js';
import type { EngineContext } from '../scope/index.js';
import { completeRoute, type CompleteRoute, type Route } from '../routing/index.js';
import { noReadinessEvaluator, type ReadinessPort } from '../state/index.js';
import type { ReconcileContext } from '../truth/index.js';
import { createContext, type ScopedContext } from './create-context.js';
import { describeWait } from './describe-wait.js';

export interface Engine extends ReconcileContext, ScopedContext {
  /** The route that was asked for, completed by the configuration. */
  readonly route: CompleteRoute;
  readonly repository: Repository;
  readonly declarations: readonly DependencyDeclaration[];
  readonly providers: readonly ProjectProvider[];
  readonly host: Registry;
  readonly readiness: ReadinessPort;
  /** What is odd about the configuration and is to be told, a line and a mend each. */
  readonly oddities: readonly string[];
  readonly publicHost: string;
}

/** What a command needs of the configuration before it may go on. */
export type ConfigDemand = 'valid' | 'any';

export async function composeEngine(request: RuntimeRequest, asked: Route, demand: ConfigDemand): Promise<Engine> {
  const { invocation } = request;
  const repository = resolveRepository(invocation.cwd, asked.repo);
  const host = loadHost({ plugins: discoverPlugins(request.config.plugins.values()) });
  for (const diagnostic of host.diagnostics()) invocation.stderr(`Warning: ${describeDiagnostic(diagnostic)}\n`);
  const declarations = host.dependencies.map((entry) => entry.declaration);
  const loaded = loadConfig({ repositoryRoot: repository.root, env: invocation.env, declarations: host.configKeys.map((entry) => entry.declaration), dependencies: declarations });
  for (const value of loaded.secrets()) invocation.secrets.add(value);
  const route = completeRoute(asked, loaded);
  const { mode } = route;
  const config = await refineConfig(loaded, host.configRefiners, { modes: [mode] });
  assertConfig(config, demand === 'valid' ? { for: 'start', mode, isModeGiven: route.modeAsked !== undefined } : { for: 'target' });
  const context = await createContext({
    config,
    scope: { id: config.scopeId, repositoryRoot: repository.root, mode },
    signals: host.signals.map((entry) => entry.declaration),
    env: invocation.env,
    command: route.command,
    seam: invocation.seam,
    secrets: invocation.secrets,
    now: invocation.now,
    onWarning: (message) => invocation.stderr(`Warning: ${message}\n`),
    onWait: (holder) => invocation.stderr(`${describeWait(holder, { sinceSeconds: startedAtSeconds(holder.identity), nowMs: invocation.now(), pidNamespace: selfIdentity().pidNamespace })}\n`),
  });

  return {
    ...context,
    route,
    repository,
    host,
    declarations,
    providers: [createMainProvider()],
    readiness: noReadinessEvaluator,
    oddities: problemsToTell(config, demand === 'valid' ? { for: 'start', mode } : { for: 'target' }).map((problem) => `${describeProblem(problem)}\n  ${problem.hint}`),
    publicHost: context.reader.string('ENVCTL_PUBLIC_HOST') ?? 'localhost',
    handles: (ids) => toHandles(context, host, ids),
  };
}

async function toHandles(context: Pick<EngineContext, 'config' | 'env' | 'paths'>, host: Registry, ids: readonly string[]): Promise<ReadonlyMap<string, DependencyHandle>> {
  const handles = new Map<string, DependencyHandle>();
  await Promise.all(
    ids.map(async (id) => {
      const declaration = host.dependencies.find((candidate) => candidate.declaration.id === id)?.declaration;
      if (declaration === undefined) return;
      const handle = { declaration, definition: await host.dependency(id) };
      handles.set(id, context.config.dependencyMode(id) === 'command' ? (await import('../requirements/index.js')).withCommand(context, handle) : handle);
    }),
  );
  return handles;
}
