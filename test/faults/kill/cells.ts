/** What is killed, where, and what comes after: plain data, so that a failing cell can be named and repeated. */

/** `cold-start` has to make the cluster first; in `failing-start` and `failing-restart` the backend ends at once, so that all is undone. */
export const commands = ['cold-start', 'start', 'failing-start', 'restart', 'failing-restart', 'resume', 'stop', 'stop-all'] as const;
export type KilledCommand = (typeof commands)[number];

/** A point of the seam by its position in the command's own order, or an instant after the command began. */
export type KillInstant = { readonly kind: 'point'; readonly count: number; readonly name: string } | { readonly kind: 'time'; readonly afterMs: number };

export interface Cell {
  readonly command: KilledCommand;
  readonly kill: KillInstant;
  /** The next command of the user; `remove` is `stop-all --remove-volumes`, `start` and `stop` are followed by a stop-all in their turn. */
  readonly then: 'stop-all' | 'remove' | 'stop' | 'start';
}

/**
 * Cells that share an environment: the second of two finds the one that the start after the first brought up. A stop-all
 * ends every round.
 */
export type Round = readonly [Cell] | readonly [Cell, Cell];

export interface CellResult {
  /** The point at which it was killed; `undefined` when the command ended before, or a random instant was asked for. */
  readonly reached: string | undefined;
  /** False when the command had ended by itself. */
  readonly killed: boolean;
}

export interface RoundResult {
  /** One for each cell that was run. */
  readonly cells: readonly CellResult[];
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
      if (command === 'failing-restart') return all.slice(all.findIndex(({ kill }) => kill.name === 'service.restore.before-effect'));
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

/** True for the commands that are used in an environment that runs. */
export function needsRunning(command: KilledCommand): boolean {
  return command === 'restart' || command === 'failing-restart' || command === 'resume' || command === 'stop' || command === 'stop-all';
}

/** Each cell that ends in a running environment with one that needs one, as far as they last; every other cell by itself. */
export function toRounds(cells: readonly Cell[]): readonly Round[] {
  const givers = cells.filter(({ then }) => then === 'start');
  const takers = cells.filter(({ command, then }) => then !== 'start' && needsRunning(command)).slice(0, givers.length);
  const paired = new Set([...givers, ...takers]);
  return [
    ...givers.map((giver, index): Round => (takers[index] === undefined ? [giver] : [giver, takers[index]])),
    ...cells.filter((cell) => !paired.has(cell)).map((cell): Round => [cell]),
  ];
}

/** The round with half the time for each cell whose command had ended by itself; `undefined` when there is none. */
export function toSooner(round: Round, { cells }: RoundResult): Round | undefined {
  const isLate = ({ kill }: Cell, index: number): boolean => kill.kind === 'time' && cells[index]?.killed === false;
  if (!round.some(isLate)) return undefined;
  const hurry = (cell: Cell, index: number): Cell => (cell.kill.kind === 'time' && isLate(cell, index) ? { ...cell, kill: { kind: 'time', afterMs: Math.floor(cell.kill.afterMs / 2) } } : cell);
  return round.length === 1 ? [hurry(round[0], 0)] : [hurry(round[0], 0), hurry(round[1], 1)];
}

/** In every fifth cell the next command is a plain start, in others a stop, or the data goes too. */
function thenOf(index: number): Cell['then'] {
  return (['stop-all', 'remove', 'stop-all', 'stop', 'start'] as const)[index % 5]!;
}

export function describeRound(round: Round): string {
  return round.map(describeCell).join('; ');
}

export function describeCell({ command, kill, then }: Cell): string {
  return `${command} killed ${kill.kind === 'point' ? `at point ${kill.count} (${kill.name})` : `after ${kill.afterMs} ms`}, then ${then}`;
}
