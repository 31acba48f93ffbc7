import { blockBegin, blockEnd, quoteWhereNeeded } from './grammar.js';
import type { ConfigKey, ConfigSection } from './model.js';

/** What the block has to say. */
export interface BlockContent {
  readonly keys: readonly ConfigKey[];
  /** Wanted value of every managed key. */
  readonly wanted: ReadonlyMap<string, string>;
  /** Value of every managed key if the block were empty: by the user's own lines, else the default. */
  readonly outside: ReadonlyMap<string, string>;
  /** Components (backend, frontend, dependency ids) enabled in any mode. */
  readonly enabled: ReadonlySet<string>;
  /** Keys the user named now or before: written even while their component is off. */
  readonly named: ReadonlySet<string>;
  /** Lines of the block that are not managed keys, verbatim. */
  readonly rest: readonly string[];
}

const sections: readonly ConfigSection[] = ['mode', 'directories', 'ports', 'main', 'trees'];

/**
 * The lines of the managed block with its markers. ENVCTL_DEFAULT_MODE always; another managed key only
 * where it differs from what holds without it, and only when its component is enabled in some mode or the
 * user named the key; PORT_SPACING only beside another port or when named.
 */
export function renderManagedBlock(content: BlockContent): string[] {
  const written = content.keys.filter((key) => isWritten(key, content));
  const groups = sections
    .map((section) => written.filter((key) => key.section === section))
    .map((keys, index) => (sections[index] === 'ports' ? withoutLonelySpacing(keys, content) : keys))
    .map((keys) => keys.map((key) => `${key.key}=${quoteWhereNeeded(content.wanted.get(key.key) ?? '')}`));
  const blocks = [...groups, content.rest].filter((lines) => lines.length > 0);
  return [blockBegin, ...blocks.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])), blockEnd];
}

function isWritten(key: ConfigKey, { wanted, outside, enabled, named }: BlockContent): boolean {
  if (!key.managed) return false;
  if (key.section === 'mode') return true;
  if (wanted.get(key.key) === outside.get(key.key)) return false;
  const overrides = outside.get(key.key) !== key.default;
  return key.components?.some((component) => enabled.has(component)) !== false || named.has(key.key) || overrides;
}

function withoutLonelySpacing(keys: readonly ConfigKey[], { named }: BlockContent): readonly ConfigKey[] {
  const only = keys.length === 1 ? keys[0] : undefined;
  return only?.key === 'PORT_SPACING' && !named.has(only.key) ? [] : keys;
}
