import type { Mode } from '../contract/index.js';

const trues: readonly string[] = ['1', 'true', 'yes', 'on'];
const falses: readonly string[] = ['0', 'false', 'no', 'off'];

/** Keys of the assignments that choose a mode. */
export const modeKeys: readonly string[] = ['MAIN', 'TREE', 'TREES'];

/** The mode a token asks for: `--trees`, `tree=true`, `MAIN=off`; undefined when it is no mode token. */
export function modeOfToken(token: string): Mode | undefined {
  switch (token) {
    case '--tree':
    case '--trees':
      return 'trees';
    case '--main':
      return 'main';
    default: {
      const match = /^(--)?(main|tree|trees|MAIN|TREE|TREES)=(.*)$/s.exec(token);
      const positive = match === null ? undefined : booleanOfWord(match[3] ?? '');
      if (match === null || positive === undefined) return undefined;
      const word = match[2]?.toLowerCase();
      if (match[1] !== undefined && word !== match[2]) return undefined;
      return (word === 'main') === positive ? 'main' : 'trees';
    }
  }
}

/** `1 true yes on` / `0 false no off`, any case; undefined for anything else. */
export function booleanOfWord(word: string): boolean | undefined {
  const lower = word.toLowerCase();
  if (trues.includes(lower)) return true;
  if (falses.includes(lower)) return false;
  return undefined;
}

/** Splits `KEY=value`; the key comes back in upper snake case. */
export function splitAssignment(token: string): { readonly key: string; readonly value: string } | undefined {
  const match = /^([A-Za-z][A-Za-z0-9_-]*)=([\s\S]*)$/.exec(token);
  if (match === null) return undefined;
  return { key: (match[1] ?? '').toUpperCase().replaceAll('-', '_'), value: match[2] ?? '' };
}
