// An escape character that begins no colour, and every other control character but tab and line feed.
const controls = /\u001B(?!\[[0-9;:]*m)|[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F-\u009F]/g;

/** Text of somebody else with its control characters as signs that can be seen, so that none of them moves the cursor or changes the terminal. Colours stay. */
export function showControls(text: string): string {
  return text.replace(controls, (found) => (found === '\u007f' ? '\u2421' : found > '\u007f' ? '\ufffd' : String.fromCharCode(0x2400 + found.charCodeAt(0))));
}
