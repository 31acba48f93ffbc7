import { absentKeys } from './absent-keys.js';
import { constantCase } from './constant-case.js';
import type { Environment } from './discovery.js';
import type { ConfigText } from './grammar.js';
import type { KeyRegistry } from './registry.js';

export const servicesKey = 'ENVCTL_ADDITIONAL_SERVICES';

/** The services that every project may have. */
export const standardServices = ['backend', 'frontend'] as const;

/** Words with a meaning of their own on a command line, or among the parts of a project. */
const reserved: readonly string[] = [
  ...standardServices,
  ...['main', 'trees', 'shared', 'all', 'both', 'fullstack', 'service', 'services', 'dependency', 'dependencies', 'deps', 'entire-system', 'infra', 'infrastructure', 'ports'],
];

const namePattern = /^[a-z](?:-?[a-z0-9]){0,39}$/;

/** The names in a value of ENVCTL_ADDITIONAL_SERVICES, as written, each once. */
export function splitServiceNames(text: string): readonly string[] {
  return [...new Set(text.split(',').map((word) => word.trim()).filter((word) => word !== ''))];
}

/** Every service that the environment or the file lists: their keys are known, whichever list counts. */
export function listedServices(env: Environment, text: Pick<ConfigText, 'entries'>): readonly string[] {
  const fromFile = text.entries.filter(({ key }) => key === servicesKey).map(({ value }) => value);
  return usableServiceNames(splitServiceNames([env[servicesKey] ?? '', ...fromFile].join(',')));
}

/** The additional services that `keys` are of. */
export function additionalServices(keys: KeyRegistry['keys']): readonly string[] {
  const names = new Set(keys.flatMap(({ service }) => service?.name ?? []));
  return [...names].filter((name) => !standardServices.some((standard) => standard === name));
}

/** Those of `names` that can be services: the others are a problem of the value. */
export function usableServiceNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => namePattern.test(name) && !reserved.includes(name));
}

/** What a value of ENVCTL_ADDITIONAL_SERVICES must be, when `text` is not; undefined: it is fine. */
export function expectedServiceNames(text: string, { dependencies }: Pick<KeyRegistry, 'dependencies'>): string | undefined {
  const names = splitServiceNames(text);
  const expected = 'a comma list of names, each of lower-case letters, digits and single dashes, with a letter first, that nothing else has';
  const bySuffix = new Map<string, string>();
  for (const name of names) {
    if (!namePattern.test(name)) return `${expected}; ${JSON.stringify(name)} is none`;
    if (reserved.includes(name)) return `${expected}; ${name} has a meaning of its own`;
    if ([...dependencies.map(({ id }) => id), ...absentKeys.flatMap(({ dependency }) => dependency ?? [])].includes(name)) return `${expected}; ${name} is a dependency`;
    bySuffix.set(serviceSuffix(name), name);
  }
  // `api` and `api-main`: ENVCTL_SERVICE_API_MAIN_ENABLE would be of both.
  for (const [suffix, name] of bySuffix) {
    const other = bySuffix.get(suffix.replace(/_(?:MAIN|TREES)$/, '')) ?? name;
    if (other !== name) return `${expected}; a key of ${name} is a key of ${other}, too`;
  }
  return undefined;
}

/** The part of a service's keys that names it: `my-worker` → `MY_WORKER`. */
export function serviceSuffix(name: string): string {
  return constantCase(name);
}
