/**
 * Between the bytes of `run_state.json` and a RunState, without a schema library: the fast door reads
 * states with this alone. `explainStructure` refuses exactly what the schema refuses (a test holds it).
 */
import type { RequirementComponent, RunState } from './run-state-schema.js';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** The original's views of a project's dependencies by short name; written for its readers, never read beside `components`. */
const componentAliases: Readonly<Record<string, string>> = { db: 'postgres', redis: 'redis', supabase: 'supabase', n8n: 'n8n' };
const componentMirrors = ['final', 'requested'] as const;
const nullableComponentFields = [
  'reason_code', 'failure_class', 'error', 'runtime_status', 'container_name', 'driver', 'instance_id', 'launch_id', 'launch_directory',
] as const;

/** A document with every known field present: what an older or foreign writer left out gets its default. */
export function normaliseRunStateDocument(document: Fields): Fields {
  return {
    ...document,
    services: mapRecord(document['services'] ?? {}, (service) => ({ ...serviceDefaults, ...service })),
    requirements: mapRecord(document['requirements'] ?? {}, normaliseRequirements),
    pointers: document['pointers'] ?? {},
    metadata: document['metadata'] ?? {},
  };
}

/** Why a normalised document is not a run state; `undefined` when it is one. */
export function explainStructure(document: Fields): string | undefined {
  return explainFields(document, stateChecks, '')
    ?? explainRecord(document['services'], 'services', (service, path) => explainFields(service, serviceChecks, path))
    ?? explainRecord(document['requirements'], 'requirements', (requirements, path) =>
      explainFields(requirements, requirementsChecks, path)
      ?? explainRecord(requirements['components'], `${path}.components`, (component, at) => explainFields(component, componentChecks, at)));
}

/** The state a checked document says. */
export function toRunState(document: Fields): RunState {
  return {
    ...document,
    services: mapRecord(document['services'], (service, name) => ({ ...service, name })),
    requirements: mapRecord(document['requirements'], (requirements, project) => ({ ...requirements, project })),
  } as unknown as RunState;
}

/** The document that is written for a state: the original's shape with its mirrors. */
export function toRunStateDocument(state: RunState): Fields {
  return {
    ...state,
    services: mapRecord(state.services, ({ name: _name, ...service }) => service),
    requirements: mapRecord(state.requirements, ({ project: _project, ...requirements }) => {
      const components = mapRecord(requirements['components'], toComponentDocument);
      const views = Object.entries(componentAliases).map(([alias, id]) => [alias, (components as Fields)[id] ?? toComponentDocument(absentComponent(id))] as const);
      return { ...requirements, components, ...Object.fromEntries(views) };
    }),
  };
}

/** A component of a dependency that is not enabled. */
export function absentComponent(id: string): RequirementComponent {
  return normaliseComponent({ id }, id) as unknown as RequirementComponent;
}

/** What a service record says about a field that was left out. */
export const serviceDefaults: Fields = {
  type: 'unknown', cwd: '', pid: null, requested_port: null, actual_port: null, log_path: null, status: 'unknown', synthetic: false,
  started_at: null, listener_pids: null, project: null, service_slug: null, launch_id: null, launch_directory: null, run_id: null,
  listener_expected: true, public_url: null, health_url: null, failure_detail: null, critical: true, degraded: false,
  kind: 'server', success_exit_codes: [0], depends_on: [], given_ports: {},
};

function normaliseRequirements(requirements: Fields): Fields {
  const { db, redis, supabase, n8n, ...rest } = requirements;
  const lifted = { postgres: db, redis, supabase, n8n };
  const components = requirements['components']
    ?? Object.fromEntries(Object.entries(lifted).filter(([, value]) => value !== undefined));
  return { health: 'unknown', failures: [], ...rest, components: mapRecord(components, normaliseComponent) };
}

function normaliseComponent(component: Fields, id: string): Fields {
  const { final, requested, ...rest } = component;
  const resources = rest['resources'] ?? definedPorts({ primary: final, requested });
  return {
    id, enabled: false, success: false, simulated: false, health: 'unknown', retries: 0, critical: true,
    ...Object.fromEntries(nullableComponentFields.map((field) => [field, null])),
    ...rest,
    resources: isRecord(resources) ? definedPorts(resources) : resources,
  };
}

function toComponentDocument(component: Fields): Fields {
  const kept = Object.entries(component).filter(([field, value]) => value !== null || !(nullableComponentFields as readonly string[]).includes(field));
  const resources = isRecord(component['resources']) ? component['resources'] : {};
  const mirrors = componentMirrors.map((mirror) => [mirror, resources[mirror === 'final' ? 'primary' : mirror] ?? 0] as const);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(mirrors) };
}

/** Only positive integers count as ports; anything else that is not a number stays for the check to refuse. */
function definedPorts(resources: Fields): Fields {
  return Object.fromEntries(Object.entries(resources).filter(([, value]) =>
    value !== undefined && value !== null && !(typeof value === 'number' && value <= 0)));
}

const isString: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const orNull = (check: Check): Check => (value) => value === null || check(value);
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const recordOf = (check: Check): Check => (value) => isRecord(value) && Object.values(value).every(check);

const stateChecks: Readonly<Record<string, Check>> = {
  schema_version: (value) => value === 1,
  run_id: (value) => isString(value) && value !== '',
  mode: (value) => value === 'main' || value === 'trees',
  pointers: recordOf(isString),
  metadata: recordOf(() => true),
};

const serviceChecks: Readonly<Record<string, Check>> = {
  type: isString, cwd: isString, pid: orNull(isInteger), requested_port: orNull(isInteger), actual_port: orNull(isInteger),
  log_path: orNull(isString), status: isString, synthetic: isBoolean, started_at: orNull(isNumber), listener_pids: orNull(listOf(isInteger)),
  project: orNull(isString), service_slug: orNull(isString), launch_id: orNull(isString), launch_directory: orNull(isString),
  run_id: orNull(isString), listener_expected: isBoolean, public_url: orNull(isString), health_url: orNull(isString),
  failure_detail: orNull(isString), critical: isBoolean, degraded: isBoolean,
  kind: isString, success_exit_codes: listOf(isInteger), depends_on: listOf(isString), given_ports: recordOf(listOf(isInteger)),
};

const requirementsChecks: Readonly<Record<string, Check>> = { health: isString, failures: listOf(isString) };

const componentChecks: Readonly<Record<string, Check>> = {
  id: isString, enabled: isBoolean, success: isBoolean, simulated: isBoolean, health: isString, resources: recordOf(isInteger), retries: isInteger, critical: isBoolean,
  ...Object.fromEntries(nullableComponentFields.map((field) => [field, orNull(isString)])),
};

function explainFields(value: Fields, checks: Readonly<Record<string, Check>>, path: string): string | undefined {
  const wrong = Object.keys(checks).find((field) => !(checks[field] as Check)(value[field]));
  return wrong === undefined ? undefined : `${path === '' ? '' : `${path}.`}${wrong} has a wrong value`;
}

function explainRecord(value: unknown, path: string, explain: (item: Fields, path: string) => string | undefined): string | undefined {
  if (!isRecord(value)) return `${path} is not an object`;
  for (const [key, item] of Object.entries(value)) {
    const problem = isRecord(item) ? explain(item, `${path}.${key}`) : `${path}.${key} is not an object`;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Maps the objects of a record and leaves everything else for the check to refuse. */
function mapRecord(value: unknown, change: (item: Fields, key: string) => Fields): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, isRecord(item) ? change(item, key) : item]));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
