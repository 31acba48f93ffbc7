import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { sendToGroup } from '../../dist/processes/signals.js';
import { isGone, readProcessEntry } from '../../dist/processes/stat.js';

describe('sendToGroup', () => {
  it('reaches the group also after the first of its witnesses has ended', async () => {
    const leader = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(leader.stdout, 'data')) as [Buffer];
    const entries = [leader.pid!, Number(line)].map((pid) => readProcessEntry('/proc', pid)!);
    const [first, second] = entries as [(typeof entries)[number], (typeof entries)[number]];
    const ended = once(leader, 'exit');
    process.kill(first.pid, 'SIGKILL');
    await ended;
    expect(sendToGroup([first], first.pgid, 'SIGTERM')).to.equal(true);
    expect(isGone(readProcessEntry('/proc', second.pid)!)).to.equal(false);
    expect(sendToGroup(entries, first.pgid, 'SIGTERM')).to.equal(true);
    for (;;) {
      const entry = readProcessEntry('/proc', second.pid);
      if (entry === undefined || isGone(entry)) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});
