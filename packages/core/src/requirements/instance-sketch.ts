/* The little of an instance's record that a plan looks at, without a schema library. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigModel } from '../config/read-only.js';

export interface InstanceSketch {
  readonly holders: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  /** What {@link digestSettings} gave when it was last brought up. */
  readonly settings: string;
}

/** Undefined when there is no record, it is damaged, or it does not say with which settings it was brought up. */
export async function readInstanceSketch(scopeDirectory: string, id: string): Promise<InstanceSketch | undefined> {
  try {
    const { holders, ports, settings } = JSON.parse(readFileSync(join(scopeDirectory, 'instances', `${id}.json`), 'utf8')) as Partial<InstanceSketch>;
    return Array.isArray(holders) && typeof ports === 'object' && typeof settings === 'string' ? { holders, ports, settings } : undefined;
  } catch {
    return undefined;
  }
}

/** Of everything the packages are told by the user, secrets and switches left out: what it decides is which server a project uses. */
export function digestSettings({ keys, values }: Pick<ConfigModel, 'keys' | 'values'>): string {
  const told = keys.flatMap(({ key, owner, secret, enables }) => {
    const value = values.get(key);
    return owner === 'core' || secret === true || enables !== undefined || value === undefined || value.origin === 'default' ? [] : [[key, value.value]];
  });
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 16);
}
