/**
 * start, restart and resume: one way. Facts → plan (pure) → leases and intents → graph → commit. A dry run
 * ends after the plan. Projects succeed, fail and are undone one by one.
 */
import { join } from 'node:path';
import { EnvctlError, errorMessage, isEnvctlError, type Mode } from '../contract/index.js';
import { mendInstances } from '../requirements/index.js';
import { describeIncomplete, launchesAt, releaseProcesses, readRecordedLaunches } from '../resources/index.js';
import { holdAll } from '../scope/index.js';
import { isServiceTask, type ServiceName } from '../services/index.js';
import { artifactNames, createRunId, emptyState, fingerprintRuntimeMap, fingerprintState, mergeByProject, type ReadinessPort, type RunState, type ServiceRecord } from '../state/index.js';
import { namedServices, portsOfProject, readTruthMode, reconcile, type PortsByName, type ReconcileContext } from '../truth/index.js';
import type { Progress } from '../ui/index.js';
import { assertDrivers } from './assert-drivers.js';
import { mapAtMost } from './at-most.js';
import { executeProject, type ProjectFailure, type ProjectSuccess } from './execute-project.js';
import { createFormerServices, type ComeBack, type FormerServices } from './former-services.js';
import { lookAgain } from './last-look.js';
import { isDefinedByHook } from './plan-defined.js';
import type { PlannedProject, StartPlan } from './plan.js';
import { assertStartable, predictStart, type Prediction, type PredictionContext, type StartRequest } from './predict-start.js';
import { mergeRounds, mostRounds, needsRound, nextRequest, type Round } from './rounds.js';
import { assertReadinessGate, assertWholeTruth } from './strict-truth.js';
import { toStartSummary, type StartSummary } from './summary.js';

export interface StartContext extends ReconcileContext, PredictionContext {
  readonly progress: Progress;
  readonly publicHost: string;
  readonly readiness: ReadinessPort;
  /** A service may die with a secret on its lips, and its error quotes its last words. */
  readonly redaction: { readonly text: (text: string) => string };
}

const projectLockMs = 900_000;
/** What was waited for is looked at again, but a service that never stays has the time of a start only so often. */
const mostLooks = 3;

/**
 * The plan alone: what `start` would do now, or the error it would end with; a server of ours that listens counts as one
 * that answers. Writes nothing, locks nothing.
 */
export async function explainStart(context: StartContext, request: StartRequest): Promise<StartPlan> {
  // Strict truth is what answers.
  const gathered = await gather(context, request, { foreseesDependencies: readTruthMode(context.reader) !== 'strict' });
  assertStartable(context, request, gathered);
  await assertDrivers(context, request, gathered.plan);
  await assertReadinessGate(context, request.command, request.signal);
  return gathered.plan;
}

export async function runStart(context: StartContext, request: StartRequest): Promise<StartSummary> {
  const locks = request.projects.map((project) => `project-${project.slug}`);
  // Plugin code is loaded while locks, state and detection wait for the disk.
  void context.handles(enabledDependencies(context, request.mode)).catch(() => undefined);
  return holdAll(context, locks, { purpose: request.command, timeoutMs: projectLockMs, signal: request.signal }, async () => {
    const startedMs = uptimeMs();
    await mendInstances(context);
    let latest = await runRound(context, request);
    let whole = latest;
    for (let round = 2; round <= mostRounds && needsRound(latest); round += 1) {
      latest = await runRound(context, nextRequest(request));
      whole = mergeRounds(whole, latest);
    }
    return toStartSummary({ ...whole, totalMs: uptimeMs() - startedMs });
  });
}

