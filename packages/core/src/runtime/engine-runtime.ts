/** The facade behind every command. Glue only: it builds the engine for a route and calls the room that owns the behaviour. */
import { join } from 'node:path';
import { EnvctlError, type Mode, type ProjectFacts } from '../contract/index.js';
import { assertPrograms, type DisposableRuntime, type RuntimeRequest } from '../boot/index.js';
import { createRedactor } from '../events/index.js';
import { createScope } from '../host/index.js';
import { migrateHooks, type MigrateHooksReport } from '../hooks/index.js';
import { runStop, runStopAll, type StopSummary } from '../lifecycle/index.js';
import { discoverProjects, selectProjects, selectServices, selectToRestart, type ServiceSelectors } from '../projects/index.js';
import { learnSecrets } from '../requirements/index.js';
import { recordedSecretValues } from '../services/index.js';
import type { CompleteRoute, Route } from '../routing/index.js';
import { clearLogs, collectErrors, toFailedHealth, toFailedStart, examineHealth, followLogs, readLogs, waitFor, type ClearLogsReport, type ErrorsReport, type FailedStart, type FollowOptions, type HealthReport, type LogRecord, type LogsOptions, type LogsReport } from '../state-actions/index.js';
import { assertTarget, assertStartupEnabled, attemptPlan, configuredServices, explainStart, hasSelectors, isExplained, namedProjects, namedServiceTypes, refuseLegacyResume, runStart, toPreflightReport, toStartOptions, toStartupExplanation, type PreflightReport, type StartPlan, type StartSummary, type StartupExplanation } from '../startup/index.js';
import { readJsonFile } from '../fs/index.js';
import { artifactNames, describeLegacyState, describePassedOver, isLegacyState, type RunState, warnOfDamagedRecords } from '../state/index.js';
import { namedServices, projectFacts, warnOfLeftRunning } from '../truth/index.js';
import { createProgress } from '../ui/index.js';
import { type ConfigOperations, createConfigOperations } from './config-operations.js';
import { composeEngine, type ConfigDemand, type Engine } from './compose.js';
import { assertStatePolicy, type StateUse } from './state-policy.js';
import { withRedactedFailures, withRedactedProgress } from './redact-failures.js';

export interface EngineRuntime extends DisposableRuntime, Pick<ConfigOperations, 'config' | 'refine'> {
  start(route: Route, command: 'start' | 'restart' | 'resume'): Promise<StartSummary>;
  explain(route: Route, command: 'start' | 'restart' | 'resume'): Promise<StartPlan>;
  /** What a start would do, and what the configuration says of it; also where there is none. Writes nothing. */
  explainStartup(route: Route): Promise<StartupExplanation>;
  /** Whether a start would go ahead, and what it would do. Writes nothing. */
  preflight(route: Route): Promise<PreflightReport>;
  stop(route: Route): Promise<StopSummary>;
  stopAll(route: Route, command: 'stop-all' | 'blast-all', options: { readonly removeVolumes: boolean }): Promise<StopSummary>;
  health(route: Route): Promise<HealthReport>;
  errors(route: Route): Promise<ErrorsReport>;
  logs(route: Route, options: LogsOptions): Promise<LogsReport>;
  /** @param force replaces hooks that are there */
  migrateHooks(route: Route, options: { readonly force: boolean }): Promise<MigrateHooksReport>;
  clearLogs(route: Route): Promise<ClearLogsReport>;
  followLogs(route: Route, options: FollowOptions): Promise<void>;
  wait(route: Route, options: { readonly until: 'healthy' | 'stopped'; readonly timeoutMs: number }): Promise<HealthReport | undefined>;
}

