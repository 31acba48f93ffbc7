import { expect } from 'chai';
import { firstPauseMs, nextPauseMs } from '../../dist/services/poll-pause.js';

/** The pauses until `waitedMs` have passed, when looking takes no time. */
function pausesUntil(waitedMs: number): readonly number[] {
  const pauses = [firstPauseMs];
  for (let waited = firstPauseMs; waited < waitedMs; waited += pauses.at(-1) ?? 0) pauses.push(nextPauseMs(pauses.at(-1) ?? 0, waited));
  return pauses;
}

describe('nextPauseMs', () => {
  it('sees what takes half a second at most 25 ms late', () => {
    expect(Math.max(...pausesUntil(500))).to.equal(25);
  });

  it('sees what takes longer at most a twentieth late', () => {
    expect(nextPauseMs(100, 1000)).to.equal(50);
  });

  it('never pauses longer than 100 ms', () => {
    expect(Math.max(...pausesUntil(60_000))).to.equal(100);
  });
});
