export type ShellWords =
  | { readonly ok: true; readonly assignments: Readonly<Record<string, string>>; readonly words: readonly string[] }
  | { readonly ok: false; readonly reason: 'unterminated-quote' | 'shell-syntax' | 'empty'; readonly at: string };

/**
 * Splits a command line as a POSIX shell would, and does nothing else a shell does: no expansion, no
 * globbing. Leading NAME=value words become variables. Unquoted shell syntax is refused, since passing
 * `&&` to a program as an argument is never what its author meant.
 */
export function splitShellWords(line: string): ShellWords {
  const words: { text: string; quoted: boolean }[] = [];
  let current: { text: string; quoted: boolean } | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index]!;
    if (/\s/.test(character)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, index, character);
      if (quoted === undefined) return { ok: false, reason: 'unterminated-quote', at: line.slice(index) };
      current = { text: (current?.text ?? '') + quoted.text, quoted: true };
      index = quoted.end;
    } else if (character === '\\' && index + 1 < line.length) {
      index += 1;
      current = { text: (current?.text ?? '') + line[index]!, quoted: true };
    } else if ('|&;<>`'.includes(character) || (character === '$' && /[({A-Za-z_]/.test(line[index + 1] ?? ''))) {
      return { ok: false, reason: 'shell-syntax', at: line.slice(index).split(/\s/)[0]! };
    } else {
      current = { text: (current?.text ?? '') + character, quoted: current?.quoted ?? false };
    }
  }
  if (current !== undefined) words.push(current);
  return separateAssignments(words.map((word) => word.text));
}

function readQuoted(line: string, start: number, quote: string): { text: string; end: number } | undefined {
  let text = '';
  for (let index = start + 1; index < line.length; index += 1) {
    const character = line[index]!;
    if (character === quote) return { text, end: index };
    const next = line[index + 1];
    if (quote === '"' && character === '\\' && next !== undefined && '"\\$`'.includes(next)) {
      text += next;
      index += 1;
    } else {
      text += character;
    }
  }
  return undefined;
}

function separateAssignments(all: readonly string[]): ShellWords {
  const assignments: Record<string, string> = {};
  let first = 0;
  for (; first < all.length; first += 1) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(all[first]!);
    if (match === null) break;
    assignments[match[1]!] = match[2]!;
  }
  const words = all.slice(first);
  if (words.length === 0 || words[0] === '') return { ok: false, reason: 'empty', at: all.join(' ') };
  return { ok: true, assignments, words };
}
