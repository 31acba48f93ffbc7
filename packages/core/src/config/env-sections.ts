import type { Mode } from '../contract/index.js';
import { secretNameStrength } from '../events/read-only.js';
import { type EnvTemplate, parseTemplate, sourcesOf } from './env-template.js';
import type { ConfigText, TextSection } from './grammar.js';
import type { EnvSection } from './model.js';

/** Whom a section is for. */
export interface EnvTarget {
  /** `backend`, `frontend`, the slug of another service, or undefined for all of them. */
  readonly service?: string;
  /** Absent: both modes. */
  readonly mode?: Mode;
}

/** A variable of a section that counts for a service. */
export interface EnvLine {
  readonly name: string;
  readonly template: EnvTemplate;
  /** Title of its section: `backend launch env`. */
  readonly section: string;
  /** 1-based. */
  readonly line: number;
}

/** The forms a title may have, for people. */
export const sectionForms: readonly string[] = ['backend launch env', 'frontend launch env', 'main backend launch env', 'trees frontend launch env', 'service <slug> launch env', 'shared launch env'];

const title = /^(?:(?:(main|trees) )?(?:(backend|frontend|shared)|service ([a-z0-9][a-z0-9-]*)) launch env|dependency env)$/;

/** Whom `text` names, or undefined when it is no title of a section. */
export function parseSectionTitle(text: string): EnvTarget | undefined {
  const match = title.exec(text);
  if (match === null) return undefined;
  const [, mode, type, slug] = match;
  const service = type === 'shared' ? undefined : (type ?? slug);
  return { ...(mode === undefined ? {} : { mode: mode as Mode }), ...(service === undefined ? {} : { service }) };
}

/** Whether a section for `target` says anything about `service` in `mode`. */
export function concernsService(target: EnvTarget, mode: Mode, service: string): boolean {
  return (target.mode ?? mode) === mode && (target.service ?? service) === service;
}

/**
 * The variables of all sections for one service in one mode, each name once: a section for all services
 * counts least, then one for the service, then one for the service in this mode; among equals the later line.
 */
export function selectEnvLines(text: Pick<ConfigText, 'sections'>, mode: Mode, service: string): EnvLine[] {
  const counted = text.sections
    .flatMap((section) => {
      const target = parseSectionTitle(section.title);
      return target !== undefined && concernsService(target, mode, service) ? [{ section, weight: (target.service === undefined ? 0 : 2) + (target.mode === undefined ? 0 : 1) }] : [];
    })
    .sort((a, b) => a.weight - b.weight || a.section.line - b.section.line);
  const lines = new Map<string, EnvLine>();
  for (const line of counted.flatMap(({ section }) => toLines(section))) {
    lines.delete(line.name);
    lines.set(line.name, line);
  }
  return [...lines.values()];
}

/** Every section with a title that says whom it is for. */
export function listEnvSections(text: Pick<ConfigText, 'sections'>): EnvSection[] {
  return text.sections.flatMap((section) => {
    const target = parseSectionTitle(section.title);
    return target === undefined ? [] : [{ title: section.title, line: section.line, target, variables: toLines(section) }];
  });
}

/** Values that are written out under a name that says they are secret. */
export function literalSecrets(text: Pick<ConfigText, 'sections'>): string[] {
  return text.sections
    .flatMap(toLines)
    .filter(({ name, template }) => secretNameStrength(name) === 'strong' && sourcesOf(template).length === 0)
    .map(({ template }) => template.join(''));
}

function toLines(section: TextSection): EnvLine[] {
  return section.variables.flatMap(({ name, value, line }) => {
    const parsed = parseTemplate(value);
    return parsed.ok ? [{ name, template: parsed.template, section: section.title, line }] : [];
  });
}
