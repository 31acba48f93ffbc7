import type { KeyRegistry } from './registry.js';
import { additionalServices, serviceSuffix } from './service-names.js';

/** Something that `${ENVCTL_SOURCE_…}` can stand for. */
export interface EnvSource {
  readonly name: string;
  /** True when it may carry a credential: it never reaches a frontend. */
  readonly backendOnly: boolean;
  /** Installed dependencies that project it, in their order; empty for a service's address. */
  readonly dependencies: readonly string[];
  /** The package that brings it, when no installed dependency does. */
  readonly absentPackage?: string;
}

/** What `name` stands for, or undefined when nothing is known of it. */
export function findEnvSource(name: string, registry: Pick<KeyRegistry, 'dependencies' | 'keys'>): EnvSource | undefined {
  const variable = name.replace(/^ENVCTL_SOURCE_/, '');
  const offers = registry.dependencies.flatMap(({ id, variables }) => (variables ?? []).filter((candidate) => candidate.name === variable).map(({ secret }) => ({ id, secret })));
  const absent = absentSources.find((entry) => entry.open.includes(variable) || entry.backendOnly.includes(variable));
  if (offers.length > 0) return { name, backendOnly: offers.some(({ secret }) => secret === true), dependencies: offers.map(({ id }) => id) };
  if (serviceSources.has(variable) || additionalSources(registry).includes(variable)) return { name, backendOnly: false, dependencies: [] };
  return absent === undefined ? undefined : { name, backendOnly: absent.backendOnly.includes(variable), dependencies: [], absentPackage: absent.package };
}

/** Every source that an installed dependency or a service offers. */
export function envSourceNames(registry: Pick<KeyRegistry, 'dependencies' | 'keys'>): string[] {
  return [...serviceSources, ...additionalSources(registry), ...registry.dependencies.flatMap(({ variables }) => (variables ?? []).map(({ name }) => name))].map((name) => `ENVCTL_SOURCE_${name}`);
}

const serviceSources: ReadonlySet<string> = new Set(['BACKEND', 'FRONTEND'].flatMap((service) => ['URL', 'HOST', 'PORT'].map((part) => `${service}_${part}`)));

/** Parts of the address of an additional service, `SERVICE_<SUFFIX>_<part>`. */
export const additionalSourceParts = ['HOST', 'PORT', 'URL', 'PUBLIC_URL', 'PUBLIC_WS_URL', 'HEALTH_URL'] as const;

function additionalSources({ keys }: Pick<KeyRegistry, 'keys'>): readonly string[] {
  return additionalServices(keys).flatMap((name) => additionalSourceParts.map((part) => `SERVICE_${serviceSuffix(name)}_${part}`));
}

/** What the dependencies of the original offer, for where their package is not installed. */
const absentSources: readonly { readonly package: string; readonly open: readonly string[]; readonly backendOnly: readonly string[] }[] = [
  { package: '@envctl/plugin-postgres', open: ['DB_HOST', 'DB_PORT', 'DB_USER', 'DB_NAME'], backendOnly: ['DATABASE_URL', 'SQLALCHEMY_DATABASE_URL', 'ASYNC_DATABASE_URL', 'DB_PASSWORD'] },
  { package: '@envctl/plugin-redis', open: ['REDIS_PORT'], backendOnly: ['REDIS_URL'] },
  { package: '@envctl/plugin-supabase', open: ['SUPABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_JWKS_URL'], backendOnly: ['SUPABASE_SERVICE_ROLE_KEY', 'SUPABASE_JWT_SECRET'] },
  { package: '@envctl/plugin-n8n', open: ['N8N_URL', 'N8N_PORT'], backendOnly: [] },
];
