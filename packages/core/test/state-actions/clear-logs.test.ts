import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunState, ServiceRecord } from '../../dist/state/index.js';
import { clearLogs } from '../../dist/state-actions/index.js';

const state = { run_id: 'run-1', mode: 'main' } as RunState;

describe('clearLogs', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'envctl-test-clear-'))));
  afterEach(() => rm(directory, { recursive: true }));
  const service = (name: string, path: string | null): ServiceRecord => ({ name, log_path: path }) as ServiceRecord;

  it('leaves a running process with the same file, written from its beginning', async () => {
    const log = join(directory, 'log');
    const descriptor = openSync(log, 'a');
    const child = spawn(process.execPath, ['-e', "process.stdin.on('data', (text) => process.stdout.write(text))"], { stdio: ['pipe', descriptor, descriptor] });
    closeSync(descriptor);
    const says = async (line: string): Promise<void> => {
      child.stdin!.write(`${line}\n`);
      while (!(await readFile(log, 'utf8')).endsWith(`${line}\n`)) await new Promise(setImmediate);
    };
    try {
      await says('before');
      expect((await clearLogs(state, [service('a', log)])).services).to.deep.equal([{ name: 'a', log_path: log, status: 'cleared', removed: 0, error: null }]);
      await says('after');
      expect(await readFile(log, 'utf8')).to.equal('after\n');
    } finally {
      child.stdin!.end();
      await once(child, 'exit');
    }
  });

  it('removes the older files of the log, and no other', async () => {
    for (const name of ['log', 'log.1', 'log.2', 'log.old', 'login.1']) await writeFile(join(directory, name), 'x\n');
    expect((await clearLogs(state, [service('a', join(directory, 'log'))])).services[0]).to.include({ status: 'cleared', removed: 2 });
    expect((await readdir(directory)).sort()).to.deep.equal(['log', 'log.old', 'login.1']);
    expect(await readFile(join(directory, 'login.1'), 'utf8')).to.equal('x\n');
  });

  it('counts what there was nothing of and what failed; a link is no log', async () => {
    await writeFile(join(directory, 'precious'), 'keep\n');
    await symlink(join(directory, 'precious'), join(directory, 'link'));
    await mkdir(join(directory, 'directory'));
    const report = await clearLogs(state, [service('none', null), service('gone', join(directory, 'gone')), service('link', join(directory, 'link')), service('directory', join(directory, 'directory'))]);
    expect(report.summary).to.deep.equal({ cleared: 0, missing: 1, unavailable: 1, failed: 2 });
    expect(report.ok).to.equal(false);
    expect(report.services[2]!.error).to.be.a('string').and.not.equal('');
    expect(await readFile(join(directory, 'precious'), 'utf8')).to.equal('keep\n');
  });
});
