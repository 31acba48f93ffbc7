import path from 'node:path';
import { EnvctlError } from '../contract/index.js';
import type { ConfigKey, ConfigProblem, ConfigValue } from './model.js';

export type Parsed = { readonly ok: true; readonly value: string | number | boolean } | { readonly ok: false; readonly expected: string };

export interface PathBase {
  readonly repositoryRoot: string;
  readonly home: string;
}

/** Reads `text` as the type of `key`. Never falls back: what does not parse says what was expected. */
export function parseValue(key: Pick<ConfigKey, 'type' | 'values' | 'min' | 'max'>, text: string, base: PathBase): Parsed {
  switch (key.type) {
    case 'boolean':
      return parseBoolean(text);
    case 'integer':
      return parseInteger(text, key.min, key.max);
    case 'enum': {
      const value = key.values?.find((candidate) => candidate === text.toLowerCase());
      return value === undefined ? { ok: false, expected: `one of ${(key.values ?? []).join(', ')}` } : { ok: true, value };
    }
    case 'path':
      if (/[\0]/.test(text) || text === '') return { ok: false, expected: 'a path' };
      if (text.startsWith('$')) return { ok: false, expected: 'a path; variables are not expanded' };
      return { ok: true, value: resolvePath(text, base) };
    case 'string':
      return { ok: true, value: text };
  }
}

/** `~` expanded, relative resolved against the repository root. */
export function resolvePath(text: string, base: PathBase): string {
  if (text === '~') return base.home;
  if (text.startsWith('~/')) return path.join(base.home, text.slice(2));
  return path.resolve(base.repositoryRoot, text);
}

/** Where a value was set, for people: `/repo/.envctl:3`, `environment`, or `given` to be saved. */
export function describeOrigin(value: Pick<ConfigValue, 'origin' | 'path' | 'line'>): string {
  if (value.origin === 'env') return 'environment';
  if (value.origin === 'default') return 'default';
  return value.line === undefined ? 'given' : `${value.path ?? '.envctl'}:${value.line}`;
}

/** The problem of a value that does not parse. */
export function invalidValueProblem(key: ConfigKey, value: ConfigValue, expected: string): ConfigProblem {
  const shown = key.secret === true ? '(hidden)' : JSON.stringify(value.value);
  const comment = value.origin === 'file' && /\s#/.test(value.value) ? ' A comment needs a line of its own.' : '';
  return {
    kind: 'invalid-value',
    severity: 'error',
    key: key.key,
    origin: value.origin,
    ...(value.path === undefined ? {} : { path: value.path }),
    ...(value.line === undefined ? {} : { line: value.line }),
    message: `${value.setAs}=${shown} (${describeOrigin(value)}) is not valid: expected ${expected}.${comment}`,
    hint: mend(key, value),
  };
}

/** The problem of a value that was given to be saved and does not parse. */
export function invalidAssignmentProblem(key: ConfigKey, given: { readonly name: string; readonly value: string }, expected: string): ConfigProblem {
  return {
    kind: 'invalid-value',
    severity: 'error',
    key: key.key,
    message: `The given ${given.name}=${key.secret === true ? '(hidden)' : JSON.stringify(given.value)} is not valid: expected ${expected}.`,
    hint: `envctl config --set ${given.name}=${key.default ?? key.values?.[0] ?? '<value>'}`,
  };
}

export function invalidValueError(problem: ConfigProblem): EnvctlError {
  return new EnvctlError('ENVCTL_E_CONFIG_INVALID', problem.message, {
    hints: [problem.hint],
    data: { key: problem.key, origin: problem.origin, path: problem.path, line: problem.line },
  });
}

/** What to do about a value that is refused. */
export function mend(key: ConfigKey, value: ConfigValue): string {
  const example = key.default ?? key.values?.[0];
  if (value.origin === 'env') return `unset ${value.setAs}`;
  if (key.environmentOnly === true) return `export ${key.key}=${example ?? '<value>'}`;
  if (value.line === undefined) return `envctl config --set ${key.key}=${example ?? '<value>'}`;
  return `Change line ${value.line} of ${value.path ?? '.envctl'}, ${example === undefined ? 'or remove it' : `for example to ${value.setAs}=${example}`}`;
}

function parseBoolean(text: string): Parsed {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return { ok: true, value: true };
  if (['0', 'false', 'no', 'off'].includes(word)) return { ok: true, value: false };
  return { ok: false, expected: 'true or false' };
}

function parseInteger(text: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Parsed {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return { ok: true, value };
  const bounded = min !== Number.MIN_SAFE_INTEGER && max !== Number.MAX_SAFE_INTEGER;
  return { ok: false, expected: bounded ? `a whole number from ${min} to ${max}` : 'a whole number' };
}
