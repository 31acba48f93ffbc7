import type { DependencyDeclaration, Mode } from '../contract/index.js';
import type { ConfigKey, ConfigProblem, ConfigValue, DependencyMode, ModeProfile, Toggle } from './model.js';
import { constantCase } from './constant-case.js';
import type { KeyRegistry } from './registry.js';
import type { ServiceOptions } from './service-options.js';
import { describeOrigin, parseValue } from './values.js';

export type Values = ReadonlyMap<string, ConfigValue>;

/** What `mode` brings up by these values. A switch that does not parse counts as its default; it is a problem of its own. */
export function toProfile(values: Values, registry: KeyRegistry, mode: Mode): ModeProfile {
  const prefix = mode.toUpperCase();
  return {
    startupEnabled: switchValue(values, `${prefix}_STARTUP_ENABLE`) ?? true,
    backend: toggle(values, setKey(values, `${prefix}_BACKEND_ENABLE`), true),
    frontend: toggle(values, setKey(values, `${prefix}_FRONTEND_ENABLE`), true),
    dependencies: Object.fromEntries(registry.dependencies.map((dependency) => [dependency.id, dependencyToggle(values, dependency, mode)])),
  };
}

/** Components an enabled mode must have, and dependencies that exclude each other; with the lines that say so. */
export function profileProblems(profile: ModeProfile, registry: KeyRegistry, { mode, values, services }: { readonly mode: Mode; readonly values: Values; readonly services: readonly Pick<ServiceOptions, 'enabled'>[] }): ConfigProblem[] {
  if (!profile.startupEnabled) return [];
  const enabled = registry.dependencies.filter((dependency) => profile.dependencies[dependency.id]?.enabled === true);
  const prefix = mode.toUpperCase();
  const messages: { message: string; hint: string; keys: readonly string[] }[] = [];
  if (!services.some((service) => service.enabled.enabled) && enabled.length === 0) {
    messages.push({
      message: `${mode} must enable at least one component.`,
      hint: `envctl config --set ${prefix}_BACKEND_ENABLE=true, or --set ${prefix}_STARTUP_ENABLE=false`,
      keys: [`${prefix}_BACKEND_ENABLE`, `${prefix}_FRONTEND_ENABLE`],
    });
  }
  for (const [index, dependency] of enabled.entries()) {
    for (const other of enabled.slice(index + 1)) {
      if (dependency.conflicts?.includes(other.id) !== true && other.conflicts?.includes(dependency.id) !== true) continue;
      messages.push({
        message: `${mode} cannot enable both ${dependency.id} and ${other.id}.`,
        hint: `envctl config --set ${other.enableKeys[mode][0] ?? other.id}=false`,
        keys: [...dependency.enableKeys[mode], ...other.enableKeys[mode]],
      });
    }
  }
  return messages.map(({ message, hint, keys }) => {
    const set = keys.flatMap((key) => values.get(key) ?? []).filter(({ origin }) => origin !== 'default');
    const last = set.filter(({ origin }) => origin === 'file').at(-1);
    const where = set.length === 0 ? '' : ` (${set.map((value) => `${value.setAs}: ${describeOrigin(value)}`).join(', ')})`;
    return { kind: 'invalid-profile', severity: 'error', mode, ...(last?.path === undefined ? {} : { path: last.path }), ...(last?.line === undefined ? {} : { line: last.line }), message: `${message}${where}`, hint };
  });
}

/** How a dependency runs: what {@link decideDependencyMode} finds; one that is none counts as `auto`. */
export function toDependencyMode(values: Values, id: string): DependencyMode {
  const decided = decideDependencyMode(values, id);
  return modes.find((mode) => mode === decided?.value.toLowerCase()) ?? 'auto';
}

/** The value that counts for `key`: its own, or that of an older spelling of it. */
export function decidedValue(values: Values, registry: KeyRegistry, key: ConfigKey): ConfigValue | undefined {
  const dependency = registry.dependencies.find(({ id }) => id === key.owner);
  if (dependency === undefined) return values.get(key.key);
  if (key.key === dependencyModeKey(dependency.id)) return decideDependencyMode(values, dependency.id);
  const mode = key.managed ? key.enables?.modes[0] : undefined;
  const by = mode === undefined ? undefined : decidingSwitch(values, dependency, mode);
  return values.get(by ?? key.key);
}

/** Its own key, then its older switch, then the list of external ones, then the command it was given, then the default. */
function decideDependencyMode(values: Values, id: string): ConfigValue | undefined {
  const own = values.get(dependencyModeKey(id));
  if (own !== undefined && own.origin !== 'default') return own;
  const external = values.get(`ENVCTL_${constantCase(id)}_EXTERNAL`);
  if (external !== undefined && switchValue(values, `ENVCTL_${constantCase(id)}_EXTERNAL`) === true) return { ...external, value: 'external' };
  const listed = values.get('ENVCTL_EXTERNAL_DEPENDENCIES');
  if (listed?.value.split(',').some((word) => word.trim().toLowerCase() === id.toLowerCase()) === true) return { ...listed, value: 'external' };
  const command = values.get(`ENVCTL_REQUIREMENT_${constantCase(id)}_CMD`);
  return command === undefined || command.value === '' ? own : { ...command, value: 'command' };
}

function dependencyModeKey(id: string): string {
  return `ENVCTL_DEPENDENCY_${constantCase(id)}_MODE`;
}

const modes: readonly DependencyMode[] = ['auto', 'native', 'docker', 'external', 'command'];

function dependencyToggle(values: Values, dependency: DependencyDeclaration, mode: Mode): Toggle {
  return toggle(values, decidingSwitch(values, dependency, mode), dependency.defaultEnabled[mode]);
}

/** The first key set by the user decides; a key of both modes that says false wins over everything. */
function decidingSwitch(values: Values, dependency: DependencyDeclaration, mode: Mode): string | undefined {
  const keys = dependency.enableKeys[mode].filter((key) => isSet(values, key));
  const isShared = (key: string): boolean => dependency.enableKeys.main.includes(key) && dependency.enableKeys.trees.includes(key);
  return keys.find((key) => isShared(key) && switchValue(values, key) === false) ?? keys[0];
}

/** @param key the switch that counts, where one is set */
function toggle(values: Values, key: string | undefined, byDefault: boolean): Toggle {
  if (key === undefined) return { enabled: byDefault, explicit: false };
  return { enabled: switchValue(values, key) ?? byDefault, explicit: true };
}

function setKey(values: Values, key: string): string | undefined {
  return isSet(values, key) ? key : undefined;
}

function isSet(values: Values, key: string): boolean {
  const value = values.get(key);
  return value !== undefined && value.origin !== 'default';
}

function switchValue(values: Values, key: string): boolean | undefined {
  const parsed = parseValue({ type: 'boolean' }, values.get(key)?.value ?? '', { repositoryRoot: '/', home: '/' });
  return parsed.ok ? (parsed.value as boolean) : undefined;
}
