/** What is wrong with services beyond single values: options that contradict each other, and what they wait for. */
import type { DependencyDeclaration, EdgeCondition, Mode } from '../contract/index.js';
import type { ConfigProblem, ConfigValue, ModeProfile } from './model.js';
import { nearest } from './nearest.js';
import type { KeyRegistry } from './registry.js';
import { serviceKey } from './service-keys.js';
import { servicesKey, standardServices } from './service-names.js';
import type { ServiceNeed, ServiceOptions } from './service-options.js';
import { describeOrigin } from './values.js';

export interface ServiceProblemInputs {
  readonly mode: Mode;
  readonly services: readonly ServiceOptions[];
  readonly profile: ModeProfile;
  readonly dependencies: readonly DependencyDeclaration[];
  readonly values: ReadonlyMap<string, ConfigValue>;
  /** Keys that are being set. */
  readonly given?: ReadonlySet<string> | undefined;
}

/** Of the services that run in the mode: one that is switched off may say what it likes. */
export function serviceProblems(inputs: ServiceProblemInputs): ConfigProblem[] {
  if (!inputs.profile.startupEnabled) return [];
  const running = inputs.services.filter(({ enabled }) => enabled.enabled);
  const found = running.flatMap((service) => [...contradictions(service, inputs), ...service.dependsOn.flatMap((need) => needProblems(service, need, inputs))]);
  return found.length > 0 ? found : circles(running, inputs);
}

/** Keys in the file of services that nobody lists any more: the registry knows them while the list is being changed. */
export function strayServiceKeys({ values, registry, listed }: { readonly values: ServiceProblemInputs['values']; readonly registry: Pick<KeyRegistry, 'keys'>; readonly listed: readonly string[] }): ConfigProblem[] {
  const known = [...standardServices, ...listed];
  return registry.keys.flatMap(({ key, service }): ConfigProblem[] => {
    const value = values.get(key);
    if (service === undefined || known.includes(service.name) || value?.origin !== 'file') return [];
    return [{ kind: 'unknown-key', severity: 'error', key, origin: 'file', ...(value.path === undefined ? {} : { path: value.path }), ...(value.line === undefined ? {} : { line: value.line }), message: `${key} (${describeOrigin(value)}) belongs to no service: ${servicesKey} does not list ${service.name}.`, hint: `${value.line === undefined ? `Leave ${key} out` : `Remove line ${value.line} of ${value.path ?? '.envctl'}`}, or list ${service.name} again.` }];
  });
}

function contradictions({ slug, kind, restart, healthUrl }: ServiceOptions, inputs: ServiceProblemInputs): ConfigProblem[] {
  const isSaid = (option: string): boolean => inputs.values.get(serviceKey(slug, option)) !== undefined && inputs.values.get(serviceKey(slug, option))?.origin !== 'default';
  const listener = inputs.values.get(serviceKey(slug, 'EXPECT_LISTENER'));
  const contradictsListener = isSaid('KIND') && listener !== undefined && (kind === 'server') === ['0', 'false', 'no', 'off'].includes(listener.value.toLowerCase());
  const ofPort = kind !== 'server' && healthUrl !== undefined && (healthUrl.startsWith('/') || healthUrl.includes('{port}'));
  return [
    ...(contradictsListener ? [problem(inputs, slug, 'EXPECT_LISTENER', `contradicts KIND=${kind}`, `Remove ${serviceKey(slug, 'EXPECT_LISTENER')}: the kind says it.`)] : []),
    ...(kind !== 'server' && isSaid('PORT_BASE') ? [problem(inputs, slug, 'PORT_BASE', `is of no use: a ${kind} listens nowhere`, `Remove ${serviceKey(slug, 'PORT_BASE')}.`)] : []),
    ...(ofPort ? [problem(inputs, slug, 'HEALTH_URL', `asks a port of its own: a ${kind} listens nowhere`, `Give a whole URL, or ${serviceKey(slug, 'READY_CMD')}.`)] : []),
    ...(kind === 'job' && restart.when === 'always' ? [problem(inputs, slug, 'RESTART', 'would begin a job again that has completed', `${serviceKey(slug, 'RESTART')}=on-failure`)] : []),
  ];
}

