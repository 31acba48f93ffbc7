import { spawn } from 'node:child_process';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readFaultSeam } from '../../dist/boot/index.js';

describe('readFaultSeam', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'envctl-test-seam-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('records the points in order', () => {
    const file = join(directory, 'points');
    const seam = readFaultSeam({ ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `record:${file}` });
    seam('a.b.before-effect');
    seam('a.b.after-effect');
    expect(readFileSync(file, 'utf8')).to.equal('a.b.before-effect\na.b.after-effect\n');
  });

  for (const enable of [undefined, '0', 'true', '']) {
    it(`does nothing with ENVCTL_TEST_SEAM_ENABLE=${String(enable)}`, () => {
      const file = join(directory, 'points');
      readFaultSeam({ ENVCTL_TEST_SEAM_ENABLE: enable, ENVCTL_TEST_SEAM: `record:${file}` })('a');
      expect(existsSync(file)).to.equal(false);
    });
  }

  it('stops the whole process at the n-th point until it is killed from outside', async () => {
    const file = join(directory, 'stopped');
    const seamUrl = new URL('../../dist/boot/index.js', import.meta.url).href;
    const script = `const { readFaultSeam } = await import(${JSON.stringify(seamUrl)});
      const seam = readFaultSeam(process.env);
      process.on('SIGTERM', () => process.exit(9));
      setTimeout(() => process.exit(8), 1);
      seam('one'); seam('two'); seam('three'); process.exit(7);`;
    const stopped = new Promise<void>((resolve) => {
      const watcher = watch(directory, () => {
        if (!existsSync(file)) return;
        watcher.close();
        resolve();
      });
    });
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `stop:2:${file}` }, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve([code, signal])));
    await stopped;
    child.kill('SIGTERM');
    child.kill('SIGKILL');
    expect(await ended).to.deep.equal([null, 'SIGKILL']);
    expect(readFileSync(file, 'utf8')).to.equal('two\n');
  });

  it('pauses at the n-th point of a name and goes on when it is told to', async () => {
    const file = join(directory, 'paused');
    const seamUrl = new URL('../../dist/boot/index.js', import.meta.url).href;
    const script = `const { readFaultSeam } = await import(${JSON.stringify(seamUrl)});
      const seam = readFaultSeam(process.env);
      for (const point of ['one', 'two', 'one', 'two']) { seam(point); console.log(point); }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `pause:one@2:${file}` }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await new Promise<void>((resolve) => {
      const watcher = watch(directory, () => {
        if (!existsSync(file)) return;
        watcher.close();
        resolve();
      });
    });
    const before = said;
    writeFileSync(`${file}.go`, '');
    expect(await ended).to.equal(0);
    expect(before).not.to.include('one\ntwo\none');
    expect(said).to.equal('one\ntwo\none\ntwo\n');
    expect(readFileSync(file, 'utf8')).to.equal('one\n');
  });
});
