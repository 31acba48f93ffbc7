import { findEnvSource, envSourceNames } from './env-sources.js';
import { parseSectionTitle, sectionForms, type EnvTarget } from './env-sections.js';
import { parseTemplate, sourcesOf } from './env-template.js';
import type { ConfigText, TextSection } from './grammar.js';
import type { ConfigProblem } from './model.js';
import { nearest } from './nearest.js';
import type { KeyRegistry } from './registry.js';
import { additionalServices, standardServices } from './service-names.js';

interface Place {
  readonly path: string;
  readonly registry: KeyRegistry;
}

/** What is wrong with the launch env sections of a file, with the line of each. */
export function envProblems(text: ConfigText, path: string, registry: KeyRegistry): ConfigProblem[] {
  const broken = text.brokenSections.map(({ line, title, reason }) =>
    problem('damaged-section', path, line, `The section "${title}" (${path}:${line}) ${reason}.`, `Write # >>> envctl ${title} >>> before its lines and # <<< envctl ${title} <<< behind them, outside the managed block.`),
  );
  return [...broken, ...text.sections.flatMap((section) => sectionProblems(section, { path, registry }))];
}

function sectionProblems(section: TextSection, place: Place): ConfigProblem[] {
  const { path } = place;
  const target = parseSectionTitle(section.title);
  if (target === undefined) {
    const near = nearest(section.title, sectionForms);
    return [problem('unknown-section', path, section.line, `"${section.title}" (${path}:${section.line}) is no section envctl knows.`, near === undefined ? `A section is one of: ${sectionForms.join(', ')}.` : `Did you mean # >>> envctl ${near} >>>?`)];
  }
  const services = [...standardServices, ...additionalServices(place.registry.keys)];
  const known = target.service === undefined || services.includes(target.service);
  const found = [
    ...(known ? [] : [problem('unknown-service', path, section.line, `The section "${section.title}" (${path}:${section.line}) is for a service that is not configured; nothing gets its variables.`, `Sections of services that run are for ${services.join(', ')}.`, 'warning')]),
    ...section.malformed.map(({ line }) => problem('malformed-line', path, line, `Line ${line} of ${path} is not NAME=value.`, `Write line ${line} as NAME=value, or put # in front of it. Nothing in the file is executed.`)),
    ...repeated(section, path),
    ...section.variables.flatMap((variable) => variableProblems(variable, section, target, place)),
  ];
  const { mode } = target;
  return mode === undefined ? found : found.map((entry) => ({ ...entry, mode }));
}

function variableProblems({ name, value, line }: TextSection['variables'][number], section: TextSection, target: EnvTarget, { path, registry }: Place): ConfigProblem[] {
  const where = `${path}:${line}, section "${section.title}"`;
  if (name === 'PORT' || name.startsWith('ENVCTL_')) {
    return [problem('reserved-variable', path, line, `${name} (${where}) is set by envctl.`, name === 'PORT' ? 'BACKEND_PORT_BASE and FRONTEND_PORT_BASE choose ports.' : `Remove line ${line} of ${path}.`)];
  }
  const parsed = parseTemplate(value);
  if (!parsed.ok) {
    return [problem('invalid-template', path, line, `${name} (${where}) has ${parsed.expression}: only \${ENVCTL_SOURCE_…} is replaced here.`, `A value is plain text and sources, for example ${name}=\${ENVCTL_SOURCE_BACKEND_URL}`)];
  }
  return sourcesOf(parsed.template).flatMap((sourceName): ConfigProblem[] => {
    const source = findEnvSource(sourceName, registry);
    if (source === undefined) {
      const near = nearest(sourceName, envSourceNames(registry));
      return [problem('unknown-source', path, line, `${name} (${where}) refers to ${sourceName}, which nothing offers.`, near === undefined ? `Sources: ${envSourceNames(registry).join(', ')}` : `Did you mean \${${near}}?`)];
    }
    if (source.backendOnly && target.service === 'frontend') {
      return [problem('backend-only-source', path, line, `${name} (${where}) refers to ${sourceName}, which is for a backend only: what a frontend has, every browser gets.`, `Remove line ${line} of ${path}, or move it to a section "backend launch env".`)];
    }
    if (source.absentPackage === undefined) return [];
    return [problem('absent-plugin', path, line, `${name} (${where}) refers to ${sourceName} of ${source.absentPackage}, which is not installed; no service gets it.`, `envctl plugins install ${source.absentPackage}`, 'warning')];
  });
}

function repeated(section: TextSection, path: string): ConfigProblem[] {
  return section.variables
    .filter(({ name }, index) => section.variables.findIndex((other) => other.name === name) < index)
    .map(({ name, line }) => problem('duplicate-key', path, line, `${name} is set more than once in the section "${section.title}" of ${path}; line ${line} counts over those before it.`, 'Leave one of them.', 'warning'));
}

function problem(kind: ConfigProblem['kind'], path: string, line: number, message: string, hint: string, severity: ConfigProblem['severity'] = 'error'): ConfigProblem {
  return { kind, severity, origin: 'file', path, line, message, hint };
}
