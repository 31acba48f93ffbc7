import type { ConfigKeyDeclaration, DependencyDeclaration, Mode } from '../contract/index.js';
import { constantCase } from './constant-case.js';
import { coreKeys, highestPort } from './core-keys.js';
import type { ConfigKey, ConfigSection } from './model.js';
import { additionalServiceKeys, standardServiceKeys } from './service-keys.js';

export interface KeyRegistry {
  /** All keys: core's managed ones with the dependencies' between them, then the others. */
  readonly keys: readonly ConfigKey[];
  readonly dependencies: readonly DependencyDeclaration[];
  /** The key that `name` spells, itself or as an alias. */
  find(name: string): ConfigKey | undefined;
}

export interface KeySources {
  /** Keys from plugin manifests. */
  readonly declarations?: readonly ConfigKeyDeclaration[];
  readonly dependencies?: readonly DependencyDeclaration[];
  /** Names of the additional services, which bring keys of their own. */
  readonly services?: readonly string[];
}

/**
 * All keys of this installation. A name is given once: core first, then dependencies in their order,
 * then plugin declarations, which may refine what a dependency declared but never a key of core.
 */
export function createKeyRegistry({ declarations = [], dependencies = [], services = [] }: KeySources = {}): KeyRegistry {
  const ordered = [...dependencies].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  const keys = new Map<string, ConfigKey>();
  const add = (key: ConfigKey): void => {
    if (!keys.has(key.key)) keys.set(key.key, key);
  };
  const core = (sections: readonly ConfigSection[], managed: boolean): void =>
    coreKeys.filter((key) => key.managed === managed && sections.includes(key.section)).forEach(add);

  core(['mode', 'directories'], true);
  coreKeys.filter((key) => key.managed && key.section === 'ports' && key.key !== 'PORT_SPACING').forEach(add);
  for (const key of ordered.flatMap(portKeys)) {
    const shared = keys.get(key.key);
    // postgres and supabase share DB_PORT.
    keys.set(key.key, shared === undefined ? key : { ...shared, components: [...(shared.components ?? []), ...(key.components ?? [])] });
  }
  core(['ports', 'main'], true);
  ordered.flatMap((dependency) => (['main', 'trees'] as const).flatMap((mode) => switchKeys(dependency, mode, true))).forEach(add);
  core(['trees'], true);
  ordered.flatMap((dependency) => (['main', 'trees'] as const).flatMap((mode) => switchKeys(dependency, mode, false))).forEach(add);
  ordered.flatMap(modeKeys).forEach(add);
  core(['other'], false);
  standardServiceKeys().forEach(add);
  services.flatMap((name) => additionalServiceKeys(name)).forEach(add);
  for (const declaration of declarations) {
    const known = keys.get(declaration.key);
    if (known === undefined) keys.set(declaration.key, { ...declaration, owner: 'plugin', managed: false, section: 'other' });
    else if (known.owner !== 'core' && known.enables === undefined) keys.set(declaration.key, { ...known, ...declaration });
  }
  databaseKeys.forEach(add);

  const names = new Map<string, ConfigKey>();
  for (const key of keys.values()) names.set(key.key, key);
  for (const key of keys.values()) {
    for (const alias of key.aliases ?? []) if (!names.has(alias)) names.set(alias, key);
  }
  return { keys: [...keys.values()], dependencies: ordered, find: (name) => names.get(name) };
}

/** Names and aliases that no plugin can declare. */
export function coreKeyNames(): ReadonlySet<string> {
  return new Set([...coreKeys, ...standardServiceKeys()].flatMap(({ key, aliases = [] }) => [key, ...aliases]));
}

function portKeys(dependency: DependencyDeclaration): ConfigKey[] {
  return dependency.resources.map((resource) => ({
    key: resource.configKey,
    type: 'integer',
    min: 1,
    max: highestPort,
    default: String(resource.defaultPort),
    description: `Preferred port of ${dependency.displayName} (${resource.name}) of Main.`,
    owner: dependency.id,
    managed: true,
    section: 'ports',
    components: [dependency.id],
  }));
}

/** The first enable key of a mode is the managed one; the others are older spellings that are only read. */
function switchKeys(dependency: DependencyDeclaration, mode: Mode, managed: boolean): ConfigKey[] {
  return dependency.enableKeys[mode].flatMap((key, index): ConfigKey[] => {
    if ((index === 0) !== managed) return [];
    const modes = (['main', 'trees'] as const).filter((candidate) => dependency.enableKeys[candidate].includes(key));
    const spelled = modes.flatMap((candidate) => dependency.enableKeys[candidate][0] ?? []);
    return [
      {
        key,
        type: 'boolean',
        ...(managed ? { default: String(dependency.defaultEnabled[mode]) } : {}),
        description: `Whether ${dependency.displayName} runs in mode ${modes.join(' and ')}${managed ? '' : `; older spelling of ${spelled.join(' and ')}`}.`,
        owner: dependency.id,
        managed,
        section: managed ? mode : 'other',
        enables: { component: dependency.id, modes },
        ...(managed ? {} : { olderSpellingOf: spelled }),
      },
    ];
  });
}

function modeKeys(dependency: DependencyDeclaration): ConfigKey[] {
  const id = constantCase(dependency.id);
  return [
    {
      key: `ENVCTL_DEPENDENCY_${id}_MODE`,
      aliases: [`ENVCTL_${id}_MODE`],
      type: 'enum',
      values: ['auto', 'native', 'docker', 'external', 'command'],
      default: 'auto',
      description: `How ${dependency.displayName} runs; a driver that its plugin does not have refuses a start (docker comes with a plugin that brings it).`,
      owner: dependency.id,
      managed: false,
      section: 'other',
    },
    {
      key: `ENVCTL_REQUIREMENT_${id}_CMD`,
      type: 'string',
      description: `The command that runs ${dependency.displayName} with ENVCTL_DEPENDENCY_${id}_MODE=command, or where no mode is set; it stays in the foreground; {port} is replaced.`,
      owner: dependency.id,
      managed: false,
      section: 'other',
    },
    {
      key: `ENVCTL_${id}_EXTERNAL`,
      type: 'boolean',
      description: `Older spelling of ENVCTL_DEPENDENCY_${id}_MODE=external.`,
      olderSpellingOf: [`ENVCTL_DEPENDENCY_${id}_MODE`],
      owner: dependency.id,
      managed: false,
      section: 'other',
    },
  ];
}

/** Kept from the original for any database; a plugin that declares them has the say. */
const databaseKeys: readonly ConfigKey[] = [
  database('DB_HOST', 'localhost', 'Host of the database.'),
  database('DB_USER', 'postgres', 'User of the database.'),
  { ...database('DB_PASSWORD', 'postgres', 'Password of the database.'), secret: true },
  database('DB_NAME', 'postgres', 'Name of the database.'),
];

function database(key: string, value: string, description: string): ConfigKey {
  return { key, type: 'string', default: value, description, owner: 'core', managed: false, section: 'other' };
}
