import { nearestWord } from '../routing/index.js';

/** The key a mistyped `word` most likely meant, or undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  // One slip per six characters: names with a common prefix must not all resemble each other.
  return nearestWord(word, candidates, Math.max(1, Math.min(3, Math.floor(word.length / 6))));
}
