import type { DriverName, Mode, ProjectFacts } from '../contract/index.js';
import { isAnotherAsked, isServerAlive, probeDependency, type DependencyHandle, type RecordedServer, type RequirementsContext } from '../requirements/index.js';
import { readKernelListeners } from '../ports/index.js';
import { isLegacyState, type RequirementComponent, type RunState } from '../state/index.js';
import { toSlug } from '../projects/index.js';
import { foreseeDependencies } from './foresee-dependencies.js';
import { examineServices, type RecordedServiceTruth } from './examine-services.js';
import { isGoodStatus } from './status-level.js';

export interface DependencyTruth {
  readonly project: string;
  readonly component: string;
  readonly status: 'healthy' | 'unreachable' | 'degraded' | 'disabled';
  readonly port: number | null;
  readonly detail: string | undefined;
  /** False: nothing that is critical needs it. */
  readonly critical: boolean;
  /** The instance that is recorded; null where none is, as of what a hook or the original brought up. */
  readonly instance: string | null;
}

type Found = Omit<DependencyTruth, 'critical' | 'instance'>;

export interface StateTruth {
  readonly services: readonly RecordedServiceTruth[];
  readonly dependencies: readonly DependencyTruth[];
  /** True when every service runs and every enabled dependency answers. */
  readonly healthy: boolean;
}

export interface ReconcileContext extends RequirementsContext {
  readonly handles: (ids: readonly string[]) => Promise<ReadonlyMap<string, DependencyHandle>>;
}

export interface ReconcileOptions {
  /** Who compares, for the event. */
  readonly source: string;
  readonly signal: AbortSignal;
  /** Looks also for processes that left their service; default false. */
  readonly findDetached?: boolean;
  /** Only these projects; default all. */
  readonly projects?: readonly string[];
  /** Only these services, by name; default all. */
  readonly services?: ReadonlySet<string>;
  /** Takes a server of ours that listens for one that answers: what is only printed needs no answer. Default false. */
  readonly foreseesDependencies?: boolean;
  /** Which servers are asked: those that the configuration asks for now (a start; default), or those that are recorded as running. */
  readonly servers?: 'configured' | 'recorded';
}

/** Compares what was recorded with what is alive. Changes nothing. */
export async function reconcile(context: ReconcileContext, state: RunState, options: ReconcileOptions): Promise<StateTruth> {
  const inScope = (project: string) => options.projects === undefined || options.projects.includes(project);
  const isLegacy = isLegacyState(state);
  const [services, dependencies] = await Promise.all([
    examineServices(state, { nowMs: context.now(), truth: context.config.truth, findDetached: options.findDetached === true, isMeant: ({ name, project }) => inScope(project) && options.services?.has(name) !== false }),
    (isLegacy ? Promise.resolve(legacyDependencies(state, inScope)) : examineDependencies(context, state, options, inScope)).then((found) => found.map((dependency) => withRecord(state, dependency))),
  ]);
  for (const { name, actualPort, detail, listenerPids } of services.filter(({ status }) => status === 'running')) {
    if (detail !== undefined && listenerPids.length === 0 && !isLegacy) context.events.emit('service.truth.degraded', { service: name, port: actualPort, reason_code: 'listener_not_seen' });
  }
  const missing = services.filter((service) => !isGoodStatus(service.status));
  context.events.emit('state.reconcile', { run_id: state.run_id, source: options.source, missing_count: missing.length, missing_services: missing.map((service) => service.name) });
  const healthy = missing.length === 0 && dependencies.every((dependency) => dependency.status === 'healthy' || dependency.status === 'disabled');
  return { services, dependencies, healthy };
}

function withRecord(state: RunState, dependency: Found): DependencyTruth {
  const component = state.requirements[dependency.project]?.components[dependency.component];
  return { ...dependency, critical: component?.critical !== false, instance: component?.instance_id ?? null };
}

async function examineDependencies(context: ReconcileContext, state: RunState, options: ReconcileOptions, inScope: (project: string) => boolean): Promise<readonly Found[]> {
  const { signal, foreseesDependencies = false, servers = 'configured' } = options;
  const ask = (isKnown: IsKnown) => askDependencies(context, state, { signal, inScope, isKnown, servers });
  const hooked = hookedDependencies(state, inScope);
  const isHooked = (project: string, component: string) => hooked.some((one) => one.project === project && one.component === component);
  if (!foreseesDependencies) return [...hooked, ...(await ask(isHooked))];
  const foreseen = await foreseeDependencies({ scopeDirectory: context.paths.scope, config: context.config }, state, inScope);
  const isKnown = (project: string, component: string) => isHooked(project, component) || foreseen.some((one) => one.project === project && one.component === component && one.status !== 'unknown');
  const asked = foreseen.some(({ project, component, status }) => status === 'unknown' && !isHooked(project, component)) ? await ask(isKnown) : [];
  return [...hooked, ...foreseen.filter(({ project, component }) => !isHooked(project, component)).flatMap(({ status, ...facts }) => (status === 'unknown' ? [] : [{ ...facts, status, detail: undefined }])), ...asked];
}

