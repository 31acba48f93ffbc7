import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLatestState } from '../../dist/state/index.js';
import { repositoryIn, stateOf, temporaryDirectory } from './support.js';

const workerPath = fileURLToPath(new URL('./commit-worker.js', import.meta.url));

describe('commits of ten processes at once', function () {
  this.timeout(60_000);
  let scope: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { scope = temporaryDirectory(); });
  afterEach(() => scope.remove());

  it('all survive, and a reader beside them always sees a whole state that only grows', async () => {
    await repositoryIn(scope.path).commit({ runId: 'run-first', mode: 'trees', merge: () => stateOf('run-first', 'first', 7000, 'trees') });
    const sizes: number[] = [];
    let running = 10;
    const children = Array.from({ length: 10 }, (_, index) => spawn(process.execPath, [workerPath, scope.path, 'commit-project', String(index)], { stdio: ['ignore', 'ignore', 'inherit'] }));
    const ends = children.map(async (child) => { await once(child, 'close'); running -= 1; });
    while (running > 0) {
      sizes.push(Object.keys(readLatestState(scope.path)?.services ?? {}).length);
      const text = readFileSync(join(scope.path, 'runtime_map.json'), 'utf8');
      expect(JSON.parse(text)).to.have.property('run_id');
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    await Promise.all(ends);
    expect(children.map((child) => child.exitCode)).to.deep.equal(Array.from({ length: 10 }, () => 0));
    expect(sizes).to.deep.equal([...sizes].sort((left, right) => left - right));
    expect(sizes[0]).to.be.at.least(1);
    const state = (await repositoryIn(scope.path).load())?.state;
    expect(Object.keys(state?.services ?? {})).to.have.length(11);
    expect((await repositoryIn(scope.path).index()).entries.map((entry) => entry.sequence)).to.deep.equal(Array.from({ length: 11 }, (_, index) => index + 1));
  });
});
