import type { DependencyDeclaration } from '../contract/index.js';
import { type EnvLine, sourcesOf } from '../config/read-only.js';
import { callerCredentials, addressSources, declaredSecretNames, ownVariableNames, sortEnvLines, toEnvSources, type EnvironmentAudience, type EnvSources, type ServiceCommand, type ServiceDetection, type SkippedLine } from '../services/read-only.js';

/** Names of the variables a service gets beside the caller's own, by where they come from. Never a value. */
export interface PlannedEnvironment {
  /** Whose rules hold: a backend may have credentials. */
  readonly audience: EnvironmentAudience;
  /**
   * Of each dependency the service waits for, what its manifest declares and the service may have. A backend
   * waits for all of them, a frontend for those that its sections refer to.
   */
  readonly dependencies: readonly { readonly id: string; readonly names: readonly string[] }[];
  /** Of the launch env sections of `.envctl`; they win over everything but envctl's own. */
  readonly sections: readonly { readonly name: string; readonly section: string; readonly line: number; readonly sources: readonly string[] }[];
  /** Lines of the sections that do not count, and why. */
  readonly skipped: readonly SkippedLine[];
  /** Variables of the project's dependencies, and of the caller, that a frontend does not get. */
  readonly withheld: readonly string[];
  /** Set by envctl itself. */
  readonly own: readonly string[];
}

export interface EnvironmentInputs {
  readonly service: string;
  readonly audience: EnvironmentAudience;
  readonly lines: readonly EnvLine[];
  /** The dependencies of the project, in order. */
  readonly dependencies: readonly Pick<DependencyDeclaration, 'id' | 'variables'>[];
  /** All that are installed: a frontend gets the caller's value of none of their secrets. */
  readonly installed: readonly Pick<DependencyDeclaration, 'variables'>[];
  /** The environment envctl was called with. */
  readonly callerEnv: Readonly<Record<string, string | undefined>>;
  /** Services of the project that have an address, by type. */
  readonly addressed: readonly string[];
  /** False: it gets no PORT; default true. */
  readonly hasPort?: boolean;
}

export function planEnvironment({ service, audience, lines, dependencies, installed, callerEnv, addressed, hasPort = true }: EnvironmentInputs): PlannedEnvironment {
  const declared = dependencies.map(({ id, variables = [] }) => ({ id, variables }));
  const all = declared.flatMap(({ variables }) => variables);
  const { given, skipped } = lines.length === 0 ? { given: [], skipped: [] } : sortEnvLines(lines, sourcesFor(all, addressed), audience);
  const sections = given.map(({ name, section, line, template }) => ({ name, section, line, sources: sourcesOf(template) }));
  const referred = new Set(sections.flatMap(({ sources }) => sources));
  const secret = audience === 'frontend' ? declaredSecretNames(dependencies) : [];
  const fromCaller = audience === 'frontend' ? callerCredentials(callerEnv, declaredSecretNames(installed)) : [];
  const withheld = [...new Set([...secret, ...fromCaller])].filter((name) => !sections.some((line) => line.name === name));
  return {
    audience,
    dependencies: declared
      .filter(({ variables }) => audience === 'backend' || variables.some(({ name }) => referred.has(`ENVCTL_SOURCE_${name}`)))
      .map(({ id, variables }) => ({ id, names: variables.map(({ name }) => name).filter((name) => !secret.includes(name)) })),
    sections,
    skipped,
    withheld,
    own: ownVariableNames(service, addressed, hasPort),
  };
}

function sourcesFor(variables: readonly { readonly name: string; readonly secret?: boolean }[], addressed: readonly string[]): EnvSources<{ readonly secret: boolean }> {
  const projected = variables.map(({ name, secret }) => [name, { secret: secret === true }] as const);
  const addresses = addressed.flatMap((type) => addressSources(type).map((name) => [name, { secret: false }] as const));
  return toEnvSources(Object.fromEntries([...projected, ...addresses]));
}

/** A frontend with code of its own on the server is its own backend where the project has no other. */
export function audienceOf(service: string, command: ServiceCommand, detection: Pick<ServiceDetection, 'backend'>): EnvironmentAudience {
  if (service !== 'frontend') return 'backend';
  return command.serverCode === true && detection.backend === undefined ? 'backend' : 'frontend';
}
