import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { createDeadline } from '../../dist/index.js';

const contract = new URL('../../dist/index.js', import.meta.url).href;

describe('createDeadline', () => {
  it('aborts when the time is up, also after a garbage collection', () => {
    const script = `import { createDeadline } from '${contract}';
      const { signal } = new AbortController();
      for (let n = 0; n < 20; n++) createDeadline(signal, 20).signal.addEventListener('abort', () => console.log('aborted'));
      gc();`;
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).to.have.length(20);
  });

  it('aborts with its parent, for the same reason', () => {
    const parent = new AbortController();
    const { signal, clear } = createDeadline(parent.signal, 60_000);
    parent.abort(new Error('enough'));
    clear();
    expect(signal.reason).to.equal(parent.signal.reason);
    const late = createDeadline(parent.signal, 60_000);
    late.clear();
    expect(late.signal.aborted).to.equal(true);
  });
});