export async function createRuntime(request: RuntimeRequest): Promise<EngineRuntime> {
  const engines: Engine[] = [];
  const scope = createScope();
  const { signal } = request.invocation;
  const configuration = createConfigOperations(request);

  const warn = (line: string): void => request.invocation.stderr(`Warning: ${line}\n`);

  const engineFor = async (route: Route, demand: ConfigDemand, tell: (oddity: string) => void = warn): Promise<Engine> => {
    assertTarget(route);
    // A prediction stands for another command, and is refused as that one would be.
    assertPrograms(declared(route)?.prerequisites ?? [], request.invocation.env['PATH'] ?? '');
    const engine = await composeEngine(request, route, demand);
    engines.push(engine);
    scope.add(`the engine of ${route.command}`, () => engine.dispose());
    engine.oddities.forEach((oddity) => tell(oddity));
    return engine;
  };

  /** What the command says of itself, from the manifest. */
  const declared = (route: Route) => request.invocation.manifest.commands.find((entry) => entry.id === route.command)?.envctl;

  const assertPolicy = (route: Route, use: StateUse): void => assertStatePolicy(route.command, declared(route)?.statePolicy, use);

  const startContext = async (route: Route, command: 'start' | 'restart' | 'resume', isDry: boolean) => {
    const engine = await engineFor(route, 'valid');
    assertStartupEnabled(engine.config, engine.scope.mode);
    if (command === 'resume') await refuseLegacyResume(engine, { mode: engine.scope.mode, signal, ...(isDry ? {} : { warn: (line) => request.invocation.stderr(`${line}\n`) }) });
    const discovered = await discoverProjects({ mode: engine.scope.mode, repositoryRoot: engine.scope.repositoryRoot, providers: engine.providers, signal });
    const replaced = command === 'restart' ? await namesToRestart(engine, route, discovered) : { names: new Set<string>(), projects: [], types: [] };
    const wanted = command === 'restart' && replaced.projects.length > 0 ? replaced.projects : command === 'resume' && route.projects.length === 0 ? await recordedProjects(engine) : namedProjects(route, discovered);
    const projects = selectProjects(discovered, wanted);
    const services = command === 'restart' ? replaced.types : namedServiceTypes(route, engine.scope.mode, engine.config);
    return { engine, startRequest: { command, mode: engine.scope.mode, projects, services, replace: replaced.names, options: toStartOptions(route), signal } };
  };

  const withState = async <T>(route: Route, work: (engine: Engine, state: RunState) => Promise<T>, withoutState: (engine: Engine) => Promise<T | undefined> = () => Promise.resolve(undefined)): Promise<T> => {
    assertPolicy(route, 'read');
    const engine = await engineFor(route, 'any');
    const { loaded, damaged } = await engine.state.inspect({ ...askedMode(engine.route), legacy: true });
    for (const candidate of damaged) request.invocation.stderr(`${describePassedOver(candidate, loaded?.path)}\n`);
    if (loaded !== undefined && isLegacyState(loaded.state)) request.invocation.stderr(`${describeLegacyState(loaded.path)}\n`);
    if (loaded !== undefined) return work(engine, loaded.state);
    const answer = await withoutState(engine);
    if (answer === undefined) throw noState(route);
    return answer;
  };

  /** A stop's document lists what is odd, and the command tells it; a stop that fails tells it here. */
  const withOddities = async (route: Route, work: (engine: Engine) => Promise<StopSummary>): Promise<StopSummary> => {
    assertPolicy(route, 'read');
    const oddities: string[] = [];
    const engine = await engineFor(route, 'any', (oddity) => oddities.push(oddity));
    try {
      const summary = await work(engine);
      return { ...summary, warnings: [...oddities, ...summary.warnings] };
    } catch (error) {
      oddities.forEach((oddity) => warn(oddity));
      throw error;
    }
  };

  const look = async (engine: Engine, state: RunState, selectors: ServiceSelectors): Promise<HealthReport> =>
    examineHealth(engine, state, { selectors, signal, recentFailures: (await lastFailure(engine)).errors });

  const facade: EngineRuntime = {
    config: configuration.config,
    refine: configuration.refine,
    start: async (route, command) => {
      assertPolicy(route, command === 'start' ? 'start' : 'restore');
      assertTarget(route);
      if (declared(route)?.bootstrap === 'require') await configuration.ensureConfig(route);
      const { engine, startRequest } = await startContext(route, command, false);
      configuration.events.drainTo(engine.events);
      const progress = withRedactedProgress(createProgress(request.invocation, route), engine.redaction);
      try {
        return await runStart({ ...engine, progress }, startRequest);
      } finally {
        progress.close();
      }
    },
    explain: async (route, command) => {
      assertTarget(route);
      if (declared(route)?.bootstrap === 'require') configuration.requireConfig(route);
      const { engine, startRequest } = await startContext(route, command, true);
      const plan = await explainStart({ ...engine, progress: createProgress(request.invocation, { ...route, json: true }) }, startRequest);
      return engine.redaction.value(plan) as StartPlan;
    },
    explainStartup: async (route) => {
      const explained = (engine: Engine, plan: StartPlan | undefined, refusal?: EnvctlError) => toStartupExplanation(engine.config, engine.route, plan, refusal);
      try {
        const plan = await facade.explain(route, 'start');
        return explained(engines.at(-1)!, plan);
      } catch (error) {
        const engine = engines.at(-1);
        if (engine === undefined || !isExplained(error, engine.config)) throw error;
        return explained(engine, undefined, error);
      }
    },
    preflight: async (route) => {
      const redactor = createRedactor({ secrets: () => request.invocation.secrets, home: request.invocation.env['HOME'] ?? '' });
      const asStart: Route = { ...route, command: 'start', headless: true };
      const startup = await attemptPlan(async () => {
        configuration.requireConfig(asStart);
        return facade.explain(asStart, 'start');
      }, redactor.text);
      const told = startup.ready ? '' : startup.problem.message;
      const tell = (oddity: string): void => {
        if (!told.includes(oddity.split('\n', 1)[0] ?? '')) warn(oddity);
      };
      const { config, route: complete } = engines.at(-1) ?? (await engineFor(route, 'any', tell));
      return toPreflightReport(config, complete, startup);
    },
    stop: (route) => withOddities(route, (engine) => runStop(engine, { mode: engine.route.modeAsked, selectors: toSelectors(route), signal })),
    stopAll: (route, command, options) => withOddities(route, (engine) => runStopAll(engine, { command, removeVolumes: options.removeVolumes, signal })),
    health: (route) =>
      withState(
        route,
        (engine, state) => {
          for (const line of warnOfDamagedRecords(engine.paths.scope)) request.invocation.stderr(`${line}\n`);
          return look(engine, state, toSelectors(route));
        },
        async (engine) => {
          for (const line of warnOfLeftRunning(engine.paths.scope)) request.invocation.stderr(`${line}\n`);
          const failure = hasSelectors(route) ? undefined : await readFailedStart(engine);
          return failure === undefined ? undefined : toFailedHealth({ run_id: failure.runId, mode: failure.mode, recent_failures: failure.errors }, (await engine.state.load({ runId: failure.runId }))?.state);
        },
      ),
    errors: (route) =>
      withState(
        route,
        async (engine, state) => {
          const selected = hasSelectors(route) ? selectServices(namedServices(state), toSelectors(route)).map((service) => service.name) : null;
          const report = await look(engine, state, { projects: [], services: [] });
          await learnRecordedSecrets(engine, state);
          return collectErrors(state, report, selected, engine.redaction.text);
        },
        async (engine) => {
          const failure = hasSelectors(route) ? undefined : await readFailedStart(engine);
          if (failure === undefined) return undefined;
          const run = (await engine.state.load({ runId: failure.runId }))?.state;
          if (run !== undefined) await learnRecordedSecrets(engine, run);
          return toFailedStart(failure, run, engine.redaction.text);
        },
      ),
    logs: (route, options) => {
      const read = async (engine: Engine, state: RunState) => {
        const selected = selectServices(namedServices(state), toSelectors(route));
        if (!options.reveal) await learnRecordedSecrets(engine, state);
        return readLogs(state, selected, options, engine.redaction.text);
      };
      return withState(route, read, async (engine) => {
        const failed = await loadFailedRun(engine, route);
        if (failed === undefined) return undefined;
        request.invocation.stderr(`Nothing runs: these are the logs of the start that failed (${failed.run_id}). Why it failed: envctl errors\n`);
        return read(engine, failed);
      });
    },
    migrateHooks: async (route, options) => migrateHooks((await engineFor(route, 'any')).scope.repositoryRoot, options),
    clearLogs: (route) => withState(route, (_engine, state) => clearLogs(state, selectServices(namedServices(state), toSelectors(route)))),
    followLogs: (route, options) => {
      const follow = async (engine: Engine, state: RunState) => {
        const selected = selectServices(namedServices(state), toSelectors(route));
        if (!options.reveal) await learnRecordedSecrets(engine, state);
        await followLogs(selected, options, engine.redaction.text, isLegacyState(state) ? undefined : toLogRecord(engine, state.mode));
        return true;
      };
      return withState(route, follow, async (engine) => {
        const failed = await loadFailedRun(engine, route);
        return failed === undefined ? undefined : follow(engine, failed);
      }).then(() => undefined);
    },
    wait: async (route, options) => {
      assertPolicy(route, 'read');
      const engine = await engineFor(route, 'any');
      return waitFor({
        ...options,
        signal,
        look: async () => {
          const state = await loadState(engine);
          return state === undefined ? undefined : look(engine, state, toSelectors(route));
        },
      });
    },
    dispose: () => scope.dispose(),
  };
  return withRedactedFailures(facade, () => engines.map((engine) => engine.redaction));
}

