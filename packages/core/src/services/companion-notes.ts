import { serviceKey } from '../config/read-only.js';
import { quoteForShell } from '../processes/read-only.js';
import type { Companion } from './detection-rules.js';

/** What a project runs beside its application and is no service yet, with the one command that makes it services. */
export function companionNotes(companions: readonly Companion[], additional: readonly string[]): readonly string[] {
  const missing = companions.map((companion) => ({ ...companion, slug: toSlug(companion.name) })).filter(({ slug }) => !additional.includes(slug));
  if (missing.length === 0) return [];
  const settings = [
    `ENVCTL_ADDITIONAL_SERVICES=${[...additional, ...missing.map(({ slug }) => slug)].join(',')}`,
    ...missing.flatMap(({ slug, directory, startCommand }) => [`${serviceKey(slug, 'KIND')}=worker`, `${serviceKey(slug, 'DIR')}=${directory}`, `${serviceKey(slug, 'START_CMD')}=${startCommand}`]),
  ];
  const named = missing.map(({ name, text }) => `${name} (${text})`).join(', ');
  return [`${missing[0]!.file}: not started: ${named}. To have ${missing.length === 1 ? 'it' : 'them'} too: envctl config ${settings.map((setting) => `--set ${quoteForShell(setting)}`).join(' ')}`];
}

/** A name that an additional service may have. */
function toSlug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
}
