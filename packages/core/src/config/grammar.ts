/**
 * The line grammar of `.envctl` and of the legacy files, which are parsed and never executed. Lines:
 * blank, `#` comment, or `[export ]KEY=VALUE` with one pair of outer quotes removed. No expansion, no
 * continuation, no comment behind a value.
 */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
  /** True inside the managed block. */
  readonly managed: boolean;
}

export interface ConfigText {
  readonly entries: readonly ConfigEntry[];
  /** Lines that are neither blank, comment nor assignment. */
  readonly malformed: readonly { readonly line: number; readonly text: string }[];
  /** Launch environment sections, which this version does not read. */
  readonly launchSections: readonly { readonly line: number; readonly title: string }[];
  /** Line numbers of the markers of managed blocks, in order of appearance. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

export const blockBegin = '# >>> envctl managed startup config >>>';
export const blockEnd = '# <<< envctl managed startup config <<<';

const assignment = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)$/s;
const sectionBegin = /^# >>> envctl (.+) >>>$/;
const sectionEnd = /^# <<< envctl (.+) <<<$/;

/** Reads configuration text. Never throws: whatever is not an assignment is listed as malformed. */
export function parseConfigText(text: string): ConfigText {
  const entries: ConfigEntry[] = [];
  const malformed: { line: number; text: string }[] = [];
  const launchSections: { line: number; title: string }[] = [];
  const begins: number[] = [];
  const ends: number[] = [];
  let section: 'none' | 'managed' | 'launch' = 'none';
  for (const [index, rawLine] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = index + 1;
    const content = rawLine.trim();
    if (content === blockBegin) {
      begins.push(line);
      section = 'managed';
    } else if (content === blockEnd) {
      ends.push(line);
      section = 'none';
    } else if (sectionBegin.test(content)) {
      launchSections.push({ line, title: sectionBegin.exec(content)?.[1] ?? '' });
      section = 'launch';
    } else if (sectionEnd.test(content)) {
      section = 'none';
    } else if (content !== '' && !content.startsWith('#') && section !== 'launch') {
      const match = assignment.exec(content);
      if (match?.[1] === undefined) malformed.push({ line, text: content });
      else entries.push({ key: match[1], value: unquote((match[2] ?? '').trim()), line, managed: section === 'managed' });
    }
  }
  return { entries, malformed, launchSections, begins, ends };
}

/** True when `value` reads back unchanged from a line `KEY=value`. */
export function isWritableValue(value: string): boolean {
  return !/[\r\n\0]/.test(value) && parseConfigText(`KEY=${quoteWhereNeeded(value)}`).entries[0]?.value === value;
}

/** Adds outer quotes to a value that would lose its own quotes or spaces when read back. */
export function quoteWhereNeeded(value: string): string {
  return value !== value.trim() || unquote(value) !== value ? `"${value}"` : value;
}

function unquote(value: string): string {
  const first = value[0];
  const quoted = value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first);
  return quoted ? value.slice(1, -1) : value;
}
