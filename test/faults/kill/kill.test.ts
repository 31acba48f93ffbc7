import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { createRandom, describeCell, gridCells, randomCells, regressionCells, sampleCells, type Cell, type CellResult, type Recordings } from './cells.js';
import { explainMissing, openNamespace, type Namespace } from './namespace.js';

/**
 * envctl is killed from outside at the points of its fault seam and at random instants. Without ENVCTL_TEST_NIGHTLY=1
 * a seeded sample is run: each point name once, in one of the commands that pass it, and 40 of the 200 instants.
 * ENVCTL_TEST_SEED repeats a sample; ENVCTL_TEST_CELLS=<pattern> runs only cells whose description matches.
 */
const isNightly = process.env['ENVCTL_TEST_NIGHTLY'] === '1';
const seed = Number(process.env['ENVCTL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const only = process.env['ENVCTL_TEST_CELLS'];
const width = Number(process.env['ENVCTL_TEST_WIDTH'] ?? Math.max(2, availableParallelism()));

describe('kill grid', function () {
  this.timeout(60 * 60_000);
  const namespaces: Namespace[] = [];
  let recordings: Recordings;

  before(async function () {
    const missing = explainMissing();
    if (missing !== undefined) {
      this.test!.title += ` skipped: ${missing}`;
      this.skip();
    }
    namespaces.push(...Array.from({ length: width }, (_, index) => openNamespace(String(index))));
    await Promise.all(namespaces.map((namespace) => namespace.ask({ kind: 'prepare' })));
    recordings = (await namespaces[0]!.ask({ kind: 'record' })) as Recordings;
    tell(`seed ${seed}; ${width} namespaces; points: ${Object.entries(recordings).map(([command, { points, durationMs }]) => `${command} ${points.length} in ${Math.round(durationMs)} ms`).join(', ')}`);
  });
  after(() => Promise.all(namespaces.map((namespace) => namespace.close())));

  it('survives a SIGKILL at the points of start, restart, resume, stop and stop-all', async () => {
    const all = gridCells(recordings);
    const cells = [...regressionCells(recordings), ...(isNightly ? all : sampleCells(all, createRandom(seed)))];
    tell(`${cells.length} cells; ${all.length} points${isNightly ? '' : `: ${cells.map(({ command, kill }) => `${command} ${kill.kind === 'point' ? kill.count : ''}`).join(', ')}`}`);
    await expectAll(cells);
  });

  it('survives a SIGKILL at random instants', async () => {
    const cells = randomCells(recordings, 200, createRandom(seed));
    const sample = isNightly ? cells : cells.slice(0, 40);
    tell(`${sample.length} of ${cells.length} instants: ${sample.map(({ command, kill }) => `${command} ${kill.kind === 'time' ? kill.afterMs : ''}`).join(', ')}`);
    await expectAll(sample);
  });

  async function expectAll(cells: readonly Cell[]): Promise<void> {
    const waiting = cells.filter((cell) => only === undefined || new RegExp(only).test(describeCell(cell)));
    const count = waiting.length;
    const startedMs = performance.now();
    const results: (CellResult & { readonly cell: Cell })[] = [];
    await Promise.all(
      namespaces.map(async (namespace) => {
        for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
          const result = (await namespace.ask({ kind: 'cell', cell })) as CellResult;
          results.push({ ...result, cell });
          if (results.length % 50 === 0) tell(`${results.length} of ${count} cells`);
          if (result.problems.length > 0) tell(describeFailure({ ...result, cell }));
        }
      }),
    );
    tell(`${results.length} cells in ${Math.round((performance.now() - startedMs) / 1000)} s, ${results.filter(({ killed }) => !killed).length} ended before the kill`);
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.map(describeFailure).join('\n')).to.equal('');
    // A grid whose commands all end before the kill would prove nothing.
    expect(results.filter(({ killed }) => killed).length).to.be.at.least(results.length / 2);
  }
});

function describeFailure({ cell, reached, problems }: CellResult & { readonly cell: Cell }): string {
  return `${describeCell(cell)}${reached === undefined ? '' : `, reached ${reached}`}:\n  ${problems.join('\n  ')}`;
}

function tell(line: string): void {
  process.stdout.write(`    ${line}\n`);
}
