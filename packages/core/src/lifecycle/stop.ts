/** stop: the selected services end, their records go; a project without services gives its dependencies back. */
import { join } from 'node:path';
import type { Mode } from '../contract/index.js';
import { mainProjectName, selectServices, toSlug, unknownTarget, type ServiceSelectors } from '../projects/index.js';
import { readInstances, releaseDependencies } from '../requirements/index.js';
import { isLaunchAlive, launchesAt, readRecordedLaunches, recordedNeeds, releaseInOrder, releaseProcesses, type RecordedLaunch } from '../resources/index.js';
import { holdAll, type EngineContext } from '../scope/index.js';
import { identityOf, readProcessTable } from '../processes/index.js';
import type { DamagedEntry, RunState, ServiceRecord } from '../state/index.js';
import { serviceName } from '../state/read-only.js';
import { namedServices } from '../truth/index.js';
import { describeLegacyRemains, loadLegacyRun, type LegacyRemains } from './legacy-remains.js';
import { byLife, toStopReport, type StopSummary } from './stop-summary.js';
import { sweepTemporary } from './sweep-temporary.js';

export interface StopRequest {
  readonly mode: Mode | undefined;
  readonly selectors: ServiceSelectors;
  readonly signal: AbortSignal;
}

const lockMs = 60_000;

export async function runStop(context: EngineContext, request: StopRequest): Promise<StopSummary> {
  const summary = await stopSelected(context, request);
  // A disk that takes no change keeps them until the next command.
  await sweepTemporary(context).catch(() => undefined);
  return summary;
}

async function stopSelected(context: EngineContext, request: StopRequest): Promise<StopSummary> {
  const loaded = await context.state.load(request.mode === undefined ? {} : { mode: request.mode });
  const isEverything = namesOf(request.selectors).length === 0;
  const isUnlisted = loaded === undefined && isEverything && (await context.state.load()) === undefined;
  const projects = loaded !== undefined ? projectsOf(loaded.state) : isUnlisted ? await projectsOnRecord(context) : [];
  const legacy = loaded === undefined ? await loadLegacyRun(context, request.mode) : undefined;
  if (legacy !== undefined && projects.length === 0) return nothingRuns(describeLegacyRemains(legacy, request.selectors));
  if (loaded === undefined && !isEverything) throw unknownTarget('recorded service', namesOf(request.selectors), [], configuredTargets(context));
  if (projects.length === 0 && loaded === undefined) return isUnlisted ? withoutRecord(context) : nothingRuns();
  return holdAll(context, projects.map((name) => `project-${toSlug(name)}`), { purpose: 'stop', timeoutMs: lockMs, signal: request.signal }, async () => {
    const mode = loaded?.state.mode ?? request.mode;
    const current = (await context.state.load(mode === undefined ? {} : { mode }))?.state;
    if (current === undefined) return isUnlisted ? stopUnlisted(context, projects) : nothingRuns();
    const selected = selectServices(namedServices(current), request.selectors, { projects });
    const wanted = projectsMeant(projects, request.selectors);
    const { launches, damaged } = await readRecordedLaunches(context);
    const meant = launchesAt(launches, selected.flatMap((service) => service.launch_directory ?? []));
    // Without selectors also what a killed command left behind for these projects.
    const isOrphan = (launch: (typeof launches)[number]) => isEverything && launch.project !== null && projects.includes(launch.project) && launch.kind !== 'dependency';
    const ending = [...meant, ...launches.filter((launch) => !meant.includes(launch) && isOrphan(launch))];
    context.bindRun(current.run_id, join(context.paths.runs, current.run_id));
    context.events.emit('cleanup.stop', { aggressive: false });
    const released = await releaseInOrder(context, ending, recordedNeeds(ending, namedServices(current)), { keepReserved: true });
    const survived = new Set(released.incomplete.map((report) => report.directory));
    const gone = selected.filter((service) => service.launch_directory === null || !survived.has(service.launch_directory));
    const goneNames = new Set(gone.map((service) => service.name));
    const left = namedServices(current).filter((service) => !goneNames.has(service.name));
    const empty = projects.filter((name) => !left.some((service) => service.project === name) && (isEverything || wanted.includes(name) || selected.some((service) => service.project === name)));
    const problems = await releaseDependencies(context, empty, { keepReserved: true });
    const own = byLife(gone.filter((service) => !isExternal(service)).map(({ name, launch_directory: directory }) => ({ name, directory })), released);
    const servers = await namesOfEnded(context, launches.filter((launch) => launch.kind === 'dependency'));
    if (left.length === 0 && problems.length === 0 && empty.length === projects.length) await context.state.clear({ mode: current.mode });
    else await context.state.update(current.run_id, (state) => without(state, goneNames, problems.length === 0 ? empty : []));
    return toStopReport('stop', {
      message: gone.length === namedServices(current).length ? 'Stopped runtime state.' : 'Stopped selected services.',
      stopped: [...own.stopped, ...servers],
      ended: own.ended,
      warnings: [...gone.filter(isExternal).map(({ name, pid }) => `${name} (pid ${pid}) was not started by envctl and runs on`), ...(await describeDamage(context, damaged))],
      released,
      problems,
      projects: empty,
    });
  });
}

