import { expect } from 'chai';
import { mapAtMost } from '../../dist/startup/at-most.js';

describe('mapAtMost', () => {
  /** The widest it got, and the results. */
  async function widest(limit: number | undefined): Promise<readonly [number, readonly number[]]> {
    let running = 0;
    let most = 0;
    const results = await mapAtMost(limit, [5, 1, 4, 2, 3], async (turns) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return turns * 10;
    });
    return [most, results];
  }

  it('keeps the order and never goes beyond the limit', async () => {
    expect(await widest(2)).to.deep.equal([2, [50, 10, 40, 20, 30]]);
    expect(await widest(1)).to.deep.equal([1, [50, 10, 40, 20, 30]]);
    expect(await widest(undefined)).to.deep.equal([5, [50, 10, 40, 20, 30]]);
    expect(await widest(9)).to.deep.equal([5, [50, 10, 40, 20, 30]]);
  });
});
