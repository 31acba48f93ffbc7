/**
 * The line grammar of `.envctl` and of the legacy files, which are parsed and never executed. Lines:
 * blank, `#` comment, or `[export ]KEY=VALUE` with one pair of outer quotes removed. No expansion, no
 * continuation, no comment behind a value.
 */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
  /** 1-based; 0: given to be saved, on no line yet. */
  readonly line: number;
  /** True inside the managed block. */
  readonly managed: boolean;
}

export interface ConfigText {
  readonly entries: readonly ConfigEntry[];
  /** Lines that are neither blank, comment nor assignment. */
  readonly malformed: readonly MalformedLine[];
  /** Sections of variables for services, in order; their lines are no configuration keys. */
  readonly sections: readonly TextSection[];
  /** Section markers that do not pair up, or stand inside another pair. */
  readonly brokenSections: readonly { readonly line: number; readonly title: string; readonly reason: string }[];
  /** Line numbers of the markers of managed blocks, in order of appearance. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

export interface MalformedLine {
  readonly line: number;
  readonly text: string;
}

/** What stands between `# >>> envctl <title> >>>` and `# <<< envctl <title> <<<`. */
export interface TextSection {
  readonly title: string;
  /** Line of the first marker. */
  readonly line: number;
  readonly variables: readonly { readonly name: string; readonly value: string; readonly line: number }[];
  readonly malformed: readonly MalformedLine[];
}

export const blockBegin = '# >>> envctl managed startup config >>>';
export const blockEnd = '# <<< envctl managed startup config <<<';

const assignment = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)$/s;
const sectionBegin = /^# >>> envctl (.+) >>>$/;
const sectionEnd = /^# <<< envctl (.+) <<<$/;

/** Reads configuration text. Never throws: whatever is not an assignment is listed as malformed. */
export function parseConfigText(text: string): ConfigText {
  const entries: ConfigEntry[] = [];
  const malformed: MalformedLine[] = [];
  const sections: OpenSection[] = [];
  const brokenSections: { line: number; title: string; reason: string }[] = [];
  const begins: number[] = [];
  const ends: number[] = [];
  let managed = false;
  let open: OpenSection | undefined;
  const close = (): void => {
    if (open !== undefined) brokenSections.push({ line: open.line, title: open.title, reason: 'has no end' });
    open = undefined;
  };
  for (const [index, rawLine] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = index + 1;
    const content = rawLine.trim();
    const [begun, ended] = [sectionBegin.exec(content)?.[1], sectionEnd.exec(content)?.[1]];
    if (content === blockBegin || content === blockEnd) {
      close();
      managed = content === blockBegin;
      (managed ? begins : ends).push(line);
    } else if (begun !== undefined) {
      close();
      if (managed) brokenSections.push({ line, title: begun, reason: 'stands inside the managed block' });
      open = { title: begun, line, variables: [], malformed: [] };
      sections.push(open);
    } else if (ended !== undefined) {
      if (open?.title === ended) open = undefined;
      else brokenSections.push({ line, title: ended, reason: 'ends and was not begun' });
    } else if (content !== '' && !content.startsWith('#')) {
      const match = assignment.exec(content);
      if (match?.[1] === undefined) (open?.malformed ?? malformed).push({ line, text: content });
      else if (open === undefined) entries.push({ key: match[1], value: unquote((match[2] ?? '').trim()), line, managed });
      else open.variables.push({ name: match[1], value: unquote((match[2] ?? '').trim()), line });
    }
  }
  close();
  return { entries, malformed, sections, brokenSections, begins, ends };
}

interface OpenSection extends TextSection {
  readonly variables: { name: string; value: string; line: number }[];
  readonly malformed: MalformedLine[];
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
