import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { installPacked } from '../../packaging/install-packed.js';
import { commands, createRandom, describeCell, describeRound, gridCells, randomCells, regressionCells, toRounds, toSooner, type Cell, type KilledCommand, type Recording, type Recordings, type Round, type RoundResult } from './cells.js';
import { explainMissing, openNamespace, type Namespace } from './namespace.js';

/**
 * The packed envctl is killed from outside at every point of its fault seam and at random instants.
 * ENVCTL_TEST_SEED repeats the instants; ENVCTL_TEST_CELLS=<pattern> runs only cells whose description matches, each by itself;
 * ENVCTL_TEST_WIDTH is how many run side by side; after ENVCTL_TEST_ENOUGH_AT, in milliseconds of the clock, no instant is begun but the first 60.
 */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const seed = Number(process.env['ENVCTL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const only = process.env['ENVCTL_TEST_CELLS'];
const enoughAtMs = Number(process.env['ENVCTL_TEST_ENOUGH_AT'] ?? Infinity);
const leastInstants = 60;
const width = Number(process.env['ENVCTL_TEST_WIDTH'] ?? Math.max(2, availableParallelism()));

describe('kill grid', function () {
  this.timeout(60 * 60_000);
  const namespaces: Namespace[] = [];
  let directory: string | undefined;

  before(async function () {
    const missing = explainMissing();
    if (missing !== undefined) {
      this.test!.title += ` skipped: ${missing}`;
      this.skip();
    }
    directory = mkdtempSync(join(tmpdir(), 'envctl-test-kill-'));
    chmodSync(directory, 0o755);
    const envctl = await installPacked(root, directory);
    namespaces.push(...Array.from({ length: width }, (_, index) => openNamespace(String(index), envctl)));
    await Promise.all(namespaces.map((namespace) => namespace.ask({ kind: 'prepare' })));
    tell(`seed ${seed}; ${width} namespaces`);
  });
  after(async () => {
    await Promise.all(namespaces.map((namespace) => namespace.close()));
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('survives a SIGKILL at every point of start, restart, resume, stop and stop-all', async () => {
    const recordings = await recordAll();
    await expectAll([...regressionCells(recordings), ...gridCells(recordings)]);
  });

  it('survives a SIGKILL at random instants', async () => {
    // Anew: what runs beside it changes what a command takes.
    const cells = randomCells(await recordAll(), 200, createRandom(seed));
    tell(`instants: ${cells.map(({ command, kill }) => `${command} ${kill.kind === 'time' ? kill.afterMs : ''}`).join(', ')}`);
    await expectAll(cells, leastInstants);
  });

  async function recordAll(): Promise<Recordings> {
    const entries = await share(commands, async (command, namespace): Promise<[KilledCommand, Recording]> => [command, (await namespace.ask({ kind: 'record', command })) as Recording]);
    tell(`points: ${entries.map(([command, { points, durationMs }]) => `${command} ${points.length} in ${Math.round(durationMs)} ms`).join(', ')}`);
    return Object.fromEntries(entries) as Recordings;
  }

  async function expectAll(cells: readonly Cell[], least = cells.length): Promise<void> {
    const wanted = cells.filter((cell) => only === undefined || new RegExp(only).test(describeCell(cell)));
    const count = wanted.length;
    const rounds = only === undefined ? toRounds(wanted) : wanted.map((cell): Round => [cell]);
    const startedMs = performance.now();
    const failed: string[] = [];
    let done = 0;
    let killed = 0;
    await share(rounds, async (planned, namespace) => {
      if (done >= least && Date.now() > enoughAtMs) return;
      const { round, result } = await runInTime(planned, namespace);
      killed += result.cells.filter((cell) => cell.killed).length;
      const failure = describeFailure(round, result);
      if (failure !== undefined) tell(failure);
      if (failure !== undefined) failed.push(failure);
      const before = done;
      done += result.cells.length;
      if (Math.floor(done / 100) > Math.floor(before / 100)) tell(`${done} of ${count} cells`);
    });
    tell(`${done} of ${count} cells in ${Math.round((performance.now() - startedMs) / 1000)} s, ${done - killed} ended before the kill`);
    expect(failed.join('\n')).to.equal('');
    expect(done).to.be.at.least(Math.min(least, count));
    // A grid whose commands all end before the kill would prove nothing.
    expect(killed).to.be.at.least(done / 2);
  }

  /** Where less runs beside it than at the recording a command is over before its instant; it gets an earlier one. */
  async function runInTime(planned: Round, namespace: Namespace): Promise<{ readonly round: Round; readonly result: RoundResult }> {
    let round = planned;
    for (let left = 3; ; left -= 1) {
      const result = (await namespace.ask({ kind: 'round', round })) as RoundResult;
      const sooner = toSooner(round, result);
      if (sooner === undefined || left === 0 || result.problems.length > 0) return { round, result };
      round = sooner;
    }
  }

  /** Each piece of work in the next namespace that is free; answers in the order of the work. */
  async function share<Work, Answer>(work: readonly Work[], perform: (piece: Work, namespace: Namespace) => Promise<Answer>): Promise<readonly Answer[]> {
    const waiting = work.entries();
    const answers: Answer[] = [];
    await Promise.all(
      namespaces.map(async (namespace) => {
        // The iterator is shared: each piece is taken once.
        for (const [index, piece] of waiting) answers[index] = await perform(piece, namespace);
      }),
    );
    return answers;
  }
});

function describeFailure(round: Round, { cells, problems }: RoundResult): string | undefined {
  if (problems.length === 0) return undefined;
  return `${describeRound(round)} (reached ${cells.map(({ reached }) => reached ?? 'no point').join('; ')}):\n  ${problems.join('\n  ')}`;
}

function tell(line: string): void {
  process.stdout.write(`    ${line}\n`);
}