/** A first start that failed left an error report and no state. */
async function readFailedStart(engine: Engine): Promise<FailedStart | undefined> {
  const { runId, errors } = await lastFailure(engine);
  return errors.length === 0 ? undefined : { runId, mode: engine.scope.mode, errors };
}

/** What the last start launched, when it failed. Throws ENVCTL_E_STATE_NOT_FOUND when it did not come to that. */
async function loadFailedRun(engine: Engine, route: Route): Promise<RunState | undefined> {
  const { runId, errors } = await lastFailure(engine);
  if (errors.length === 0) return undefined;
  const failed = (await engine.state.load({ runId }))?.state;
  if (failed !== undefined && Object.keys(failed.services).length > 0) return failed;
  throw new EnvctlError('ENVCTL_E_STATE_NOT_FOUND', `There are no logs of services: the last start failed before it launched one: ${errors.join('; ')}`, { hints: ['envctl errors', 'envctl start'], data: { error: 'state_not_found', mode: route.mode ?? null } });
}

/** The errors of the last start, when it failed. */
async function lastFailure(engine: Engine): Promise<{ readonly runId: string; readonly errors: readonly string[] }> {
  const file = await readJsonFile(join(engine.paths.scope, artifactNames.errorReport));
  const report = file.ok && typeof file.value === 'object' && file.value !== null ? (file.value as { readonly run_id?: unknown; readonly errors?: unknown }) : {};
  const errors = Array.isArray(report.errors) ? report.errors.filter((error): error is string => typeof error === 'string').slice(0, 5) : [];
  return { runId: String(report.run_id ?? ''), errors };
}