type IsKnown = (project: string, component: string) => boolean;

interface Asking {
  readonly signal: AbortSignal;
  readonly inScope: (project: string) => boolean;
  readonly isKnown: IsKnown;
  readonly servers: 'configured' | 'recorded';
}

async function askDependencies(context: ReconcileContext, state: RunState, { signal, inScope, isKnown, servers }: Asking): Promise<readonly Found[]> {
  const wanted = Object.entries(state.requirements)
    .filter(([project]) => inScope(project))
    .flatMap(([project, result]) => Object.values(result.components).filter((component) => component.enabled && !isKnown(project, component.id)).map((component) => ({ project, component })));
  const handles = await context.handles([...new Set(wanted.map((entry) => entry.component.id))]);
  return Promise.all(
    wanted.map(async ({ project, component }): Promise<Found> => {
      const handle = handles.get(component.id);
      const port = component.resources['primary'] ?? null;
      if (handle === undefined) return { project, component: component.id, status: 'unreachable', port, detail: 'no installed plugin brings it' };
      const recorded = servers === 'recorded' ? toRecordedServer(component) : undefined;
      const request = { project: projectFacts(state, project), handle, recorded };
      const outcome = await probeDependency(context, { ...request, signal });
      const current = outcome.ports?.['primary'] ?? port;
      if (outcome.status === 'failed') {
        const isTakenForGood = context.config.truth.mode === 'best_effort' && (await isServerAlive(context, request));
        return { project, component: component.id, status: isTakenForGood ? 'healthy' : 'unreachable', port: current, detail: outcome.message };
      }
      return { project, component: component.id, status: outcome.status === 'degraded' ? 'degraded' : 'healthy', port: current, detail: recorded !== undefined && (await isAnotherAsked(context, { ...request, recorded })) ? anotherAsked : undefined };
    }),
  );
}

const anotherAsked = 'it runs as it was started; the configuration asks for another server since: envctl restart';

/** Undefined for what no driver of ours brought up. */
function toRecordedServer({ instance_id: instance, driver }: RequirementComponent): RecordedServer | undefined {
  return instance === null || !isDriverName(driver) ? undefined : { instance, driver };
}

function isDriverName(driver: string | null): driver is DriverName {
  return driver !== null && ['native', 'docker', 'external', 'command'].includes(driver);
}

/** What a hook of the project looks after: who listens on its port is not known, only whether somebody does. */
function hookedDependencies(state: RunState, inScope: (project: string) => boolean): readonly Found[] {
  const recorded = Object.entries(state.requirements).flatMap(([project, { components }]) => Object.values(components).filter(({ enabled, driver }) => enabled && driver === 'hook' && inScope(project)).map((component) => ({ project, component })));
  if (recorded.length === 0) return [];
  const listening = new Set(readKernelListeners().map(({ port }) => port));
  return recorded.map(({ project, component: { id, success, resources } }): Found => {
    const port = resources['primary'] ?? null;
    if (!success) return { project, component: id, status: 'unreachable', port, detail: 'the hook of the project says that it failed' };
    return port === null || listening.has(port) ? { project, component: id, status: 'healthy', port, detail: undefined } : { project, component: id, status: 'unreachable', port, detail: `nothing listens on port ${port}; the hook of the project looks after it` };
  });
}

/** A server that the original started is no instance of ours: whoever answers on its port, nothing says whose it is. */
function legacyDependencies(state: RunState, inScope: (project: string) => boolean): readonly Found[] {
  return Object.entries(state.requirements)
    .filter(([project]) => inScope(project))
    .flatMap(([project, { components }]) =>
      Object.values(components)
        .filter((component) => component.enabled)
        .map(({ id, resources }): Found => ({ project, component: id, status: 'unreachable', port: resources['primary'] ?? null, detail: 'recorded by the original envctl; not looked at' })),
    );
}

/** A recorded project's facts, without discovering projects anew. */
export function projectFacts(state: { readonly metadata: Readonly<Record<string, unknown>>; readonly mode: Mode }, name: string): ProjectFacts {
  const roots = state.metadata['project_roots'];
  const root = typeof roots === 'object' && roots !== null ? (roots as Record<string, unknown>)[name] : undefined;
  return { name, root: typeof root === 'string' ? root : '', slug: toSlug(name) };
}
