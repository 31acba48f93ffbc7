/*
 * The block that puts envctl on the PATH of a shell. Pure; its algebra: adding changes nothing outside the block, adding twice
 * is adding once, and removing gives back the text before. A block behind a text whose last line lacked its newline has no blank line before it.
 * Text is the file's bytes read as Latin-1, so that every byte outside the block is kept whatever it means.
 */
import { EnvctlError } from '@envctl/core';

export const blockBegin = '# >>> envctl PATH >>>';
export const blockEnd = '# <<< envctl PATH <<<';

interface Blocks {
  readonly lines: readonly string[];
  /** First and last line of each block, its markers included. */
  readonly found: readonly (readonly [begin: number, end: number])[];
}

/** The lines of the block; `home` is written as `$HOME`. Throws when the directory cannot stand in a PATH. */
export function toPathBlock(directory: string, home: string): readonly string[] {
  if (/[:\n\r\0]/.test(directory)) {
    throw new EnvctlError('ENVCTL_E_ARGV_INVALID', `The directory of envctl cannot stand in a PATH: ${JSON.stringify(directory)}`, { hints: ['install envctl in a directory without colons and line breaks'] });
  }
  const isBelowHome = home.length > 1 && (directory === home || directory.startsWith(`${home}/`));
  const shown = isBelowHome ? `$HOME${escape(directory.slice(home.length))}` : escape(directory);
  return [blockBegin, `export PATH="${shown}:$PATH"`, blockEnd];
}

/** `text` with this block and no other of ours: a new one stands at the end, an old one is refreshed in its place. */
export function withPathBlock(text: string, block: readonly string[], file: string): string {
  const { lines, found } = readBlocks(text, file);
  const [first, ...others] = found;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (first === undefined) {
    return `${text}${text === '' ? '' : eol}${block.join(eol)}${eol}`;
  }
  const [begin, end] = first;
  const fresh = block.map((line) => (endsInReturn(lines[begin]) ? `${line}\r` : line));
  const rest = without(lines, others);
  return [...rest.slice(0, begin), ...fresh, ...rest.slice(end + 1)].join('\n');
}

/** `text` without our blocks and the newline that came with each; undefined when there is none. */
export function withoutPathBlock(text: string, file: string): string | undefined {
  const { lines, found } = readBlocks(text, file);
  return found.length === 0 ? undefined : without(lines, found).join('\n');
}

/** The lines of the first block, without their line ends; undefined when there is none. */
export function findPathBlock(text: string, file: string): readonly string[] | undefined {
  const { lines, found } = readBlocks(text, file);
  const [first] = found;
  return first === undefined ? undefined : lines.slice(first[0], first[1] + 1).map((line) => line.trim());
}

/** Throws for a marker without its partner: where such a block ends only the owner of the file can tell. */
function readBlocks(text: string, file: string): Blocks {
  const lines = text.split('\n');
  const found: (readonly [number, number])[] = [];
  let begin: number | undefined;
  for (const [index, line] of lines.entries()) {
    const word = line.trim();
    if (word === blockBegin) {
      if (begin !== undefined) throw truncated(file, begin);
      begin = index;
    } else if (word === blockEnd) {
      if (begin === undefined) throw truncated(file, index);
      found.push([begin, index]);
      begin = undefined;
    }
  }
  if (begin !== undefined) throw truncated(file, begin);
  return { lines, found };
}

function without(lines: readonly string[], blocks: Blocks['found']): readonly string[] {
  const isGone = (index: number): boolean => blocks.some(([begin, end]) => (index >= begin && index <= end) || (index === begin - 1 && isOurBlankLine(lines, begin)));
  const rest = lines.filter((_line, index) => !isGone(index));
  const last = blocks.find(([begin, end]) => begin > 0 && end === lines.length - 2 && lines.at(-1) === '' && !isOurBlankLine(lines, begin));
  return last === undefined ? rest : unended(rest, endsInReturn(lines[last[0]]));
}

function isOurBlankLine(lines: readonly string[], begin: number): boolean {
  return lines[begin - 1] === (endsInReturn(lines[begin]) ? '\r' : '');
}

/** Without the newline that ends the last line. */
function unended(lines: readonly string[], withReturn: boolean): readonly string[] {
  const kept = lines.slice(0, -1);
  const last = kept.at(-1) ?? '';
  return [...kept.slice(0, -1), withReturn && endsInReturn(last) ? last.slice(0, -1) : last];
}

function endsInReturn(line: string | undefined): boolean {
  return line?.endsWith('\r') === true;
}

function truncated(file: string, index: number): EnvctlError {
  return new EnvctlError('ENVCTL_E_SHELL_BLOCK', `The PATH block of envctl in ${file} is not whole: line ${index + 1} has no partner. Nothing was changed.`, {
    hints: [`Remove what is left of it, from "${blockBegin}" to "${blockEnd}", then run the command again`],
    data: { path: file, line: index + 1 },
  });
}

/** For the inside of double quotes. */
function escape(text: string): string {
  return text.replace(/[\\"$`]/g, '\\$&');
}
