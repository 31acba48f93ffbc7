import { showControls } from './show-controls.js';

/** The logs of several services as one text: each service has a colour of its own, the same in every command. */
const palette = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94, 91, 31] as const;

/** What is shown of one log before its lines. */
export interface LogHead {
  readonly name: string;
  readonly log_path: string | null;
  readonly reason?: 'missing' | 'unavailable';
  readonly since_basis?: 'lines' | 'file';
  readonly tail_cut?: true;
  readonly tail_lines: readonly string[];
}

/** The text in the colour of the service; by its name alone, so that it stays whatever else is shown. */
export function inServiceColour(service: string, text: string, colour: boolean): string {
  return colour ? `\u001b[${palette[toIndex(service)]}m${text}\u001b[0m` : text;
}

/** One log: where it is, what has to be said of it, and its last lines. */
export function renderLog(log: LogHead, colour: boolean): string {
  return [renderLogHead(log, colour), ...log.tail_lines.map(showControls)].join('\n');
}

function renderLogHead(log: LogHead, colour: boolean): string {
  const place = log.reason === 'missing' ? `log missing at ${log.log_path}` : `log=${log.log_path ?? 'n/a'}`;
  const notes = [
    ...(log.since_basis === 'file' && log.tail_lines.length > 0 ? ['its lines say no time: earlier ones of a file that was written to since then are among them'] : []),
    ...(log.tail_cut === true ? ['earlier lines are left out: more than 8 MiB'] : []),
  ];
  return `${inServiceColour(log.name, log.name, colour)}: ${place}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

/** Followed lines, with the name of their service in front where there are several. */
export function renderLogLines(service: string, lines: readonly string[], { width, colour }: { readonly width: number | undefined; readonly colour: boolean }): string {
  const head = width === undefined ? '' : `${inServiceColour(service, `${service.padEnd(width)} |`, colour)} `;
  return lines.map((line) => `${head}${showControls(line)}\n`).join('');
}

/** By the sum of its words: services of one project that differ in one word differ in colour as these words do. */
function toIndex(service: string): number {
  return service.split(' ').reduce((sum, word) => sum + (hash(word) % palette.length), 0) % palette.length;
}

// FNV-1a
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return (value ^ (value >>> 15)) >>> 0;
}
