/**
 * `endpoints`: the URLs and ports of one running project (contracts, section 23). Fails closed: a project
 * that is not running never shows another one's addresses, and a dead service shows no URL.
 */
import { scrubText } from '../events/read-only.js';
import { nearestWord } from '../routing/index.js';
import { isLegacyState, type RunState, type ServiceRecord } from '../state/read-only.js';
import { examineServices, namedServices, type ServiceTruth } from '../truth/read-only.js';
import { examineDependencies, type DependencyEndpoint } from './dependency-endpoints.js';
import { readRecordedScope, type RecordedScope } from './hot.js';
import type { ConfiguredInputs } from './read-config.js';

export interface Endpoint {
  readonly name?: string;
  readonly status: string;
  readonly port: number | null;
  readonly local_url: string | null;
  readonly public_url: string | null;
  readonly health_url?: string | null;
}

export type EndpointsReport =
  | {
      readonly ok: true;
      readonly run_id: string;
      readonly mode: string;
      readonly project: string;
      readonly project_root: string | null;
      readonly frontend: Endpoint;
      readonly backend: Endpoint;
      readonly additional_services: Readonly<Record<string, Endpoint>>;
      readonly dependencies: Readonly<Record<string, DependencyEndpoint>>;
      readonly dependency_mode: Readonly<Record<string, string | null>>;
      readonly shared_dependencies: readonly string[];
      /** True when the original recorded it: nothing of it is proven, and envctl will not stop it. */
      readonly legacy_state: boolean;
    }
  | EndpointsFailure;

export interface EndpointsFailure {
  readonly ok: false;
  readonly error: 'state_not_found' | 'project_required' | 'requested_project_not_running' | 'multiple_projects_not_supported' | 'ambiguous_project_selector';
  readonly mode?: string;
  readonly requested_project?: string;
  readonly requested_projects?: readonly string[];
  readonly active_projects?: readonly string[];
  readonly matches?: readonly string[];
}

const missing: Endpoint = { status: 'missing', port: null, local_url: null, public_url: null };

export async function readEndpoints(inputs: ConfiguredInputs & { readonly projects: readonly string[]; readonly nowMs: number }): Promise<{ readonly report: EndpointsReport; readonly warnings: readonly string[] } | undefined> {
  const scope = await readRecordedScope(inputs);
  return scope === undefined ? undefined : { report: await toReport(scope, inputs), warnings: scope.warnings };
}

async function toReport({ mode, state, scopeDirectory, truth }: RecordedScope, inputs: { readonly projects: readonly string[]; readonly nowMs: number }): Promise<EndpointsReport> {
  if (state === undefined) return { ok: false, error: 'state_not_found', mode };
  const active = activeProjects(state);
  const choice = chooseProject(active, inputs.projects);
  if (typeof choice !== 'string') return choice;
  const isLegacy = isLegacyState(state);
  const services = (await examineServices(state, { nowMs: inputs.nowMs, truth, isMeant: ({ project }) => project === choice })).map((examined) => [examined.type, toEndpoint(state.services[examined.name], examined, isLegacy)] as const);
  const byType = new Map(services);
  const roots = state.metadata['project_roots'] as Readonly<Record<string, string>> | undefined;
  const components = Object.values(state.requirements[choice]?.components ?? {}).filter((component) => component.enabled);
  return {
    ok: true,
    run_id: state.run_id,
    mode: state.mode,
    project: choice,
    project_root: roots?.[choice] ?? null,
    frontend: byType.get('frontend') ?? missing,
    backend: byType.get('backend') ?? missing,
    additional_services: Object.fromEntries(services.filter(([type]) => type !== 'frontend' && type !== 'backend')),
    dependencies: await examineDependencies(scopeDirectory, components, { legacy: isLegacy }),
    dependency_mode: Object.fromEntries(components.map((component) => [component.id, component.driver])),
    shared_dependencies: components.filter((component) => component.instance_id === component.id).map((component) => component.id),
    legacy_state: isLegacy,
  };
}

/** The one project that is meant, or the failure that lists what runs. */
function chooseProject(active: readonly string[], requested: readonly string[]): string | EndpointsFailure {
  if (requested.length > 1) return { ok: false, error: 'multiple_projects_not_supported', requested_projects: requested, active_projects: active };
  const [name] = requested;
  if (name === undefined) {
    const [only, ...others] = active;
    return only !== undefined && others.length === 0 ? only : { ok: false, error: 'project_required', active_projects: active };
  }
  const exact = active.find((project) => project === name);
  if (exact !== undefined) return exact;
  const matches = active.filter((project) => project.toLowerCase() === name.toLowerCase());
  if (matches.length > 1) return { ok: false, error: 'ambiguous_project_selector', requested_project: name, active_projects: active, matches };
  return matches[0] ?? { ok: false, error: 'requested_project_not_running', requested_project: name, active_projects: active };
}

export function renderEndpoints(report: EndpointsReport): string {
  if (!report.ok) {
    const meant = report.requested_project === undefined ? undefined : nearestWord(report.requested_project, report.active_projects ?? []);
    const known = report.active_projects === undefined || report.active_projects.length === 0 ? '' : ` Running: ${report.active_projects.join(', ')}.`;
    return `${failureTexts[report.error]}${report.requested_project === undefined ? '' : ` (${report.requested_project})`}.${known}${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
  }
  const rows = [['frontend', report.frontend] as const, ['backend', report.backend] as const, ...Object.entries(report.additional_services)].filter(([, endpoint]) => endpoint.status !== 'missing');
  return [
    `${report.project}  ${report.project_root ?? ''}`.trimEnd(),
    ...(report.legacy_state ? ['  recorded by the original envctl'] : []),
    ...rows.map(([type, endpoint]) => `  ${type.padEnd(10)} ${endpoint.public_url ?? `- (${endpoint.status})`}`),
    ...Object.entries(report.dependencies).map(([id, dependency]) => `  ${id.padEnd(10)} ${dependency.port === null ? '-' : `port ${dependency.port}`}${noteOf(dependency)}`),
  ].join('\n');
}

/** Nothing for a server that runs: only what is not as it should be, or not known, is told. */
function noteOf({ status, observed }: DependencyEndpoint): string {
  if (!observed) return ` (${status} when it was started; not ours to watch)`;
  return status === 'healthy' ? '' : ` (${status})`;
}

const failureTexts: Readonly<Record<EndpointsFailure['error'], string>> = {
  state_not_found: 'Nothing is recorded for this repository; start it with: envctl start',
  project_required: 'Several projects run; name one with --project',
  requested_project_not_running: 'That project is not running',
  multiple_projects_not_supported: 'Name one project',
  ambiguous_project_selector: 'That name means more than one project',
};

/** A URL that somebody else recorded is not shown: only what follows from the port that is listened on. */
function toEndpoint(service: ServiceRecord | undefined, truth: ServiceTruth, isLegacy: boolean): Endpoint {
  const isUp = truth.status === 'running' || truth.status === 'starting';
  const localUrl = isUp && truth.actualPort !== null ? `http://localhost:${truth.actualPort}` : null;
  return {
    name: truth.name,
    status: truth.status,
    port: truth.actualPort,
    local_url: localUrl,
    public_url: isLegacy ? localUrl : isUp ? (service?.public_url ?? null) : null,
    health_url: isLegacy || service?.health_url == null ? null : scrubText(service.health_url),
  };
}

function activeProjects(state: RunState): readonly string[] {
  return [...new Set([...namedServices(state).map(({ project }) => project), ...Object.keys(state.requirements)])].sort();
}
