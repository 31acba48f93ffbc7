import { absentKeys } from './absent-keys.js';
import type * as documents from './documents-schema.js';
import { createKeyRegistry, type KeySources } from './registry.js';
import { describeRenamed } from './renamed-keys.js';
import { retiredKeys } from './retired-keys.js';
import { additionalServiceKeys } from './service-keys.js';

/** A key as the generated reference lists it. */
export interface ConfigKeyDescription {
  readonly key: string;
  readonly status: 'kept';
  readonly type: string;
  readonly values?: readonly string[];
  readonly default: string | null;
  readonly aliases: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly managed: boolean;
  readonly secret: boolean;
  readonly environment_only: boolean;
  readonly owner: string;
  readonly description: string;
}

/** Every key of this installation, in the order of the registry. Source of `contracts/` and the reference. */
export function describeConfigKeys(sources: KeySources = {}): ConfigKeyDescription[] {
  return [...createKeyRegistry(sources).keys, ...additionalServiceKeys('the service', '<SUFFIX>')].map((key) => ({
    key: key.key,
    status: 'kept',
    type: key.type,
    ...(key.values === undefined ? {} : { values: key.values }),
    default: key.default ?? null,
    aliases: key.aliases ?? [],
    ...(key.min === undefined ? {} : { min: key.min }),
    ...(key.max === undefined ? {} : { max: key.max }),
    managed: key.managed,
    secret: key.secret === true,
    environment_only: key.environmentOnly === true,
    owner: key.owner,
    description: key.description,
  }));
}

/** A name that is not a key of this installation, or only another name of one. */
export type OtherNameDescription =
  /** Still read, as `replaced_by`; show-config says so. */
  | { readonly key: string; readonly status: 'renamed'; readonly replaced_by: string; readonly reason: string; readonly mend: string; readonly owner: string }
  /** Refused in the file, with reason and mend. */
  | { readonly key: string; readonly status: 'retired'; readonly reason: string; readonly mend: string }
  /** Kept in the file, and named; `package` brings it. */
  | { readonly key: string; readonly status: 'absent'; readonly package: string; readonly reason: string; readonly mend: string };

/** Every other name that has a meaning: aliases, retired knobs, keys of packages that are not there. */
export function describeOtherNames(sources: KeySources = {}): OtherNameDescription[] {
  const registry = createKeyRegistry(sources);
  const isLive = (name: string): boolean => registry.find(name) !== undefined;
  return [
    ...registry.keys.flatMap((key) => (key.aliases ?? []).filter((alias) => registry.find(alias) === key).map((alias) => ({ key: alias, status: 'renamed' as const, replaced_by: key.key, ...describeRenamed(alias, key.key), owner: key.owner }))),
    ...retiredKeys.filter(({ key }) => !isLive(key)).map(({ key, reason, mend }) => ({ key, status: 'retired' as const, reason, mend })),
    ...absentKeys.flatMap((entry) => entry.keys.filter((key) => !isLive(key)).map((key) => ({ key, status: 'absent' as const, package: entry.package, reason: `comes with ${entry.package}`, mend: `envctl plugins install ${entry.package}` }))),
  ];
}

/** JSON Schemas of the documents of this room, by name. */
export async function describeConfigSchemas(): Promise<Readonly<Record<string, unknown>>> {
  const { toJsonSchemas } = await import('./payload-schema.js');
  return toJsonSchemas();
}

/** Bodies of the documents that `config` and `show-config` print; zod is loaded only when they are asked for. */
export function loadConfigDocuments(): Promise<typeof documents> {
  return import('./documents-schema.js');
}