/** What a word could have meant where nothing is recorded. */
function configuredTargets({ config, scope }: EngineContext): readonly string[] {
  const services = config.services(scope.mode).flatMap(({ slug, enabled }) => (enabled.enabled ? [slug] : []));
  return scope.mode === 'main' ? [...services, mainProjectName, ...services.map((slug) => serviceName(mainProjectName, slug))] : services;
}

/** Of the damaged lines of the ledger those that are still there: what they stood for may be anything. */
async function describeDamage(context: EngineContext, damaged: readonly DamagedEntry[]): Promise<readonly string[]> {
  if (damaged.length === 0) return [];
  const left = await context.ledger.list();
  return left.damaged.map(({ path, message }) => `damaged record ${path}: ${message}; envctl stop-all sets it aside`);
}

/** The servers that were on record and are not any more. */
async function namesOfEnded(context: EngineContext, servers: readonly RecordedLaunch[]): Promise<readonly string[]> {
  if (servers.length === 0) return [];
  const { launches } = await readRecordedLaunches(context);
  const left = new Set(launches.map((launch) => launch.directory));
  return servers.filter((server) => !left.has(server.directory)).map((server) => server.name ?? server.launchId);
}

/** A start that was killed before its commit has processes and no state: the ledger alone knows them. */
async function stopUnlisted(context: EngineContext, projects: readonly string[]): Promise<StopSummary> {
  const { launches, damaged } = await readRecordedLaunches(context);
  const ending = launches.filter((launch) => launch.project !== null && projects.includes(launch.project) && launch.kind !== 'dependency');
  const servers = launches.filter((launch) => launch.kind === 'dependency');
  const released = await releaseProcesses(context, ending, { keepReserved: true });
  const problems = await releaseDependencies(context, projects, { keepReserved: true });
  const survived = new Set(released.incomplete.map((report) => report.directory));
  const own = byLife(ending.filter((launch) => !survived.has(launch.directory)).map(toNamed), released);
  return toStopReport('stop', { message: 'Stopped what a killed command had left.', stopped: [...own.stopped, ...(await namesOfEnded(context, servers))], ended: own.ended, released, problems, projects, warnings: await describeDamage(context, damaged) });
}

/** No state and no launch tells a project: what runs here all the same is named, and left to stop-all. */
async function withoutRecord(context: EngineContext): Promise<StopSummary> {
  const { launches, damaged } = await readRecordedLaunches(context, { thorough: true });
  const table = readProcessTable();
  const problems = launches.filter((launch) => isLaunchAlive(launch, table)).map(({ name, launchId }) => `${name ?? launchId} runs, and nothing tells for which project: envctl stop-all`);
  return problems.length === 0 ? nothingRuns() : toStopReport('stop', { message: 'No active runtime state found.', problems, warnings: await describeDamage(context, damaged) });
}

function toNamed({ name, launchId, directory }: RecordedLaunch): { readonly name: string; readonly directory: string } {
  return { name: name ?? launchId, directory };
}

async function projectsOnRecord(context: EngineContext): Promise<readonly string[]> {
  const [{ launches }, { instances }] = await Promise.all([readRecordedLaunches(context), readInstances(context)]);
  return [...new Set([...launches.flatMap(({ project }) => project ?? []), ...instances.flatMap(({ holders }) => holders)])].sort();
}

function nothingRuns(legacy?: LegacyRemains): StopSummary {
  return toStopReport('stop', { message: 'No active runtime state found.', legacy });
}

/** What a hook of the project said to be running: it is on record, and nobody's to signal. */
function isExternal(service: ServiceRecord): boolean {
  return service['external'] !== undefined && service.pid !== null && identityOf(service.pid) !== undefined;
}

function without(state: RunState, services: ReadonlySet<string>, projects: readonly string[]): RunState {
  return {
    ...state,
    services: Object.fromEntries(Object.entries(state.services).filter(([name]) => !services.has(name))),
    requirements: Object.fromEntries(Object.entries(state.requirements).filter(([name]) => !projects.includes(name))),
  };
}

/** Projects that are named as such: without services they still give their dependencies back. */
function projectsMeant(projects: readonly string[], selectors: ServiceSelectors): readonly string[] {
  const names = [...selectors.projects, ...(selectors.words ?? [])].map((name) => name.toLowerCase());
  return projects.filter((name) => names.includes(name.toLowerCase()));
}

function namesOf(selectors: ServiceSelectors): readonly string[] {
  return [...selectors.projects, ...selectors.services, ...(selectors.words ?? [])];
}

function projectsOf(state: RunState): readonly string[] {
  return [...new Set([...namedServices(state).map((service) => service.project), ...Object.keys(state.requirements)])].sort();
}
