import { findKnownKey } from './known-keys.js';
import { nearest } from './nearest.js';
import { createKeyRegistry, type KeySources } from './registry.js';

/** What to do with `name=value` among the words of a command that does not take it: where a setting of that name belongs, or what comes nearest. */
export function adviseSetting(name: string, sources: KeySources): readonly string[] {
  const registry = createKeyRegistry(sources);
  const key = registry.find(name);
  if (key !== undefined) return [`a setting stands before the program, ${name}=… envctl …${key.environmentOnly === true ? '' : `, or in the file: envctl config --set ${name}=…`}`];
  const known = findKnownKey(name, registry);
  if (known?.kind === 'retired') return [`${name} is retired: ${known.reason}. ${known.mend}`];
  if (known?.kind === 'absent-plugin') return [`envctl plugins install ${known.package ?? ''}`];
  const near = nearest(name, registry.keys.map((one) => one.key));
  return [near === undefined ? 'envctl show-config   (lists the settings)' : `did you mean the setting ${near}: envctl config --set ${near}=…`];
}
