import { type ConfigEntry, type ConfigText, parseConfigText } from './grammar.js';

/** A file whose managed block is rendered anew: what is on disk, and what would be written. */
export interface Rewrite {
  readonly disk: string;
  readonly next: string;
  /** True for what is being set; it stands in no file yet. */
  readonly isGiven: (entry: ConfigEntry) => boolean;
  /** Where the value of a key stands on disk, also by another name or spelling. */
  readonly lineOf: (key: string) => number | undefined;
}

/** The text that would be written, with every line numbered as it is on disk: nobody can look at the other one. What is on no line there has line 0. */
export function parseRewrite({ disk, next, isGiven, lineOf }: Rewrite): ConfigText {
  const text = parseConfigText(next);
  const [from, to] = [text.begins[0] ?? 0, text.ends[0] ?? 0];
  const [diskLines, nextLines] = [linesOf(disk), linesOf(next)];
  const former = blockLines(disk, diskLines);
  const toDisk = (line: number): number => {
    if (line < from) return line;
    if (line > to) return line + diskLines.length - nextLines.length;
    return former.get(nextLines[line - 1] ?? '') ?? 0;
  };
  const moved = <T extends { readonly line: number }>(item: T): T => ({ ...item, line: toDisk(item.line) });
  return {
    entries: text.entries.map((entry) => ({ ...entry, line: entry.managed && isGiven(entry) ? 0 : toDisk(entry.line) || (lineOf(entry.key) ?? 0) })),
    malformed: text.malformed.map(moved),
    sections: text.sections.map((section) => ({ ...moved(section), variables: section.variables.map(moved), malformed: section.malformed.map(moved) })),
    brokenSections: text.brokenSections.map(moved),
    begins: text.begins.map(toDisk),
    ends: text.ends.map(toDisk),
  };
}

function blockLines(disk: string, lines: readonly string[]): ReadonlyMap<string, number> {
  const { begins, ends } = parseConfigText(disk);
  const [from, to] = [begins[0] ?? 1, ends[0] ?? 0];
  return new Map(lines.slice(from - 1, to).map((line, index) => [line, from + index]));
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim());
}