/** Plans, executes and commits once. Throws when a project failed: what was committed before stays. */
async function runRound(context: StartContext, request: StartRequest): Promise<Round> {
  const startedMs = uptimeMs();
  const gathered = await gather(context, request, { foreseesDependencies: false });
  const { plan, state } = gathered;
  const { forgetPorts = false, forwarded = {}, projectsAtOnce } = request.options ?? {};
  assertStartable(context, request, gathered);
  await assertDrivers(context, request, plan);
  await assertReadinessGate(context, request.command, request.signal);
  if (plan.decision.kind === 'reuse' && state !== undefined) {
    for (const project of plan.projects) for (const service of project.services) context.progress.node(`${project.name}/${service.type}`, 'kept');
    return { plan, state, timings: [], notes: {} };
  }
  const runId = createRunId(context.now(), context.random);
  const runDirectory = join(context.paths.runs, runId);
  context.seam('startup.run.before-effect');
  context.bindRun(runId, runDirectory);
  context.events.emit('command.route.selected', { mode: plan.mode, effective_mode: plan.mode, command: plan.command });
  context.events.emit('planning.projects.discovered', { mode: plan.mode, count: plan.projects.length, projects: plan.projects.map((project) => project.name) });
  context.events.emit('startup.run.decided', { decision: plan.decision.kind, reason: plan.decision.reason, run_id: runId, previous_run_id: state?.run_id ?? null, mode: plan.mode, projects: plan.projects.map((project) => project.name) });
  if (plan.command === 'restart') context.events.emit('restart.selection', { include_requirements: true, target_projects: plan.projects.map((project) => project.name), selected_services: [...request.replace] });
  context.events.emit('startup.execution', { mode: plan.mode, projects: plan.projects.map((project) => project.name) });
  context.seam('startup.run.after-effect');
  await recoverProjects(context, plan, state);
  const formers = await findFormers(context, gathered);
  const handles = await context.handles([...new Set(plan.projects.flatMap((project) => project.dependencies.map((dependency) => dependency.id)))]);
  try {
    for (const former of formers.values()) await (forgetPorts ? former.stopAll() : former.clear());
    if (forgetPorts) await context.leases.drop(context.scope.id);
  } catch (error) {
    tellLost(context, await bringBack(formers, [...formers.keys()]));
    throw error;
  }
  const executed = await mapAtMost(projectsAtOnce, plan.projects, (project) =>
    executeProject(context, { plan, project, handles, runId, runDirectory, kept: keptServices(project, state), former: formers.get(project.name)!, ports: gathered.ports[project.name] ?? {}, recorded: new Set(Object.keys(state?.services ?? {})), forwarded, signal: request.signal }),
  );
  const results = await confirmResults(context, plan, runId, executed, { state, signal: request.signal });
  const successes = results.filter((result) => result.ok);
  const failures = results.filter((result) => !result.ok);
  const totalMs = uptimeMs() - startedMs;
  const committed = successes.length === 0 ? undefined : await commit(context, plan, runId, successes, { state, formers, signal: request.signal }).catch(async (error: unknown) => {
    // What is on no record must not run.
    failures.push(...(await Promise.all(successes.map((success) => success.undo(error)))));
    return undefined;
  });
  const back = await bringBack(formers, failures.map(({ project }) => project));
  // Why the start failed matters more than that it could not be written down.
  if (failures.length > 0) await recordFailure(context, plan, runId, failures).catch(() => undefined);
  context.events.emit('startup.phase', { command: plan.command, mode: plan.mode, phase: 'total', duration_ms: Math.round(totalMs), status: failures.length === 0 ? 'ok' : 'failed' });
  if (failures.length > 0) throw toStartError(plan, failures, back, request.signal);
  return { plan, state: committed!, timings: results.flatMap((result) => result.timings), notes: Object.fromEntries(successes.map(({ project, notes }) => [project, notes])) };
}

function enabledDependencies(context: StartContext, mode: Mode): readonly string[] {
  const { dependencies } = context.config.profile(mode);
  return Object.keys(dependencies).filter((id) => dependencies[id]?.enabled === true);
}

interface Gathered extends Prediction {
  readonly state: RunState | undefined;
  /** Names of the services that run. */
  readonly running: ReadonlySet<string>;
  /** By project: where everything is that is up. */
  readonly ports: Readonly<Record<string, PortsByName>>;
}

async function gather(context: StartContext, request: StartRequest, { foreseesDependencies }: { readonly foreseesDependencies: boolean }): Promise<Gathered> {
  const state = (await context.state.load({ mode: request.mode }))?.state;
  if (state !== undefined) context.events.emit('state.fingerprint.after_reload', { run_id: state.run_id, state_fingerprint: fingerprintState(state) });
  const names = request.projects.map((project) => project.name);
  const truth = state === undefined ? undefined : await reconcile(context, state, { source: `${request.command}.plan`, signal: request.signal, projects: names, foreseesDependencies });
  return { ...predictStart(context, request, state === undefined || truth === undefined ? undefined : { state, truth }), state, running: new Set(truth?.services.filter(({ status }) => status === 'running').map(({ name }) => name)), ports: Object.fromEntries(state === undefined ? [] : names.map((name) => [name, portsOfProject(state, name, truth)])) };
}

/**
 * A killed command may have left processes of these projects that no state lists. Under the project lock
 * nobody else is starting them, so they are stopped before new ones begin.
 */
async function recoverProjects(context: StartContext, plan: StartPlan, state: RunState | undefined): Promise<void> {
  const listed = new Set(state === undefined ? [] : namedServices(state).map((service) => service.launch_directory));
  const names = new Set(plan.projects.map((project) => project.name));
  const { launches } = await readRecordedLaunches(context);
  const orphans = launches.filter((launch) => launch.project !== null && names.has(launch.project) && launch.kind !== 'dependency' && (launch.kind !== 'task' || isServiceTask(launch.project, launch)) && !listed.has(launch.directory));
  const { incomplete } = await releaseProcesses(context, orphans, { keepReserved: true });
  if (incomplete.length > 0) {
    throw new EnvctlError('ENVCTL_E_START_REFUSED', `Processes of an earlier, killed command could not be stopped: ${describeIncomplete(incomplete)}`, {
      kind: 'environment',
      hints: ['envctl stop-all'],
    });
  }
}

