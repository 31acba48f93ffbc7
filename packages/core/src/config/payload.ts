import { EnvctlError, errorMessage, type Mode } from '../contract/index.js';
import { absentKeys } from './absent-keys.js';
import type { Assignment } from './assignments.js';
import { toEffectiveConfig } from './effective.js';
import type { ConfigModel } from './model.js';
import { nearest } from './nearest.js';
import { serviceKey } from './service-keys.js';
import { servicesKey } from './service-names.js';

/**
 * Reads the document of `config --stdin-json`: flat when any top-level name is upper-case, else any part
 * of `show-config.effective`. Of a nested document only what differs from `model` becomes an assignment,
 * so that a printed and edited document changes what was edited. Throws ENVCTL_E_CONFIG_INVALID.
 */
export async function parsePayload(text: string, model: ConfigModel): Promise<Assignment[]> {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`expected an object, found ${kindOf(value)}.`);
  const flat = Object.keys(value).some((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
  const schemas = await import('./payload-schema.js');
  const parsed = flat ? schemas.flatPayload.safeParse(value) : schemas.nestedPayload.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    if (issue?.code === 'unrecognized_keys') throw unknownName([...issue.path, issue.keys[0] ?? ''].join('.'), nearest(issue.keys[0] ?? '', schemas.payloadNames()));
    throw invalid(`${issue?.path.join('.') || 'document'}: ${issue?.code === 'invalid_union' ? `expected a text, a number or a boolean, found ${kindOf(valueAt(value, issue.path))}` : (issue?.message ?? 'not valid')}`);
  }
  if (flat) return Object.entries(parsed.data).map(([key, item]) => ({ key, value: String(item) }));
  return nestedAssignments(parsed.data as NestedPayload, model);
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<PropertyKey, unknown>>)[key], document);
}

/** What stands in the document, without its value. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

interface NestedPayload {
  readonly default_mode?: string;
  readonly directories?: { readonly backend?: string; readonly frontend?: string };
  readonly ports?: {
    readonly backend?: number;
    readonly frontend?: number;
    readonly spacing?: number;
    readonly dependencies?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly profiles?: Readonly<Partial<Record<Mode, NestedProfile>>>;
  readonly additional_services?: readonly string[];
  readonly managed_keys?: Readonly<Record<string, string>>;
}

interface NestedProfile {
  readonly startup_enabled?: boolean;
  readonly backend?: boolean;
  readonly frontend?: boolean;
  readonly dependencies?: Readonly<Record<string, boolean>>;
  readonly additional_services?: Readonly<Record<string, boolean>>;
}

function nestedAssignments(payload: NestedPayload, model: ConfigModel): Assignment[] {
  const printed = toEffectiveConfig(model);
  const now = flatten(printed as NestedPayload, model);
  const changed = new Map([...flatten(payload, model)].filter(([key, value]) => now.get(key) !== value));
  for (const [key, value] of Object.entries(payload.managed_keys ?? {})) {
    if (printed.managed_keys[key] === value) continue;
    const other = changed.get(key);
    if (other !== undefined && other !== value) throw invalid(`managed_keys.${key} says something else than the rest of the document.`);
    changed.set(key, value);
  }
  return [...changed].map(([key, value]) => ({ key, value }));
}

/** The keys a nested document sets, without its `managed_keys`. */
function flatten(payload: NestedPayload, model: ConfigModel): Map<string, string> {
  const pairs: [string, unknown][] = [
    ['ENVCTL_DEFAULT_MODE', payload.default_mode],
    ['BACKEND_DIR', payload.directories?.backend],
    ['FRONTEND_DIR', payload.directories?.frontend],
    ['BACKEND_PORT_BASE', payload.ports?.backend],
    ['FRONTEND_PORT_BASE', payload.ports?.frontend],
    ['PORT_SPACING', payload.ports?.spacing],
    [servicesKey, payload.additional_services?.join(',')],
  ];
  for (const [id, resources] of Object.entries(payload.ports?.dependencies ?? {})) {
    for (const [name, port] of Object.entries(resources)) {
      const key = model.dependencyPortKey(id, name);
      if (key === undefined) throw absentDependency(`ports.dependencies.${id}`, id, model) ?? unknownName(`ports.dependencies.${id}.${name}`, undefined);
      pairs.push([key, port]);
    }
  }
  for (const mode of ['main', 'trees'] as const) pairs.push(...profilePairs(payload.profiles?.[mode], mode, model));
  return new Map(pairs.flatMap(([key, value]): [string, string][] => (value === undefined || value === null ? [] : [[key, String(value)]])));
}

function profilePairs(profile: NestedProfile | undefined, mode: Mode, model: ConfigModel): [string, unknown][] {
  const prefix = mode.toUpperCase();
  const dependencies = Object.entries(profile?.dependencies ?? {}).map(([id, enabled]): [string, unknown] => {
    const key = model.keys.find((candidate) => candidate.managed && candidate.enables?.component === id && candidate.enables.modes.includes(mode));
    if (key === undefined) throw absentDependency(`profiles.${mode}.dependencies.${id}`, id, model) ?? unknownName(`profiles.${mode}.dependencies.${id}`, undefined);
    return [key.key, enabled];
  });
  const services = Object.entries(profile?.additional_services ?? {}).map(([name, enabled]): [string, unknown] => [serviceKey(name, `${prefix}_ENABLE`), enabled]);
  return [[`${prefix}_STARTUP_ENABLE`, profile?.startup_enabled], [`${prefix}_BACKEND_ENABLE`, profile?.backend], [`${prefix}_FRONTEND_ENABLE`, profile?.frontend], ...dependencies, ...services];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser quotes the text around the slip, which may be a secret: only its position is told.
    const position = /position (\d+)/.exec(errorMessage(error))?.[1];
    throw invalid(position === undefined ? 'the text is not JSON.' : `the text is not JSON at character ${position}.`);
  }
}

/** As for a key of a package that is not installed; undefined when the dependency is installed. */
function absentDependency(place: string, id: string, model: ConfigModel): EnvctlError | undefined {
  const ids = Object.keys(model.profile('main').dependencies);
  if (ids.includes(id)) return undefined;
  const name = absentKeys.find((entry) => entry.dependency === id)?.package;
  if (name !== undefined) {
    return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${place} belongs to ${name}, which is not installed.`, { hints: [`envctl plugins install ${name}`], data: { key: place, package: name } });
  }
  return unknownName(place, nearest(id, ids), `The installed dependencies: ${ids.join(', ')}.`);
}

function unknownName(place: string, near: string | undefined, otherwise = documentHint): EnvctlError {
  return invalid(`${place} is not a name of this document.`, near === undefined ? otherwise : `Did you mean ${near}?`);
}

const documentHint = 'envctl show-config --json prints a document of this form under "effective".';

function invalid(reason: string, hint = documentHint): EnvctlError {
  return new EnvctlError('ENVCTL_E_CONFIG_INVALID', `Invalid JSON for config --stdin-json: ${reason}`, { hints: [hint] });
}
