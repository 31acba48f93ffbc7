import { absentKeys, corePackage } from './absent-keys.js';
import type { Mode } from '../contract/index.js';
import type { KeyRegistry } from './registry.js';
import { type RetiredKey, retiredKeys } from './retired-keys.js';

/** What is known about a key that this installation does not support. */
export type KnownKey = (RetiredKey & { readonly kind: 'retired' }) | AbsentKey;

export interface AbsentKey {
  readonly kind: 'absent-plugin' | 'not-supported-yet';
  /** The package that brings it, for `absent-plugin`. */
  readonly package?: string;
  /** The dependency it belongs to: its keys matter only when that dependency is switched on. */
  readonly dependency?: string;
  /** The value that asks for what happens anyway. */
  readonly harmless?: string;
  /** False for comfort settings: set or not, the same things run. */
  readonly decides: boolean;
}

/** What is known about `key`, which the registry does not have. */
export function findKnownKey(key: string, registry: KeyRegistry): KnownKey | undefined {
  const retired = retiredKeys.find((candidate) => candidate.key === key);
  if (retired !== undefined) return { ...retired, kind: 'retired' };
  const absent = absentKeys.find((candidate) => candidate.family.test(key));
  if (absent === undefined) return undefined;
  // The plugin is there, and has no such key.
  if (absent.dependency !== undefined && registry.dependencies.some((dependency) => dependency.id === absent.dependency)) {
    return { kind: 'not-supported-yet', decides: false };
  }
  const { dependency, harmless, decides } = absent;
  const facts = { decides, ...(dependency === undefined ? {} : { dependency }), ...(harmless === undefined ? {} : { harmless }) };
  return absent.package === corePackage ? { kind: 'not-supported-yet', ...facts } : { kind: 'absent-plugin', package: absent.package, ...facts };
}

/** True when `key` with a true value switches the dependency of `known` on. */
export function isEnableKey(key: string): boolean {
  return /^(MAIN|TREES)_[A-Z0-9]+_ENABLE$|^[A-Z0-9]+_MAIN_ENABLE$|^[A-Z0-9]+_ENABLE$/.test(key);
}

/** The modes that `key` is about by its name; both for one that is about neither alone. */
export function modesOfEnableKey(key: string): readonly Mode[] {
  if (/^MAIN_[A-Z0-9]+_ENABLE$|^[A-Z0-9]+_MAIN_ENABLE$/.test(key)) return ['main'];
  return /^TREES_[A-Z0-9]+_ENABLE$/.test(key) ? ['trees'] : allModes;
}

export const allModes: readonly Mode[] = ['main', 'trees'];
