import { assertConfig, describeProblem, problemsToTell, type ConfigModel } from '../config/read-only.js';
import { createRedactor } from '../events/read-only.js';
import { createPortPreference } from '../ports/read-only.js';
import { createMainProvider, discoverProjects, selectProjects } from '../projects/read-only.js';
import { type FindsPackage, hasDrivers, resolveDataUser } from '../requirements/read-only.js';
import { completeRoute, type CompleteRoute, type Route } from '../routing/index.js';
import { toScopeDirectory } from '../scope/read-only.js';
import { assertTarget, assertStartable, assertStartupEnabled, dependenciesToStart, namedProjects, namedServiceTypes, predictStart, toPreflightReport, toStartOptions, toStartupExplanation, type PreflightReport, type StartPlan, type StartRequest, type StartupExplanation } from '../startup/read-only.js';
import { inspectLatestState } from '../state/read-only.js';
import { examineServices, foreseeDependencies, readTruthMode } from '../truth/read-only.js';
import { readConfig, type ConfiguredInputs } from './read-config.js';

export interface PlanInputs extends ConfiguredInputs {
  readonly route: Route;
  readonly nowMs: number;
  readonly findsPackage?: FindsPackage | undefined;
}

interface Predicted {
  readonly plan: StartPlan;
  readonly config: ConfigModel;
  readonly route: CompleteRoute;
  readonly warnings: readonly string[];
}

/**
 * The plan of a start as the engine explains it, without the secrets in its commands, where neither a server nor a plugin has to be asked; else undefined. A server of ours that listens is not asked.
 * Throws what the start would be refused with.
 */
export async function explainStartup(inputs: PlanInputs): Promise<{ readonly explanation: StartupExplanation; readonly warnings: readonly string[] } | undefined> {
  const predicted = await predict(inputs);
  if (predicted === undefined) return undefined;
  const { plan, config, route, warnings } = predicted;
  return { explanation: toStartupExplanation(config, route, plan), warnings };
}

/** As {@link explainStartup}; undefined also without `.envctl`. */
export async function preflight(inputs: PlanInputs): Promise<{ readonly report: PreflightReport; readonly plan: StartPlan; readonly warnings: readonly string[] } | undefined> {
  const predicted = await predict(inputs);
  if (predicted === undefined || !predicted.config.exists) return undefined;
  const { plan, config, route, warnings } = predicted;
  return { report: toPreflightReport(config, route, { ready: true, plan, problem: null }), plan, warnings };
}

async function predict(inputs: PlanInputs): Promise<Predicted | undefined> {
  assertTarget(inputs.route);
  const read = await readConfig(inputs, (config) => [completeRoute(inputs.route, config).mode]);
  if (read === undefined) return undefined;
  const { config } = read;
  const route = completeRoute(inputs.route, config);
  const { mode } = route;
  assertConfig(config, { for: 'start', mode, isModeGiven: route.modeAsked !== undefined });
  assertStartupEnabled(config, mode);
  await resolveDataUser({ uid: process.getuid?.() ?? -1, configured: inputs.env['ENVCTL_DATA_USER'] });
  const reader = config.reader();
  // A strict start passes a gate that is the engine's.
  if (readTruthMode(reader) === 'strict') return undefined;
  const { signal } = new AbortController();
  const discovered = await discoverProjects({ mode, repositoryRoot: config.repositoryRoot, providers: [createMainProvider()], signal });
  const projects = selectProjects(discovered, namedProjects(route, discovered));
  const scopeDirectory = toScopeDirectory({ runtimeRoot: config.runtimeDirectory, scopeId: config.scopeId });
  const state = inspectLatestState(scopeDirectory, mode).found?.state;
  const names = projects.map(({ name }) => name);
  const isMeant = (project: string) => names.includes(project);
  const [services, dependencies] =
    state === undefined
      ? [[], []]
      : await Promise.all([examineServices(state, { nowMs: inputs.nowMs, truth: config.truth, isMeant: ({ project }) => isMeant(project) }), foreseeDependencies({ scopeDirectory, config }, state, isMeant)]);
  if (dependencies.some(({ status }) => status === 'unknown')) return undefined;
  const request: StartRequest = { command: 'start', mode, projects, services: namedServiceTypes(route, mode, config), replace: new Set(), options: toStartOptions(route), signal };
  const context = { config, reader, env: inputs.env, declarations: inputs.declared.dependencies, preferredServicePort: createPortPreference(config.ports, config.scopeId).preferredServicePort };
  const prediction = predictStart(context, request, state === undefined ? undefined : { state, truth: { services, dependencies } });
  assertStartable(context, request, prediction);
  if (!(await hasDrivers({ config, env: inputs.env, declarations: inputs.declared.dependencies, scopeDirectory, findsPackage: inputs.findsPackage }, dependenciesToStart(prediction.plan)))) return undefined;
  const told = problemsToTell(config, { for: 'start', mode }).map((problem) => `${describeProblem(problem)}\n  ${problem.hint}`);
  const redactor = createRedactor({ secrets: () => config.secrets(), home: inputs.env['HOME'] ?? '' });
  return { plan: redactor.value(prediction.plan) as StartPlan, config, route, warnings: [...inputs.declared.warnings, ...told].map((line) => `Warning: ${line}`) };
}