/** By project: what is recorded of the services that start again. */
async function findFormers(context: StartContext, { plan, state, running }: Gathered): Promise<ReadonlyMap<string, FormerServices>> {
  const { launches } = await readRecordedLaunches(context);
  const recorded = state === undefined ? [] : namedServices(state);
  return new Map(
    plan.projects.map((project) => {
      const services = project.services.filter(({ action }) => action !== 'keep').flatMap(({ name, ready }) => {
        const record = recorded.find((service) => service.name === name);
        const [launch] = launchesAt(launches, record?.launch_directory == null ? [] : [record.launch_directory]);
        return record === undefined || launch === undefined ? [] : [{ record, launch, ran: running.has(name), readyTimeoutMs: ready.timeout_ms }];
      });
      return [project.name, createFormerServices(context, { mode: plan.mode, project: project.name, services })];
    }),
  );
}

async function bringBack(formers: ReadonlyMap<string, FormerServices>, projects: readonly string[]): Promise<ComeBack> {
  const backs = await Promise.all([...new Set(projects)].map((project) => formers.get(project)!.bringBack()));
  return { restored: backs.flatMap(({ restored }) => restored), lost: backs.flatMap(({ lost }) => lost) };
}

function tellLost({ progress }: StartContext, { lost }: ComeBack): void {
  for (const { name, type, why } of lost) progress.note(`${name} does not run any more: ${why}: envctl start ${type}`);
}

function keptServices(project: PlannedProject, state: RunState | undefined): Partial<Record<ServiceName, ServiceRecord>> {
  return Object.fromEntries(project.services.filter((service) => service.action === 'keep').flatMap((service) => (state?.services[service.name] === undefined ? [] : [[service.type, state.services[service.name]]])));
}

type Results = readonly (ProjectSuccess | ProjectFailure)[];

/** What was ready when its turn was over may have ended while others came up. */
async function confirmResults(context: StartContext, plan: StartPlan, runId: string, executed: Results, { state, signal }: { readonly state: RunState | undefined; readonly signal: AbortSignal }): Promise<Results> {
  let results = executed;
  for (let look = 1; look <= mostLooks; look += 1) {
    const successes = results.filter((result) => result.ok);
    if (successes.length === 0) return results;
    try {
      const untrue = await lookAgain(context, plan, successes, mergeSuccesses(context, plan, runId, successes, state), signal);
      if (untrue.size === 0) return results;
      results = await Promise.all(results.map(async (result) => (result.ok && untrue.has(result.project) ? result.settle(untrue.get(result.project)!) : result)));
    } catch (error) {
      return Promise.all(results.map(async (result) => (result.ok ? result.undo(error) : result)));
    }
  }
  return results;
}

async function commit(context: StartContext, plan: StartPlan, runId: string, successes: readonly ProjectSuccess[], options: { readonly state: RunState | undefined; readonly formers: ReadonlyMap<string, FormerServices>; readonly signal: AbortSignal }): Promise<RunState> {
  const { state, formers, signal } = options;
  await assertWholeTruth(context, () => mergeSuccesses(context, plan, runId, successes, state), signal);
  for (const { project } of successes) await formers.get(project)!.forget();
  const startedMs = uptimeMs();
  const ports = successes.map((success) => ({ project: success.project, root: plan.projects.find((project) => project.name === success.project)?.root ?? '', ports: success.ports }));
  const committed = await context.state.commit({
    runId,
    mode: plan.mode,
    merge: (previous) => mergeSuccesses(context, plan, runId, successes, previous),
    events: join(context.paths.runs, runId, 'events.jsonl'),
    artifacts: { readiness: await context.readiness.evaluate(signal), portsManifest: { run_id: runId, mode: plan.mode, projects: ports }, errorReport: { run_id: runId, errors: [], generated_at: new Date(context.now()).toISOString() } },
  });
  context.events.emit('state.fingerprint.after_save', { run_id: runId, state_fingerprint: fingerprintState(committed) });
  context.events.emit('runtime_map.fingerprint', { run_id: runId, runtime_map_fingerprint: fingerprintRuntimeMap(committed) });
  context.events.emit('state.save', { run_id: runId, path: join(context.paths.scope, artifactNames.runState) });
  context.events.emit('runtime_map.write', { path: join(context.paths.scope, artifactNames.runtimeMap) });
  context.events.emit('artifacts.write', { duration_ms: Math.round(uptimeMs() - startedMs), project_count: successes.length, error_count: 0 });
  return committed;
}

