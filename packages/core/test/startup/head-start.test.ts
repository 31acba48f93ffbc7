import { expect } from 'chai';
import { createHeadStart } from '../../dist/startup/head-start.js';

const never = new AbortController().signal;

/** Whether `promise` has resolved once everything that was due has had its turn. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

describe('createHeadStart', () => {
  it('is over when every participant is launched, however often one says so', async () => {
    const headStart = createHeadStart(2);
    const [first, second] = [headStart.once(), headStart.once()];
    const over = headStart.over(never);
    first();
    first();
    expect(await isOver(over)).to.equal(false);
    second();
    expect(await isOver(over)).to.equal(true);
  });

  it('is over at once without participants', async () => {
    expect(await isOver(createHeadStart(0).over(never))).to.equal(true);
  });

  it('is over at abort', async () => {
    const abort = new AbortController();
    const over = createHeadStart(1).over(abort.signal);
    abort.abort();
    expect(await isOver(over)).to.equal(true);
  });

  it('keeps nobody waiting for a participant that launches nothing', async () => {
    await createHeadStart(1).over(never);
  });
});
