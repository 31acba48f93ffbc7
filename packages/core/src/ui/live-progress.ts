import type { NodeState, Progress } from './progress.js';

export interface LiveProgressOptions {
  readonly write: (text: string) => void;
  readonly columns: number;
  readonly colour: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Row {
  readonly state: NodeState;
  readonly detail: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}

const glyphs: Readonly<Record<NodeState, string>> = { waiting: '·', running: '•', ready: '✓', kept: '✓', failed: '✗', skipped: '-', undone: '↺' };
const colours: Readonly<Partial<Record<NodeState, number>>> = { running: 36, ready: 32, kept: 32, failed: 31, undone: 33 };
const frameMs = 100;

/** One row per node, rewritten in place; the rows stay when it closes. */
export function createLiveProgress(options: LiveProgressOptions): Progress {
  const rows = new Map<string, Row>();
  let drawn = 0;
  const draw = () => {
    const lines = [...rows].map(([id, row]) => toLine(id, row, options));
    options.write(`${drawn > 0 ? `\u001B[${drawn}A` : ''}${lines.map((line) => `\u001B[2K${line}\n`).join('')}`);
    drawn = lines.length;
  };
  const timer = setInterval(() => {
    if ([...rows.values()].some((row) => row.state === 'running')) draw();
  }, frameMs);
  timer.unref();
  return {
    node: (id, state, detail) => {
      const earlier = rows.get(id);
      const now = options.now();
      const isOver = state !== 'running' && state !== 'waiting';
      rows.set(id, { state, detail: detail ?? (state === 'undone' ? earlier?.detail : undefined), startedAt: earlier?.startedAt ?? now, endedAt: isOver ? (earlier?.endedAt ?? now) : undefined });
      draw();
    },
    note: (text) => {
      if (drawn > 0) options.write(`\u001B[${drawn}A\u001B[J`);
      drawn = 0;
      options.write(`${text}\n`);
      draw();
    },
    close: () => clearInterval(timer),
  };
}

function toLine(id: string, row: Row, options: LiveProgressOptions): string {
  const seconds = (((row.endedAt ?? options.now()) - row.startedAt) / 1000).toFixed(1);
  const tail = row.detail === undefined ? '' : `  ${row.detail}`;
  const text = `${id.padEnd(24)} ${row.state === 'kept' ? 'already running' : `${seconds.padStart(5)}s`}${tail}`.slice(0, Math.max(10, options.columns - 3));
  const colour = options.colour ? colours[row.state] : undefined;
  const glyph = colour === undefined ? glyphs[row.state] : `\u001B[${colour}m${glyphs[row.state]}\u001B[0m`;
  return `${glyph} ${text}`;
}
