/** What is killed, where, and what comes after: plain data, so that a failing cell can be named and repeated. */

/** `cold-start` has to make the cluster first; in `failing-start` the backend ends at once, so that all is undone. */
export const commands = ['cold-start', 'start', 'failing-start', 'restart', 'resume', 'stop', 'stop-all'] as const;
export type KilledCommand = (typeof commands)[number];

/** A point of the seam by its position in the command's own order, or an instant after the command began. */
export type KillInstant = { readonly kind: 'point'; readonly count: number; readonly name: string } | { readonly kind: 'time'; readonly afterMs: number };

export interface Cell {
  readonly command: KilledCommand;
  readonly kill: KillInstant;
  /** The next command of the user; `remove` is `stop-all --remove-volumes`, `start` and `stop` are followed by a stop-all in their turn. */
  readonly then: 'stop-all' | 'remove' | 'stop' | 'start';
}

export interface CellResult {
  /** The point at which it was killed; `undefined` when the command ended before, or a random instant was asked for. */
  readonly reached: string | undefined;
  /** False when the command had ended by itself. */
  readonly killed: boolean;
  /** Broken promises; none is a pass. */
  readonly problems: readonly string[];
}

/** What an undisturbed run of a command passes and takes. */
export interface Recording {
  readonly points: readonly string[];
  readonly durationMs: number;
}
export type Recordings = Readonly<Record<KilledCommand, Recording>>;

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Cells that once failed: every occurrence of the point in the command is always run. */
const regressions: readonly { readonly command: KilledCommand; readonly name: string; readonly then: Cell['then'] }[] = [
  // The intent of a server without a launch record stayed on the ledger beside its successor.
  { command: 'start', name: 'ledger.process.before-effect', then: 'start' },
  // Without a state, stop said that nothing runs and left the processes alone.
  { command: 'start', name: 'process.acquire.after-confirm', then: 'stop' },
];

/** Every point of every command. */
export function gridCells(recordings: Recordings): readonly Cell[] {
  return commands
    .flatMap((command) => {
      const all = recordings[command].points.map((name, index) => ({ command, kill: { kind: 'point', count: index + 1, name } as const }));
      // These pass the points of a start too; only what they have for themselves is their grid.
      const known = new Set(command === 'cold-start' || command === 'failing-start' ? recordings.start.points : []);
      return all.filter(({ kill }) => !known.has(kill.name));
    })
    .map((kill, index) => ({ ...kill, then: thenOf(index) }));
}

/** The cells that once failed. */
export function regressionCells(recordings: Recordings): readonly Cell[] {
  return regressions.flatMap(({ command, name, then }) =>
    recordings[command].points.flatMap((point, index): readonly Cell[] => (point === name ? [{ command, kill: { kind: 'point', count: index + 1, name }, then }] : [])),
  );
}

/** Of each name one cell, in any command that passes it. */
export function sampleCells(cells: readonly Cell[], random: () => number): readonly Cell[] {
  const byName = new Map<string, Cell[]>();
  for (const cell of cells) {
    const name = cell.kill.kind === 'point' ? cell.kill.name : '';
    byName.set(name, [...(byName.get(name) ?? []), cell]);
  }
  return [...byName.values()].map((same) => same[Math.floor(random() * same.length)]!);
}

/** Instants spread over the real duration of each command. */
export function randomCells(recordings: Recordings, count: number, random: () => number): readonly Cell[] {
  return Array.from({ length: count }, (_, index): Cell => {
    const command = commands[index % commands.length]!;
    return {
      command,
      kill: { kind: 'time', afterMs: Math.round(random() * recordings[command].durationMs) },
      then: thenOf(index),
    };
  });
}

/** In every fifth cell the next command is a plain start, in others a stop, or the data goes too. */
function thenOf(index: number): Cell['then'] {
  return (['stop-all', 'remove', 'stop-all', 'stop', 'start'] as const)[index % 5]!;
}

export function describeCell({ command, kill, then }: Cell): string {
  return `${command} killed ${kill.kind === 'point' ? `at point ${kill.count} (${kill.name})` : `after ${kill.afterMs} ms`}, then ${then}`;
}
