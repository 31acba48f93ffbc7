import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createLaunchListeners } from '../../dist/services/index.js';
import { createBench, eventually, patienceMs } from '../processes/support.js';

const script = `const { spawn } = require('child_process');
if (process.argv[2] === 'child') require('http').createServer().listen(0, '127.0.0.1', function () {
  require('fs').writeFileSync(__dirname + '/ready.part', JSON.stringify({ pid: process.pid, port: this.address().port }));
  require('fs').renameSync(__dirname + '/ready.part', __dirname + '/ready');
});
else spawn(process.execPath, [__filename, 'child'], { stdio: 'inherit' });
`;

describe('createLaunchListeners', function () {
  this.timeout(patienceMs);

  it('names the process that listens, and the command it was started by', async () => {
    const bench = createBench();
    try {
      const file = path.join(bench.directory, 'service.cjs');
      await writeFile(file, script);
      const started = await bench.start([process.execPath, file]);
      const { pid, port } = await eventually(bench.directory, async () => {
        try {
          return JSON.parse(await readFile(path.join(bench.directory, 'ready'), 'utf8')) as { pid: number; port: number };
        } catch {
          return undefined;
        }
      });
      const listeners = createLaunchListeners(started.spec.directory);
      expect(await listeners.listenersOf(1)).to.deep.equal([]);
      expect(await listeners.listenersOf(port)).to.deep.equal([port]);
      expect(listeners.pidsOn(port)).to.deep.equal([pid]);
      expect(listeners.childPid()).to.equal((await started.read()).child?.pid);
      await started.stop();
      expect(await listeners.listenersOf()).to.deep.equal([]);
    } finally {
      await bench.close();
    }
  });

  it('finds nothing where there is no launch', async () => {
    const listeners = createLaunchListeners('/nonexistent');
    expect(await listeners.listenersOf()).to.deep.equal([]);
    expect(listeners.childPid()).to.equal(null);
  });
});
