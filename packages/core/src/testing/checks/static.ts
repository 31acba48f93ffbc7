import { isDeepStrictEqual } from 'node:util';
import type { DependencyDefinition, PlanContext, ProjectionContext } from '../../contract/index.js';
import { loadConfig } from '../../config/index.js';
import { require, type Bench, type ConformanceCheck } from './types.js';

/** Checks that start nothing. */
export const staticChecks: readonly ConformanceCheck[] = [
  { id: 'manifest.complete', title: 'the manifest declares what the extension registers and every key it names', run: checkManifest },
  { id: 'plan.pure', title: 'the same input gives the same plan, as plain data, within the declared resources', run: checkPlan },
  { id: 'projection.pure', title: 'the same input gives the same variables, from declared secrets only', run: checkProjection },
  { id: 'projection.secrets', title: 'every variable that carries a credential is marked secret', run: checkSecretMarks },
  { id: 'projection.declared', title: 'the manifest lists every variable, and which of them are secret', run: checkDeclaredVariables },
];

async function checkManifest({ plugin }: Bench): Promise<void> {
  const { manifest, declaration } = plugin;
  // The host itself has read the manifest; it activates the extension and takes only what is declared.
  await plugin.load();
  const keys = new Map((manifest.contributes.config ?? []).map((entry) => [entry.key, entry]));
  for (const resource of declaration.resources) {
    const key = keys.get(resource.configKey);
    require(key !== undefined, `resource ${resource.name}: the config key ${resource.configKey} is not declared`);
    require(key.default === undefined || Number(key.default) === resource.defaultPort, `resource ${resource.name}: defaultPort differs from the default of ${resource.configKey}`);
  }
  for (const key of keys.values()) {
    require(!/PASSWORD|SECRET|TOKEN|_URL$/.test(key.key) || key.secret === true, `config key ${key.key} can carry a credential and is not marked secret`);
  }
  for (const mode of ['main', 'trees'] as const) require(declaration.enableKeys[mode].length > 0, `no enable key for mode ${mode}`);
}

async function checkPlan(bench: Bench): Promise<void> {
  const { definition, planContext } = await purePieces(bench);
  const first = definition.plan(planContext('one'));
  require(isDeepStrictEqual(first, definition.plan(planContext('one'))), 'two plans from the same input differ');
  require(isDeepStrictEqual(first, JSON.parse(JSON.stringify(first))), 'the plan is not plain data');
  const names = new Set(bench.plugin.declaration.resources.map((resource) => resource.name));
  for (const port of first.ports) require(names.has(port), `the plan wants the port ${port}, which the manifest does not declare`);
  require(first.share === 'scope' || first.share === 'project', `unknown share ${String(first.share)}`);
  const second = definition.plan(planContext('two'));
  if (first.share === 'scope' && first.resources !== undefined) {
    require(!isDeepStrictEqual(first.resources, second.resources), 'two projects on one server plan the same resources');
  }
}

async function checkProjection(bench: Bench): Promise<void> {
  const { definition, projectionContext } = await purePieces(bench);
  const first = definition.project(projectionContext('one'));
  require(isDeepStrictEqual(first, definition.project(projectionContext('one'))), 'two projections of the same input differ');
  require(Object.keys(first).length > 0, 'nothing is projected');
  for (const [name, variable] of Object.entries(first)) {
    require(/^[A-Z][A-Z0-9_]*$/.test(name), `${name} is no usual name of a variable`);
    require(typeof variable.value === 'string', `${name} is not a string`);
    require(!/undefined|null|NaN|\[object/.test(variable.value), `${name} carries a missing value: ${variable.value}`);
  }
  const ports = Object.values(projectionContext('one').ports).map(String);
  for (const port of ports) require(Object.values(first).some((variable) => variable.value.includes(port)), `no variable carries the port ${port}`);
}

async function checkSecretMarks(bench: Bench): Promise<void> {
  const { definition, projectionContext } = await purePieces(bench);
  const context = projectionContext('one');
  for (const [name, variable] of Object.entries(definition.project(context))) {
    for (const credential of Object.values(context.credentials)) {
      require(variable.secret || !variable.value.includes(credential), `${name} carries a credential and is not marked secret`);
    }
  }
}

async function checkDeclaredVariables(bench: Bench): Promise<void> {
  const { definition, projectionContext } = await purePieces(bench);
  const declared = new Map((bench.plugin.declaration.variables ?? []).map((variable) => [variable.name, variable.secret === true]));
  for (const [name, { secret }] of Object.entries(definition.project(projectionContext('one')))) {
    require(declared.has(name), `${name} is projected and not listed under variables in the manifest`);
    require(!secret || declared.get(name) === true, `${name} is projected as a secret and not marked secret in the manifest`);
  }
}

interface PurePieces {
  readonly definition: DependencyDefinition;
  planContext(slug: string): PlanContext;
  projectionContext(slug: string): ProjectionContext;
}

/** Frozen inputs; a credential that was not declared cannot be read. */
async function purePieces({ options, plugin }: Bench): Promise<PurePieces> {
  const registered = await plugin.load();
  const definition = options.replace?.(registered) ?? registered;
  const config = loadConfig({ repositoryRoot: '/nonexistent/envctl-conformance', env: { ...options.config }, declarations: plugin.configKeys, dependencies: plugin.declarations }).reader();
  const planContext = (slug: string): PlanContext =>
    deepFreeze({
      scope: { id: 'repo-0123456789ab', repositoryRoot: '/repository', mode: 'main' as const },
      project: { name: slug, root: `/repository/${slug}`, slug },
      config,
      driver: options.driver ?? 'native',
    });
  return {
    definition,
    planContext,
    projectionContext: (slug) => {
      const context = planContext(slug);
      const plan = definition.plan(context);
      const credentials = Object.fromEntries((definition.credentials?.(context) ?? []).map((name) => [name, `planted-${name}`]));
      const ports = Object.fromEntries(plugin.declaration.resources.filter((entry) => plan.ports.includes(entry.name)).map((entry, index) => [entry.name, 40_001 + index]));
      return Object.freeze({ ...context, plan: deepFreeze(plan), ports: Object.freeze(ports), credentials: onlyDeclared(credentials) });
    },
  };
}

function onlyDeclared(credentials: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return new Proxy(Object.freeze(credentials), {
    get: (target, name) => {
      if (typeof name === 'string' && !(name in target)) throw new Error(`the projection reads the secret ${name}, which credentials() does not list`);
      return Reflect.get(target, name) as unknown;
    },
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
