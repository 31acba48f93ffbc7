/** A word of shell text with its quotes taken off. Nothing is expanded: `$(…)`, backquotes and variables stay as they are written. */
export interface ShellLiteral {
  readonly text: string;
  /** `(` and `)` outside quotes are words of their own. */
  readonly isParenthesis: boolean;
}

/** The words of `text`, comments left out; a quote that is never closed ends with the text. */
export function splitShellLiterals(text: string): readonly ShellLiteral[] {
  const words: ShellLiteral[] = [];
  let word: string | undefined;
  const end = (): void => {
    if (word !== undefined) words.push({ text: word, isParenthesis: false });
    word = undefined;
  };
  for (let index = 0; index < text.length; ) {
    const character = text.charAt(index);
    if (/\s/.test(character) || character === ';') {
      end();
      index += 1;
    } else if (character === '#' && word === undefined) {
      index = endOfLine(text, index);
    } else if (character === '(' || character === ')') {
      // `services=(` begins a list; `$(` and a call stay literal text of the word.
      if (character === '(' && word !== undefined && !word.endsWith('=')) {
        word += character;
      } else {
        end();
        words.push({ text: character, isParenthesis: true });
      }
      index += 1;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(text, index);
      word = (word ?? '') + quoted.text;
      index = quoted.next;
    } else if (character === '\\') {
      word = (word ?? '') + (text.charAt(index + 1) === '\n' ? '' : text.charAt(index + 1));
      index += 2;
    } else {
      word = (word ?? '') + character;
      index += 1;
    }
  }
  end();
  return words;
}

function readQuoted(text: string, start: number): { readonly text: string; readonly next: number } {
  const quote = text.charAt(start);
  let content = '';
  let index = start + 1;
  while (index < text.length && text.charAt(index) !== quote) {
    const isEscape = quote === '"' && text.charAt(index) === '\\' && '"\\$`\n'.includes(text.charAt(index + 1));
    content += isEscape ? text.charAt(index + 1).replace('\n', '') : text.charAt(index);
    index += isEscape ? 2 : 1;
  }
  return { text: content, next: index + 1 };
}

function endOfLine(text: string, index: number): number {
  const end = text.indexOf('\n', index);
  return end === -1 ? text.length : end;
}