function toSelectors(route: Route): ServiceSelectors {
  return { projects: route.projects, services: route.services, words: route.passthroughArgs };
}

async function loadState(engine: Engine): Promise<RunState | undefined> {
  return (await engine.state.load(askedMode(engine.route)))?.state;
}

/** Which file each service of a mode logs to, from its latest state; what is secret in that file is known before it is read. */
function toLogRecord(engine: Engine, mode: Mode): LogRecord {
  return {
    directory: engine.paths.scope,
    read: async () => {
      const state = (await engine.state.load({ mode }))?.state;
      if (state === undefined) return {};
      await learnRecordedSecrets(engine, state);
      return state.services;
    },
  };
}

/** What a text that a service wrote may tell: the secrets of the servers of the scope, and those of the env files that the services got. */
async function learnRecordedSecrets(engine: Engine, state: RunState): Promise<void> {
  await learnSecrets(engine);
  for (const value of recordedSecretValues(namedServices(state), { reader: engine.reader, rootOf: (project) => projectFacts(state, project).root })) engine.onSecret(value);
}

/** Only a mode that was asked for narrows what is looked up: else the latest run of any mode will do. */
function askedMode({ modeAsked }: CompleteRoute): { readonly mode?: Mode } {
  return modeAsked === undefined ? {} : { mode: modeAsked };
}

function noState(route: Route): EnvctlError {
  return new EnvctlError('ENVCTL_E_STATE_NOT_FOUND', `No previous state found for '${route.command}'.`, { hints: ['envctl start'], data: { error: 'state_not_found', mode: route.mode ?? null } });
}

interface RestartTargets {
  readonly names: ReadonlySet<string>;
  readonly projects: readonly string[];
  /** Types of the services to start where nothing is recorded; none: all. */
  readonly types: readonly string[];
}

/** restart: the services that are meant; an unknown name is an error, none means all that are recorded. Where nothing is recorded the configured ones are started. */
async function namesToRestart(engine: Engine, route: Route, projects: readonly ProjectFacts[]): Promise<RestartTargets> {
  const state = (await engine.state.load({ mode: engine.scope.mode }))?.state;
  if (state === undefined && !hasSelectors(route)) return { names: new Set(), projects: [], types: [] };
  const configured = configuredServices(projects, engine.scope.mode, engine.config);
  const selected = state === undefined ? selectServices(configured, toSelectors(route)) : selectToRestart({ recorded: namedServices(state), configured }, toSelectors(route));
  const targets = { names: new Set(selected.map((service) => service.name)), projects: [...new Set(selected.map((service) => service.project))] };
  return state === undefined ? { ...targets, names: new Set(), types: [...new Set(selected.map((service) => service.type))] } : { ...targets, types: [] };
}

/** resume: the projects that the state knows. */
async function recordedProjects(engine: Engine): Promise<readonly string[]> {
  const state = (await engine.state.load({ mode: engine.scope.mode }))?.state;
  if (state === undefined) throw new EnvctlError('ENVCTL_E_STATE_NOT_FOUND', 'No previous state found to resume.', { hints: ['envctl start'], data: { error: 'state_not_found', mode: engine.scope.mode } });
  const projects = [...new Set([...namedServices(state).map((service) => service.project), ...Object.keys(state.requirements)])];
  if (namedServices(state).length === 0) throw new EnvctlError('ENVCTL_E_RESUME_NOTHING', 'No active services to resume.', { hints: ['envctl start'] });
  return projects;
}
