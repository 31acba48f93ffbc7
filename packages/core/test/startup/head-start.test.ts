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
    const headStart = createHeadStart(['postgres', 'redis']);
    const over = headStart.over(never);
    headStart.launched('postgres');
    headStart.launched('postgres');
    expect(await isOver(over)).to.equal(false);
    headStart.launched('redis');
    expect(await isOver(over)).to.equal(true);
  });

  it('lets one participant after the other launch, in their order', async () => {
    const headStart = createHeadStart(['postgres', 'redis', 'n8n']);
    const [first, second, third] = [headStart.before('postgres', never), headStart.before('redis', never), headStart.before('n8n', never)];
    expect([await isOver(first), await isOver(second), await isOver(third)]).to.deep.equal([true, false, false]);
    headStart.launched('postgres');
    expect([await isOver(second), await isOver(third)]).to.deep.equal([true, false]);
    headStart.launched('redis');
    expect(await isOver(third)).to.equal(true);
  });

  it('keeps nobody back who is no participant', async () => {
    expect(await isOver(createHeadStart(['postgres']).before('supabase', never))).to.equal(true);
  });

  it('is over at once without participants', async () => {
    expect(await isOver(createHeadStart([]).over(never))).to.equal(true);
  });

  it('is over at abort', async () => {
    const abort = new AbortController();
    const over = createHeadStart(['postgres']).over(abort.signal);
    abort.abort();
    expect(await isOver(over)).to.equal(true);
  });

  it('keeps nobody waiting for a participant that launches nothing', async () => {
    const headStart = createHeadStart(['postgres', 'redis']);
    await headStart.before('redis', never);
    await createHeadStart(['postgres']).over(never);
  });
});
