// ECMA-48: a control sequence; a string with its end; a sequence with intermediates; two characters.
const sequence = new RegExp('\\u001B(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007\\u001B]*(?:\\u0007|\\u001B\\\\)|[PX^_][^\\u001B]*\\u001B\\\\|[ -/]+[0-~]|[0-~])', 'g');

/** Text without the escape sequences of a terminal: colours, moves of the cursor, titles, links. */
export function stripEscapes(text: string): string {
  return text.includes('\u001b') ? text.replace(sequence, '') : text;
}

/** Text with its colours, and without what would move the cursor, clear the screen or change the terminal; colours end with the line. */
export function keepColours(text: string): string {
  if (!text.includes('\u001b')) return text;
  const kept = text.replace(sequence, (found) => (/^\u001b\[[0-9;:]*m$/.test(found) ? found : ''));
  return kept.includes('\u001b') ? `${kept}\u001b[0m` : kept;
}
