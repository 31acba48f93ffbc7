import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

const module = new URL('../../dist/boot/output.js', import.meta.url).href;
const blocks = 200;
const blockBytes = 65_536;

/** Writes blocks, each when there is room for it; then says how much was held at most. Ends with its stdin at the latest. */
const writer = `
  const { guardOutput } = await import(${JSON.stringify(module)});
  const output = guardOutput(process, false);
  const stop = new AbortController();
  process.stdin.on('end', () => stop.abort()).resume().unref();
  let most = 0, written = 0;
  for (; written < ${blocks} && !stop.signal.aborted && !output.closed.aborted; written += 1) {
    output.stdout('x'.repeat(${blockBytes}));
    most = Math.max(most, process.stdout.writableLength);
    await output.stdoutReady(stop.signal);
  }
  process.stderr.write(JSON.stringify({ most, written, closed: output.closed.aborted }), () => process.exit());
`;

describe('stdoutReady', () => {
  it('keeps what is held for a slow reader to one block', async () => {
    const { child, told } = start();
    let read = 0;
    for await (const piece of child.stdout) read += (piece as Buffer).length;
    expect(read).to.equal(blocks * blockBytes);
    expect(await told()).to.deep.include({ written: blocks, closed: false }).and.to.have.property('most').that.is.at.most(blockBytes);
  });

  it('waits no longer for a reader that reads nothing once it is told to end', async () => {
    const { child, told } = start();
    await once(child.stdout, 'readable');
    child.stdin.end();
    expect((await told()).written).to.be.lessThan(blocks);
  });

  it('waits no longer for a reader that is gone', async () => {
    const { child, told } = start();
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    expect(await told()).to.include({ closed: true });
  });
});

function start() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer], { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => { text += piece; });
  const ended = once(child, 'exit');
  const told = async () => {
    await ended;
    return JSON.parse(text) as { most: number; written: number; closed: boolean };
  };
  return { child, told };
}
