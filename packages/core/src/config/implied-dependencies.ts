import type { Mode } from '../contract/index.js';
import { findEnvSource } from './env-sources.js';
import { selectEnvLines } from './env-sections.js';
import { sourcesOf } from './env-template.js';
import type { ConfigFile } from './discovery.js';
import type { ConfigText } from './grammar.js';
import type { ConfigProblem, ModeProfile } from './model.js';
import type { KeyRegistry } from './registry.js';
import { serviceKey } from './service-keys.js';
import type { ServiceOptions } from './service-options.js';

export interface ImpliedProfile {
  readonly profile: ModeProfile;
  /** One note for each dependency that is on because a section refers to it. */
  readonly notes: readonly ConfigProblem[];
}

/**
 * Switches on what the sections for the services of `mode` refer to: the first dependency that offers the
 * source, unless a switch says no to it or another one that offers it is on. And what a service cannot do without.
 */
export function implyDependencies(profile: ModeProfile, mode: Mode, input: { readonly text: ConfigText; readonly file: ConfigFile; readonly registry: KeyRegistry; readonly services: readonly ServiceOptions[] }): ImpliedProfile {
  const { text, file, registry } = input;
  if (!profile.startupEnabled || file.source !== 'envctl') return { profile, notes: [] };
  const running = input.services.filter(({ enabled }) => enabled.enabled);
  const references = running
    .flatMap(({ slug }) => selectEnvLines(text, mode, slug))
    .flatMap((line) => sourcesOf(line.template).map((source) => ({ source, line })))
    .sort((a, b) => a.line.line - b.line.line);
  const dependencies = { ...profile.dependencies };
  const notes: ConfigProblem[] = [];
  const hintOff = (id: string): string => `${registry.dependencies.find((dependency) => dependency.id === id)?.enableKeys[mode][0] ?? ''}=false keeps it off.`;
  for (const { source, line } of references) {
    const offering = findEnvSource(source, registry)?.dependencies ?? [];
    if (offering.some((id) => dependencies[id]?.enabled === true)) continue;
    const implied = offering[0];
    if (implied === undefined || dependencies[implied]?.explicit !== false) continue;
    dependencies[implied] = { enabled: true, explicit: false };
    notes.push({
      kind: 'implied-dependency',
      severity: 'note',
      mode,
      origin: 'file',
      path: file.path,
      line: line.line,
      message: `${implied} runs in mode ${mode} because ${line.name} (${file.path}:${line.line}) refers to ${source}.`,
      hint: hintOff(implied),
    });
  }
  for (const { slug, name } of running.flatMap(({ slug, dependsOn }) => dependsOn.filter(({ optional }) => !optional).map(({ name }) => ({ slug, name })))) {
    if (dependencies[name] === undefined || dependencies[name].enabled || dependencies[name].explicit) continue;
    dependencies[name] = { enabled: true, explicit: false };
    notes.push({ kind: 'implied-dependency', severity: 'note', mode, message: `${name} runs in mode ${mode} because ${slug} needs it (${serviceKey(slug, 'DEPENDS_ON')}).`, hint: hintOff(name) });
  }
  return { profile: { ...profile, dependencies }, notes };
}
