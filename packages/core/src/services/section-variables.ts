import type { ProjectedVariable } from '../contract/index.js';
import { additionalSourceParts, type EnvLine, serviceSuffix, sourcesOf } from '../config/read-only.js';
import type { EnvironmentAudience } from './service-environment.js';

/** Source name (`ENVCTL_SOURCE_…`) → whether it carries a credential, and for a service that starts its value. */
export type EnvSources<S extends { readonly secret: boolean } = ProjectedVariable> = Readonly<Record<string, S>>;

export interface SkippedLine {
  readonly name: string;
  readonly section: string;
  readonly line: number;
  readonly reason: string;
}

/** Which of `lines` a service gets, and why it does not get the others. Values are not looked at. */
export function sortEnvLines(lines: readonly EnvLine[], sources: EnvSources<{ readonly secret: boolean }>, audience: EnvironmentAudience): { readonly given: readonly EnvLine[]; readonly skipped: readonly SkippedLine[] } {
  const given: EnvLine[] = [];
  const skipped: SkippedLine[] = [];
  for (const line of lines) {
    const names = sourcesOf(line.template);
    const missing = names.filter((name) => sources[name] === undefined);
    const closed = audience === 'frontend' ? names.filter((name) => sources[name]?.secret === true) : [];
    const reason = closed.length > 0 ? `${closed.join(', ')} is for a backend only` : `${missing.join(', ')} is not available`;
    if (missing.length + closed.length === 0) given.push(line);
    else skipped.push({ name: line.name, section: line.section, line: line.line, reason });
  }
  return { given, skipped };
}

/** The variables of the launch env sections for one service, filled in. */
export function fillEnvLines(lines: readonly EnvLine[], sources: EnvSources, audience: EnvironmentAudience): Record<string, string> {
  return Object.fromEntries(
    sortEnvLines(lines, sources, audience).given.map(({ name, template }) => [name, template.map((part) => (typeof part === 'string' ? part : (sources[part.source]?.value ?? ''))).join('')]),
  );
}

/** What dependencies project, as sources. */
export function toEnvSources<S extends { readonly secret: boolean }>(variables: Readonly<Record<string, S>>): EnvSources<S> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`ENVCTL_SOURCE_${name}`, variable]));
}

/** Where a service is. */
export interface ServiceAddress {
  readonly type: string;
  readonly host: string;
  readonly port: number;
  /** What people are shown; null: the URL of host and port. */
  readonly publicUrl: string | null;
  readonly healthUrl: string | null;
}

/** Names of what a service's address offers, as {@link addressVariables} gives them. */
export function addressSources(type: string): readonly string[] {
  return isStandard(type) ? ['URL', 'HOST', 'PORT'].map((part) => `${type.toUpperCase()}_${part}`) : additionalSourceParts.map((part) => `SERVICE_${serviceSuffix(type)}_${part}`);
}

/** What the address of a service offers to the launch env sections of all. */
export function addressVariables({ type, host, port, publicUrl, healthUrl }: ServiceAddress): Readonly<Record<string, ProjectedVariable>> {
  const url = `http://${host}:${port}`;
  const shown = publicUrl ?? url;
  const common = { URL: url, HOST: host, PORT: String(port) };
  const parts = isStandard(type) ? common : { ...common, PUBLIC_URL: shown, PUBLIC_WS_URL: shown.replace(/^http/, 'ws'), HEALTH_URL: healthUrl ?? url };
  const prefix = isStandard(type) ? type.toUpperCase() : `SERVICE_${serviceSuffix(type)}`;
  return Object.fromEntries(Object.entries(parts).map(([part, value]) => [`${prefix}_${part}`, { value, secret: false }]));
}

function isStandard(type: string): boolean {
  return type === 'backend' || type === 'frontend';
}
