/** The flags that say how much of a project a start means: kinds of its parts instead of names. */
import { EnvctlError } from '../contract/index.js';
import type { Route } from '../routing/index.js';

export interface StartScope {
  /** Types of services; empty: those that are named, or all. */
  readonly services: readonly string[];
  /** Only what is named: neither the services that it needs, nor dependencies that do not run already. */
  readonly alone: boolean;
  /** Dependencies, and no service. */
  readonly dependenciesOnly: boolean;
}

const scopeFlags = ['backend', 'frontend', 'fullstack', 'dependencies', 'entire-system', 'only-backend', 'only-frontend', 'no-deps'] as const;

/** Throws ENVCTL_E_ARGV_INVALID for flags that contradict each other. */
export function readStartScope({ flags, services }: Pick<Route, 'flags' | 'services'>): StartScope {
  const given = scopeFlags.filter((name) => flags[name] === true);
  const has = (name: (typeof scopeFlags)[number]): boolean => given.includes(name);
  const only = given.filter((name) => name.startsWith('only-'));
  const narrow = given.filter((name) => name !== 'no-deps');
  if (has('entire-system') && given.length > 1) throw conflict(given, '--entire-system is everything');
  if (only.length > 0 && (narrow.length > 1 || services.length > 0)) throw conflict([...given, ...(services.length > 0 ? ['service'] : [])], `--${only[0]!} is that service alone`);
  if (has('dependencies') && has('no-deps')) throw conflict(given, 'one asks for what the other leaves out');
  const named = [...(has('backend') || has('fullstack') || has('only-backend') ? ['backend'] : []), ...(has('frontend') || has('fullstack') || has('only-frontend') ? ['frontend'] : [])];
  return { services: named, alone: only.length > 0 || has('no-deps'), dependenciesOnly: has('dependencies') && named.length === 0 && services.length === 0 };
}

function conflict(given: readonly string[], why: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_ARGV_INVALID', `${given.map((name) => `--${name}`).join(' and ')} contradict each other: ${why}.`, { hints: ['envctl start --help'] });
}
