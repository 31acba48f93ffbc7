import { EnvctlError } from '../contract/index.js';
import { isWritableValue } from './grammar.js';
import { findKnownKey } from './known-keys.js';
import type { ConfigKey } from './model.js';
import { nearest } from './nearest.js';
import type { KeyRegistry } from './registry.js';
import { adviseServiceKey } from './service-key-advice.js';

/** A change the user asked for. */
export interface Assignment {
  readonly key: string;
  readonly value: string;
}

/** Reads the words of `--set`. Throws ENVCTL_E_CONFIG_INVALID, `Invalid config assignment: …`. */
export function parseAssignments(words: readonly string[]): Assignment[] {
  return words.map((word) => {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/s.exec(word);
    if (match?.[1] === undefined) {
      // The word may hold a secret behind a slip: only what stands before the first = is shown.
      throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `Invalid config assignment: ${describeWord(word)}`, { hints: ['envctl config --set KEY=VALUE'] });
    }
    return { key: match[1], value: (match[2] ?? '').trim() };
  });
}

function describeWord(word: string): string {
  const name = word.split('=', 1)[0] ?? '';
  if (name.trim() !== '') return name;
  return word.includes('=') ? 'nothing stands before the =' : 'it is empty';
}

/**
 * The canonical keys that `assignments` change: an alias stands for its key, an older enable key for the
 * managed one of its modes. Throws ENVCTL_E_CONFIG_UNKNOWN_KEY for a key nobody knows and
 * ENVCTL_E_CONFIG_INVALID for one that cannot be written.
 */
export function resolveAssignments(assignments: readonly Assignment[], registry: KeyRegistry): Map<ConfigKey, string> {
  const changes = new Map<ConfigKey, string>();
  for (const { key: name, value } of assignments) {
    const key = registry.find(name);
    if (key === undefined) throw unknownKeyError(name, registry);
    if (key.environmentOnly === true) {
      throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `${key.key} is read from the environment only.`, { hints: [`export ${key.key}=<value>`] });
    }
    if (!isWritableValue(value)) {
      throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `The value of ${key.key} cannot be written on one line.`, { hints: ['Remove line breaks from the value.'], data: { key: key.key } });
    }
    for (const target of managedTargets(key, registry)) changes.set(target, value);
  }
  return changes;
}

function managedTargets(key: ConfigKey, registry: KeyRegistry): ConfigKey[] {
  const { enables } = key;
  if (enables === undefined || key.managed) return [key];
  return registry.keys.filter(
    (candidate) => candidate.managed && candidate.enables?.component === enables.component && candidate.enables.modes.every((mode) => enables.modes.includes(mode)),
  );
}

function unknownKeyError(name: string, registry: KeyRegistry): EnvctlError {
  const known = findKnownKey(name, registry);
  if (known?.kind === 'retired') {
    return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${name} is retired: ${known.reason}.`, { hints: [known.mend === 'Remove it.' ? 'envctl show-config lists the keys.' : known.mend], data: { key: name } });
  }
  if (known?.kind === 'absent-plugin') {
    return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${name} belongs to ${known.package ?? 'a plugin'}, which is not installed.`, {
      hints: [`envctl plugins install ${known.package ?? ''}`],
      data: { key: name, package: known.package },
    });
  }
  if (known !== undefined) {
    return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${name} is known but not supported by this version.`, { hints: ['envctl show-config'], data: { key: name } });
  }
  const advice = adviseServiceKey(name, registry);
  if (advice !== undefined) return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${name} ${advice.what}.`, { hints: [advice.hint], data: { key: name } });
  const near = nearest(name, registry.keys.flatMap((key) => [key.key, ...(key.aliases ?? [])]));
  return new EnvctlError('ENVCTL_E_CONFIG_UNKNOWN_KEY', `${name} is not a configuration key of envctl or an installed plugin.`, {
    hints: [near === undefined ? 'envctl show-config lists the keys.' : `Did you mean ${near}?`],
    data: { key: name, ...(near === undefined ? {} : { nearest: near }) },
  });
}
