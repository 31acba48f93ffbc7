import type * as documents from './documents-schema.js';
import { createKeyRegistry, type KeySources } from './registry.js';

/** A key as the generated reference lists it. */
export interface ConfigKeyDescription {
  readonly key: string;
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
  return createKeyRegistry(sources).keys.map((key) => ({
    key: key.key,
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

/** JSON Schemas of the documents of this room, by name. */
export async function describeConfigSchemas(): Promise<Readonly<Record<string, unknown>>> {
  const { toJsonSchemas } = await import('./payload-schema.js');
  return toJsonSchemas();
}

/** Bodies of the documents that `config` and `show-config` print; zod is loaded only when they are asked for. */
export function loadConfigDocuments(): Promise<typeof documents> {
  return import('./documents-schema.js');
}