function needProblems(service: ServiceOptions, need: ServiceNeed, inputs: ServiceProblemInputs): ConfigProblem[] {
  const { services, dependencies, profile, mode } = inputs;
  const said = (what: string, hint: string): ConfigProblem[] => [problem(inputs, service.slug, 'DEPENDS_ON', what, hint)];
  const dependency = dependencies.find(({ id }) => id === need.name);
  const other = services.find(({ slug }) => slug === need.name);
  if (other === undefined && dependency === undefined) {
    const known = [...services.map(({ slug }) => slug), ...dependencies.map(({ id }) => id)].filter((name) => name !== service.slug);
    const near = nearest(need.name, known);
    return said(`names ${need.name}, which is neither a service nor a dependency`, near === undefined ? `Services and dependencies: ${known.join(', ')}` : `Did you mean ${near}?`);
  }
  if (other?.slug === service.slug) return said('names the service itself', `Remove ${need.name} from it.`);
  const isThere = other?.enabled.enabled ?? profile.dependencies[need.name]?.enabled === true;
  if (!isThere && !need.optional) return said(`needs ${need.name}, which does not run in mode ${mode}`, `Switch ${need.name} on, or write ${need.name}? to do without it.`);
  const possible = other === undefined ? (['started', 'ready', 'healthy'] as const) : conditionsOf(other);
  if (!possible.includes(need.condition)) return said(`waits for ${need.name} to be ${need.condition}, which it never is`, `${need.name} can be waited for as ${possible.join(', ')}${adviceFor(need.condition, other)}.`);
  if (need.restart && other?.kind === 'job') return said(`has +restart for ${need.name}, a job, which is never started again while it is good`, `Remove +restart from ${need.name}.`);
  return [];
}

/** What a service can ever be, by what it says of itself. */
function conditionsOf({ kind, healthUrl, readyLog }: Pick<ServiceOptions, 'kind' | 'healthUrl' | 'readyLog'>): readonly EdgeCondition[] {
  const said: readonly EdgeCondition[] = [...(readyLog === undefined ? [] : (['log-ready'] as const)), ...(healthUrl === undefined ? [] : (['healthy'] as const))];
  return kind === 'job' ? ['started', 'completed', ...said.filter((condition) => condition === 'log-ready')] : ['started', 'ready', ...said];
}

function adviceFor(condition: EdgeCondition, other: ServiceOptions | undefined): string {
  if (other === undefined || other.kind === 'job') return '';
  if (condition === 'healthy') return `; it has no ${keyOf(other.slug, 'HEALTH_URL')}`;
  return condition === 'log-ready' ? `; it has no ${keyOf(other.slug, 'READY_LOG')}` : '';
}

/** The first circle of services that wait for each other, dependencies in between. */
function circles(running: readonly ServiceOptions[], inputs: ServiceProblemInputs): ConfigProblem[] {
  const needsOf = new Map<string, readonly string[]>([
    ...inputs.dependencies.map(({ id, requires = [] }) => [id, requires.map((edge) => edge.id)] as const),
    ...running.map(({ slug, dependsOn }) => [slug, dependsOn.map(({ name }) => name)] as const),
  ]);
  const done = new Set<string>();
  const search = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of needsOf.get(name) ?? []) {
      const circle = search(next, [...path, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const { slug } of running) {
    const circle = search(slug, []);
    const members = circle?.filter((name) => running.some((service) => service.slug === name)) ?? [];
    const first = members.find((name) => inputs.given?.has(keyOf(name, 'DEPENDS_ON'))) ?? members[0];
    if (circle !== undefined && first !== undefined) return [problem(inputs, first, 'DEPENDS_ON', `closes a circle: ${circle.join(' → ')}`, 'Remove one of its edges.')];
  }
  return [];
}

function problem({ mode, values }: ServiceProblemInputs, slug: string, option: string, what: string, hint: string): ConfigProblem {
  const key = keyOf(slug, option);
  const value = values.get(key);
  return {
    kind: 'invalid-service',
    severity: 'error',
    key,
    mode,
    ...(value === undefined ? {} : { origin: value.origin }),
    ...(value?.path === undefined ? {} : { path: value.path }),
    ...(value?.line === undefined ? {} : { line: value.line }),
    message: `${key}${value === undefined ? '' : `=${JSON.stringify(value.value)} (${describeOrigin(value)})`} ${what}.`,
    hint,
  };
}

/** Backend and frontend have an older key for it. */
function keyOf(slug: string, option: string): string {
  return option === 'HEALTH_URL' && isStandard(slug) ? `ENVCTL_${slug.toUpperCase()}_HEALTH_URL` : serviceKey(slug, option);
}

function isStandard(slug: string): boolean {
  return standardServices.some((name) => name === slug);
}
