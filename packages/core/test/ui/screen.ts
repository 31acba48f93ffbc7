/** The lines a terminal of that width shows after the text: cursor up, down, saved and restored, erase line, erase below and wrapping. */
export function readScreen(text: string, columns: number): readonly string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  const put = (character: string) => {
    if (column === columns) {
      row += 1;
      column = 0;
    }
    while (lines.length <= row) lines.push('');
    const line = lines[row]!.padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  let saved = { row: 0, column: 0 };
  for (const { 0: token, 1: count, 2: command } of text.matchAll(/\u001B\[(\d*)([A-Za-z])|\u001B[78]|[^]/gu)) {
    if (token === '\u001B7') saved = { row, column };
    else if (token === '\u001B8') ({ row, column } = saved);
    else if (command === 'B') row = Math.min(lines.length - 1, row + Number(count === undefined || count === '' ? '1' : count));
    else if (command === 'A') row = Math.max(0, row - Number(count === undefined || count === '' ? '1' : count));
    else if (command === 'J') lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column));
    else if (command === 'K') lines[row] = '';
    else if (command !== undefined) continue;
    else if (token === '\n') {
      row += 1;
      column = 0;
      if (lines.length <= row) lines.push('');
    }
    else if (token === '\r') column = 0;
    else put(token);
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}
