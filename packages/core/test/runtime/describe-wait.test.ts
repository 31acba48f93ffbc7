import { expect } from 'chai';
import { describeWait } from '../../dist/runtime/describe-wait.js';

describe('describeWait', () => {
  const identity = { pid: 4711, startTicks: '1', bootId: 'b', pidNamespace: 'pid:[1]' };
  const begun = new Date(2026, 0, 2, 7, 4, 9).getTime() / 1000;

  it('names who holds the lock, since when, and how to cancel it', () => {
    expect(describeWait({ identity, purpose: 'start' }, { sinceSeconds: begun, nowMs: (begun + 83.4) * 1000, pidNamespace: 'pid:[1]' }))
      .to.equal('Waiting for envctl (pid 4711): start, since 07:04:09 (83 s)\n  to cancel it: kill -INT 4711');
  });

  it('gives no pid to signal for a holder in another pid namespace', () => {
    expect(describeWait({ identity, purpose: 'start' }, { sinceSeconds: begun, nowMs: begun * 1000, pidNamespace: 'pid:[2]' }))
      .to.equal('Waiting for envctl (pid 4711): start\n  it runs in another container; cancel it there');
  });

  it('does without the time where the kernel does not tell it', () => {
    expect(describeWait({ identity, purpose: 'stop-all' }, { sinceSeconds: undefined, nowMs: 0, pidNamespace: 'pid:[1]' })).to.match(/^Waiting for envctl \(pid 4711\): stop-all\n/);
  });
});
