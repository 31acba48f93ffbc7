import { splitShellWords } from '../processes/read-only.js';
import { absentKeys } from './absent-keys.js';
import { scopeIdPattern } from './locations.js';
import type { ConfigKey } from './model.js';
import type { KeyRegistry } from './registry.js';
import { expectedServiceNames } from './service-names.js';
import { expectedOfOption } from './service-values.js';

/** What a value of `key` that has its type must be besides, when `text` is not; undefined: it is fine. */
export function expectedBeyondType(key: ConfigKey, text: string, registry: Pick<KeyRegistry, 'dependencies'>): string | undefined {
  if (key.section === 'directories' && text === '') return 'a directory';
  if (key.section === 'directories') return expectedOfOption('DIR', text);
  if (key.service !== undefined) return expectedOfOption(key.service.option, text);
  switch (key.key) {
    case 'ENVCTL_BACKEND_HEALTH_URL':
    case 'ENVCTL_FRONTEND_HEALTH_URL':
      return text === '' ? undefined : expectedOfOption('HEALTH_URL', text);
    case 'ENVCTL_BACKEND_READY_TIMEOUT':
    case 'ENVCTL_FRONTEND_READY_TIMEOUT':
    case 'ENVCTL_SERVICE_LISTENER_TIMEOUT':
      return text === '' ? undefined : expectedOfOption('READY_TIMEOUT', text);
    case 'ENVCTL_RUNTIME_SCOPE_ID':
      return scopeIdPattern.test(text) ? undefined : 'letters, digits, dots, dashes and underscores, at most 64';
    case 'ENVCTL_PUBLIC_HOST':
      return /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(text) ? undefined : 'the name or address of a host, without scheme, port and path';
    case 'ENVCTL_ADDITIONAL_SERVICES':
      return expectedServiceNames(text, registry);
    case 'ENVCTL_EXTERNAL_DEPENDENCIES':
      return expectedIds(text, registry);
    default:
      return undefined;
  }
}

/** What a command must be that a start runs without a shell, when `text` is not. In a file only the start that runs it refuses one. */
export function expectedOfCommand({ key }: Pick<ConfigKey, 'key'>, text: string): string | undefined {
  if (!/_(START|READY|MIGRATE|SEED)_CMD$|^ENVCTL_REQUIREMENT_.*_CMD$/.test(key)) return undefined;
  const split = splitShellWords(text);
  if (split.ok) return undefined;
  switch (split.reason) {
    case 'unterminated-quote':
      return 'a command whose quotes are closed';
    case 'shell-syntax':
      return "a command that needs no shell, or sh -c '<command>'";
    case 'empty':
      return 'a command that names a program';
  }
}

/** A misspelt id would start a server where there was to be none. Ids of the original count although their plugin is not there. */
function expectedIds(text: string, { dependencies }: Pick<KeyRegistry, 'dependencies'>): string | undefined {
  const ids = [...new Set([...dependencies.map(({ id }) => id), ...absentKeys.flatMap(({ dependency }) => dependency ?? [])])];
  const unknown = text.split(',').map((word) => word.trim().toLowerCase()).filter((word) => word !== '' && !ids.includes(word));
  return unknown.length === 0 ? undefined : `a comma list of dependencies (${ids.join(', ')})`;
}
