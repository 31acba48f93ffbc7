import { blockBegin, blockEnd } from './grammar.js';

/** A file cut at its managed block. `before + block + after` is the file, byte for byte. */
export interface SplitText {
  readonly before: string;
  /** Lines between the markers; undefined when there is no block. */
  readonly inner: readonly string[] | undefined;
  readonly after: string;
  readonly eol: '\n' | '\r\n';
}

/**
 * Cuts `text` at its one managed block; without a block everything is `before`. The text may be any bytes
 * read as latin1: nothing outside the block is looked into.
 */
export function splitAtBlock(text: string): SplitText {
  const lines = text.split('\n');
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const begin = lines.findIndex((line) => content(line) === blockBegin);
  const end = lines.findIndex((line, index) => index > begin && content(line) === blockEnd);
  if (begin === -1 || end === -1) return { before: text, inner: undefined, after: '', eol };
  const before = lines.slice(0, begin).map((line) => `${line}\n`).join('');
  const lastLine = lines[end] ?? '';
  const kept = lastLine.endsWith('\r') ? '\r' : '';
  const following = lines.slice(end + 1);
  return {
    before,
    inner: lines.slice(begin + 1, end).map((line) => line.replace(/\r$/, '')),
    after: following.length === 0 ? kept : `${kept}\n${following.join('\n')}`,
    eol,
  };
}

/** `text` without its block: the user's own lines only. Line numbers are not those of the file. */
export function withoutBlock(split: SplitText): string {
  return split.before + split.after.replace(/^\r?\n/, '');
}

/** Puts `block` where the old one was, or behind the text after one blank line. */
export function joinBlock(split: SplitText, block: readonly string[]): string {
  const text = block.join(split.eol);
  if (split.inner !== undefined) return split.before + text + split.after;
  const { before, eol } = split;
  if (before === '' || before === '\u00ef\u00bb\u00bf') return `${before}${text}${eol}`;
  const ended = before.endsWith('\n') ? before : before + eol;
  const spaced = /\n\r?\n$/.test(ended) ? ended : ended + eol;
  return `${spaced}${text}${eol}`;
}

/** The first line may carry a byte order mark, as UTF-8 bytes or decoded. */
function content(line: string): string {
  return line.replace(/^(\uFEFF|\u00ef\u00bb\u00bf)/, '').trim();
}
