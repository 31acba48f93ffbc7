import { createKeyRegistry, type KeySources } from './registry.js';

/** A key as completion offers it: with the values it may have where they can be listed. */
export interface KeyNames {
  readonly key: string;
  readonly description: string;
  readonly values: readonly string[];
}

/** Every key that `config --set` takes. */
export function describeKeysForCompletion(sources: KeySources): readonly KeyNames[] {
  return createKeyRegistry(sources)
    .keys.filter((key) => key.environmentOnly !== true)
    .map(({ key, description, type, values }) => ({ key, description, values: values ?? (type === 'boolean' ? ['true', 'false'] : []) }));
}
