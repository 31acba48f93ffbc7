import type { Mode } from '../contract/index.js';
import { toLastExit, type LastExit } from '../processes/read-only.js';
import { selectServices, type ServiceSelectors } from '../projects/index.js';
import { probeHealth } from '../services/index.js';
import { isLegacyState, type RunState } from '../state/index.js';
import { dependencyLevel, describeStale, findLeftRunning, isGoodStatus, leftHints, namedServices, portsOfProject, reconcile, serviceLevel, staleAddresses, type LeftProcess, type PortsByName, type ReconcileContext, type StatusLevel } from '../truth/index.js';

/** The document of `health --json` (contracts, section 1.8). */
export interface HealthReport {
  readonly run_id: string;
  readonly mode: Mode;
  readonly projects: number;
  /** True when the original recorded it: nothing of it is proven, and envctl will not stop it. */
  readonly legacy_state: boolean;
  readonly services: readonly { readonly project: string; readonly name: string; readonly status: string; readonly level: StatusLevel; readonly critical: boolean; readonly port: number | null; readonly pid: number | null; readonly url: string | null; readonly detail: string | null; readonly restarts: number; readonly last_exit: LastExit | null }[];
  readonly dependencies: readonly { readonly project: string; readonly component: string; readonly status: string; readonly level: StatusLevel; readonly critical: boolean; readonly port: number | null; readonly detail: string | null }[];
  readonly status_counts: { readonly ok: number; readonly warn: number; readonly bad: number };
  readonly healthy: boolean;
  readonly issues: {
    readonly failing_services: readonly string[];
    readonly requirement_issues: readonly { readonly project: string; readonly component: string; readonly status: string; readonly port: number | null }[];
    readonly recent_failures: readonly string[];
  };
  readonly detached: readonly { readonly pid: number; readonly comm: string; readonly reason: string }[];
  /** What an interrupted command left: it runs, and no state lists it. */
  readonly left_running: readonly LeftProcess[];
  /** What to do after a first start that failed, or with what is left running, as commands; else empty. */
  readonly hints: readonly string[];
}

const healthTimeoutMs = 2000;

/**
 * Asks what was recorded whether it works now: process, listener, health URL, a real query. With selectors only the
 * selected services and the dependencies of their projects; an unknown name throws ENVCTL_E_TARGET_UNKNOWN.
 */
export async function examineHealth(context: ReconcileContext, state: RunState, options: { readonly selectors: ServiceSelectors; readonly signal: AbortSignal; readonly recentFailures: readonly string[] }): Promise<HealthReport> {
  const recorded = namedServices(state);
  const known = [...new Set([...recorded.map((service) => service.project), ...Object.keys(state.requirements)])];
  const asked = selectServices(recorded, options.selectors, { projects: known });
  const projects = options.selectors.services.length > 0 ? [...new Set(asked.map((service) => service.project))] : known.filter((name) => isNamed(name, options.selectors.projects));
  const names = new Set(asked.map((service) => service.name));
  const isLegacy = isLegacyState(state);
  const truth = await reconcile(context, state, { source: 'state_action.health', servers: 'recorded', findDetached: true, signal: options.signal, projects, services: names });
  const portsByProject: Record<string, PortsByName> = {};
  const services = await Promise.all(
    truth.services.map(async (service) => {
      const record = state.services[service.name];
      const health = service.status === 'running' && !isLegacy && record?.health_url != null ? await probeHealth(record.health_url, { timeoutMs: healthTimeoutMs, signal: options.signal }) : undefined;
      const stale = record === undefined || service.status !== 'running' ? [] : staleAddresses(record, (portsByProject[service.project] ??= portsOfProject(state, service.project, truth)));
      const status = health?.healthy === false ? 'unreachable' : stale.length > 0 ? 'outdated' : service.status;
      const known = record?.degraded === true ? record.failure_detail : null;
      const detail = health?.healthy === false ? health.detail : stale.length > 0 ? `it was started with ${stale.map(describeStale).join(', ')}: envctl restart ${service.type}` : (service.detail ?? known);
      const critical = record?.critical !== false;
      return { project: service.project, name: service.name, status, level: serviceLevel(status, { critical }), critical, port: service.actualPort, pid: service.pid, url: !['running', 'starting', 'outdated'].includes(status) ? null : isLegacy ? `http://localhost:${service.actualPort}` : (record?.public_url ?? null), detail, restarts: service.restarts, last_exit: toLastExit(service.lastEnd) };
    }),
  );
  const dependencies = truth.dependencies.map((dependency) => ({ project: dependency.project, component: dependency.component, status: dependency.status, level: dependencyLevel(dependency.status, dependency), critical: dependency.critical, port: dependency.port, detail: dependency.detail ?? null }));
  const failing = services.filter((service) => !isGoodStatus(service.status) && service.critical).map((service) => service.name);
  const issues = dependencies.filter((dependency) => dependency.status !== 'healthy' && dependency.status !== 'disabled' && dependency.critical).map(({ project, component, status, port }) => ({ project, component, status, port }));
  const grades = [...services.map(({ level }) => level), ...dependencies.map(({ level }) => level)];
  const left = findLeftRunning(context.paths.scope);
  const count = (grade: string) => grades.filter((candidate) => candidate === grade).length;
  return {
    run_id: state.run_id,
    mode: state.mode,
    projects: projects.length,
    legacy_state: isLegacy,
    services,
    dependencies,
    status_counts: { ok: count('ok'), warn: count('warn'), bad: count('bad') },
    healthy: failing.length === 0 && issues.length === 0,
    issues: { failing_services: failing, requirement_issues: issues, recent_failures: options.recentFailures },
    detached: truth.services.flatMap((service) => service.detached.map(({ pid, comm, reason }) => ({ pid, comm, reason }))),
    left_running: left,
    hints: left.length === 0 ? [] : leftHints,
  };
}

/** True for every name where none is asked for. */
function isNamed(name: string, asked: readonly string[]): boolean {
  return asked.length === 0 || asked.some((one) => one.toLowerCase() === name.toLowerCase());
}

/**
 * The report of a start that failed before there was any state: nothing runs, and this is why. `run` is what it had come
 * to, if that is on record.
 */
export function toFailedHealth(failure: { readonly run_id: string; readonly mode: Mode; readonly recent_failures: readonly string[] }, run: RunState | undefined): HealthReport {
  const services = (run === undefined ? [] : namedServices(run)).map(({ project, name, status, critical, failure_detail: detail }) => ({ project, name, status, level: serviceLevel(status, { critical }), critical, port: null, pid: null, url: null, detail, restarts: 0, last_exit: null }));
  const dependencies = Object.entries(run?.requirements ?? {}).flatMap(([project, { components }]) => Object.values(components).map(({ id, error }) => ({ project, component: id, status: 'failed', level: 'bad' as const, critical: true, port: null, detail: error })));
  return {
    run_id: failure.run_id,
    mode: failure.mode,
    projects: new Set([...services, ...dependencies].map(({ project }) => project)).size,
    legacy_state: false,
    services,
    dependencies,
    status_counts: { ok: 0, warn: 0, bad: Math.max(services.length + dependencies.length, failure.recent_failures.length) },
    healthy: false,
    issues: {
      failing_services: services.map(({ name }) => name),
      requirement_issues: dependencies.map(({ project, component, status, port }) => ({ project, component, status, port })),
      recent_failures: failure.recent_failures,
    },
    detached: [],
    left_running: [],
    hints: [...(services.length === 0 ? [] : ['envctl logs']), 'envctl start'],
  };
}