/** Commits merge by project and service: what this command did not touch stays as another command recorded it. */
function mergeSuccesses(context: StartContext, plan: StartPlan, runId: string, successes: readonly ProjectSuccess[], previous: RunState | undefined): RunState {
  const merged = mergeByProject(previous === undefined ? undefined : withoutDefined(previous, plan), {
    ...emptyState(runId, plan.mode),
    services: Object.fromEntries(successes.flatMap((success) => Object.entries(success.services))),
    requirements: Object.fromEntries(successes.map(({ project, components }) => [project, { project, components, health: 'healthy', failures: [] }])),
    metadata: runMetadata(context, plan),
  });
  const types = [...new Set(Object.values(merged.services).map((service) => service.type))].sort();
  return { ...merged, metadata: { ...merged.metadata, dashboard_configured_service_types: types } };
}

/** What a hook defined before and was replaced: only what it defines now is there. */
function withoutDefined(previous: RunState, plan: StartPlan): RunState {
  const asked = plan.projects.filter(({ steps }) => steps.some(({ hook }) => hook?.name === 'defineServices')).map(({ name }) => name);
  return { ...previous, services: Object.fromEntries(Object.entries(previous.services).filter(([, record]) => !(asked.includes(record.project ?? '') && isDefinedByHook(record)))) };
}

function runMetadata(context: StartContext, plan: StartPlan): RunState['metadata'] {
  return { command: plan.command, repo_scope_id: context.scope.id, project_roots: Object.fromEntries(plan.projects.map((project) => [project.name, project.root])) };
}

/** A failed start leaves its own run directory and nothing else: the last good state stays the latest. */
async function recordFailure(context: StartContext, plan: StartPlan, runId: string, failures: readonly ProjectFailure[]): Promise<void> {
  const errors = failures.map((failure) => context.redaction.text(`${failure.node}: ${errorMessage(failure.error)}`));
  context.events.emit('startup.failed', { mode: plan.mode, command: plan.command, error: errors.join('; '), services: failures.map((failure) => failure.node) });
  const broken = failures.filter(({ components }) => Object.keys(components).length > 0);
  const state = {
    ...emptyState(runId, plan.mode),
    services: Object.fromEntries(failures.flatMap((failure) => Object.entries(failure.services))),
    requirements: Object.fromEntries(broken.map(({ project, components }) => [project, { project, components, health: 'degraded', failures: Object.values(components).flatMap(({ error }) => error ?? []) }])),
    metadata: runMetadata(context, plan),
  };
  await context.state.commitFailure({ runId, mode: plan.mode, state, errors, events: join(context.paths.runs, runId, 'events.jsonl') });
}

function toStartError(plan: StartPlan, failures: readonly ProjectFailure[], { restored, lost }: ComeBack, signal: AbortSignal): EnvctlError {
  const leftovers = failures.flatMap((failure) => failure.leftovers);
  const detached = failures.flatMap((failure) => failure.detached);
  const remains = [
    ...(leftovers.length === 0 ? [] : [` Not stopped: ${leftovers.join('; ')}.`]),
    ...(detached.length === 0 ? [] : [` Left running: ${detached.map(({ pid, comm, reason }) => `pid ${pid} (${comm}): ${reason}`).join('; ')}.`]),
    ...(lost.length === 0 ? [] : [` Not running any more: ${lost.map(({ name, why }) => `${name} (${why})`).join('; ')}.`]),
  ].join('');
  const mends = lost.length === 0 ? [] : [`envctl start ${[...new Set(lost.map(({ type }) => type))].join(' ')}`];
  const data = { leftovers, detached, restored, lost };
  const again = restored.length === 0 ? '' : `runs again as before: ${restored.join(', ')}`;
  if (signal.aborted) {
    return new EnvctlError('ENVCTL_E_CANCELLED', `Cancelled; what this ${plan.command} had started was stopped again${again === '' ? '' : `, and what it had stopped ${again}`}.${remains}`, { kind: 'cancelled', hints: mends, data });
  }
  const messages = new Set(failures.map((failure) => errorMessage(failure.error)));
  const hints = failures.flatMap((failure) => (isEnvctlError(failure.error) ? failure.error.hints : []));
  return new EnvctlError('ENVCTL_E_START_FAILED', `Startup failed: ${[...messages].join('; ')}${again === '' ? '' : `. What was stopped for it ${again}.`}${remains}`, {
    kind: 'dependency',
    hints: [...new Set([...hints, ...mends])],
    cause: failures[0]?.error,
    data: { failures: failures.map((failure) => ({ project: failure.project, node: failure.node, message: errorMessage(failure.error) })), ...data },
  });
}

/** Milliseconds that never go back; Node loads a library for `performance`. */
function uptimeMs(): number {
  return process.uptime() * 1000;
}
