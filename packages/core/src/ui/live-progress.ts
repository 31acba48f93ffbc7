import type { ClaimStderr } from '../boot/index.js';
import type { NodeState, Progress } from './progress.js';

export interface LiveProgressOptions {
  /** The rows own the terminal: lines of others are put above them. */
  readonly claim: ClaimStderr;
  readonly columns: number;
  readonly screenLines: number;
  readonly colour: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Row {
  readonly state: NodeState;
  readonly detail: string | undefined;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

const glyphs: Readonly<Record<NodeState, string>> = { waiting: '·', running: '•', ready: '✓', kept: '✓', unneeded: '✓', unusable: '!', failed: '✗', skipped: '-', undone: '↺' };
const colours: Readonly<Partial<Record<NodeState, number>>> = { running: 36, ready: 32, kept: 32, unneeded: 32, unusable: 33, failed: 31, undone: 33 };
const frameMs = 100;
const longestName = 24;
/** Lines kept free below the rows: Enter moves the cursor into them, and scrolls nothing away before the next frame. */
const spareLines = 5;
const saveCursor = '\u001B7';
const restoreCursor = '\u001B8';

/** One row per node, rewritten in place; the rows stay when it closes. */
export function createLiveProgress(options: LiveProgressOptions): Progress {
  const rows = new Map<string, Row>();
  const claim = options.claim((text) => note(text));
  let isDrawn = false;
  const draw = (above = '') => {
    const lines = [...rows].map(([id, row]) => `\u001B[2K${toLine(id, row, options)}\n`);
    // The terminal's echo of keys has moved the cursor, by lines too: the first row is where the cursor was saved.
    const back = isDrawn ? restoreCursor : '';
    const spare = Math.max(0, Math.min(spareLines, options.screenLines - lines.length - 1));
    const toFirstRow = `${'\n'.repeat(spare)}\r${up(spare + lines.length)}`;
    // One write, so that nothing of a half-drawn frame is ever seen.
    claim.write(`${back}${above === '' ? '' : '\u001B[J'}${above}${lines.join('')}\u001B[J${toFirstRow}${saveCursor}${down(lines.length)}`);
    isDrawn = true;
  };
  const note = (text: string) => draw(text.endsWith('\n') ? text : `${text}\n`);
  const timer = setInterval(() => {
    if ([...rows.values()].some((row) => row.state === 'running')) draw();
  }, frameMs);
  timer.unref();
  return {
    node: (id, state, detail) => {
      rows.set(id, toRow(rows.get(id), state, detail, options.now()));
      draw();
    },
    note,
    close: () => {
      clearInterval(timer);
      claim.release();
    },
  };
}

function up(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}A`;
}

function down(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}B`;
}

function toRow(earlier: Row | undefined, state: NodeState, detail: string | undefined, now: number): Row {
  const isBefore = state === 'waiting';
  const isOver = state !== 'running' && !isBefore;
  return {
    state,
    detail: detail ?? (state === 'undone' ? earlier?.detail : undefined),
    startedAt: earlier?.startedAt ?? (isBefore || state === 'skipped' ? undefined : now),
    endedAt: isOver ? (earlier?.endedAt ?? now) : undefined,
  };
}

function toLine(id: string, row: Row, options: LiveProgressOptions): string {
  const parts = [id.padEnd(longestName), toTime(row, options.now()), row.detail].filter((part) => part !== undefined);
  // A row that wrapped would take two lines of the screen and break the redraw; the last column stays free for the cursor.
  const text = clip(parts.join(' ').trimEnd(), Math.max(10, options.columns - 3));
  const colour = options.colour ? colours[row.state] : undefined;
  const glyph = colour === undefined ? glyphs[row.state] : `\u001B[${colour}m${glyphs[row.state]}\u001B[0m`;
  return `${glyph} ${text}`;
}

function toTime({ state, startedAt, endedAt }: Row, now: number): string {
  if (state === 'kept') return 'already running';
  if (state === 'unneeded') return 'nothing to do';
  if (startedAt === undefined) return state === 'waiting' ? 'waiting' : 'not started';
  return `${(((endedAt ?? now) - startedAt) / 1000).toFixed(1).padStart(5)}s `;
}

function clip(text: string, width: number): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
