import { nearest } from './nearest.js';
import type { KeyRegistry } from './registry.js';
import { additionalServiceKeys } from './service-keys.js';
import { additionalServices, servicesKey, serviceSuffix, standardServices } from './service-names.js';

/** What is wrong with a name that looks like the key of a service and is none, and what to do about it. */
export interface ServiceKeyAdvice {
  readonly what: string;
  readonly hint: string;
}

/** Undefined for what does not look like the key of a service. */
export function adviseServiceKey(key: string, registry: Pick<KeyRegistry, 'keys'>): ServiceKeyAdvice | undefined {
  if (!key.startsWith('ENVCTL_SERVICE_')) return undefined;
  const additional = additionalServices(registry.keys);
  const known = [...standardServices, ...additional];
  const owner = known.filter((name) => key.startsWith(`ENVCTL_SERVICE_${serviceSuffix(name)}_`)).sort((left, right) => right.length - left.length)[0];
  if (owner !== undefined) return adviseOption(key, owner, registry);
  const option = optionNames().find((name) => key.endsWith(`_${name}`) && key.length > `ENVCTL_SERVICE__${name}`.length);
  if (option === undefined) return undefined;
  const name = key.slice('ENVCTL_SERVICE_'.length, -option.length - 1).toLowerCase().replaceAll('_', '-');
  return { what: `belongs to no service: ${servicesKey} lists ${additional.length === 0 ? 'none' : additional.join(', ')}`, hint: `envctl config --set ${servicesKey}=${[...additional, name].join(',')}` };
}

function adviseOption(key: string, owner: string, registry: Pick<KeyRegistry, 'keys'>): ServiceKeyAdvice {
  const prefix = `ENVCTL_SERVICE_${serviceSuffix(owner)}_`;
  const option = key.slice(prefix.length);
  const own = registry.keys.flatMap(({ service, key: name }) => (service?.name === owner ? [name] : []));
  const older = registry.keys.find(({ key: name }) => [`ENVCTL_${owner.toUpperCase()}_${option}`, `${owner.toUpperCase()}_${option}`].includes(name));
  const near = nearest(key, own);
  const hint = older !== undefined ? `For the ${owner} it is ${older.key}.` : near !== undefined ? `Did you mean ${near}?` : `Options of ${owner}: ${own.map((name) => name.slice(prefix.length)).join(', ')}`;
  return { what: `is no option of the service ${owner}`, hint };
}

function optionNames(): readonly string[] {
  return additionalServiceKeys('', '').flatMap(({ service }) => service?.option ?? []).sort((left, right) => right.length - left.length);
}
