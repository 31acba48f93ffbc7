import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf, isSameProcess, listenersByPid, readProcessTable, selfIdentity } from '../../dist/processes/index.js';
import { skip } from '../skip.js';

describe('readProcessTable', () => {
  let procRoot: string;
  beforeEach(() => (procRoot = mkdtempSync(join(tmpdir(), 'envctl-test-'))));
  afterEach(() => rmSync(procRoot, { recursive: true }));
  const put = (pid: number, comm: string, state: string, threads: number): void => {
    mkdirSync(join(procRoot, String(pid)), { recursive: true });
    writeFileSync(join(procRoot, String(pid), 'stat'), `${pid} (${comm}) ${state} 1 2 3 0 -1 4 0 0 0 0 0 0 0 0 20 0 ${threads} 0 9876 0 0\n`);
    mkdirSync(join(procRoot, 'sys/kernel/random'), { recursive: true });
    writeFileSync(join(procRoot, 'sys/kernel/random/boot_id'), 'boot\n');
  };

  for (const comm of ['plain', 'two words', 'a) S 1 (b', '()', 'größer']) {
    it(`reads a process named ${comm}`, () => {
      put(77, comm, 'S', 1);
      expect(readProcessTable({ procRoot }).get(77)).to.include({ pid: 77, comm, state: 'S', ppid: 1, pgid: 2, sid: 3, startTicks: '9876' });
    });
  }

  for (const [what, state, threads, same] of [
    ['a zombie is gone', 'Z', 1, false],
    ['a process whose first thread ended lives', 'Z', 3, true],
    ['a sleeping process lives', 'S', 1, true],
  ] as const) {
    it(what, () => {
      put(77, 'x', state, threads);
      const identity = { pid: 77, startTicks: '9876', bootId: 'boot', pidNamespace: '' };
      expect(isSameProcess(identity, readProcessTable({ procRoot }))).to.equal(same);
      expect(isSameProcess({ ...identity, startTicks: '9875' }, readProcessTable({ procRoot }))).to.equal(false);
      expect(isSameProcess({ ...identity, bootId: 'later' }, readProcessTable({ procRoot }))).to.equal(false);
      expect(isSameProcess({ ...identity, pidNamespace: 'pid:[1]' }, readProcessTable({ procRoot }))).to.equal(false);
    });
  }

  it('knows a thread of the kernel by its flags: process 2 may be anybody in a container', () => {
    put(2, 'sh', 'S', 1);
    put(77, 'service', 'S', 1);
    put(78, 'kworker', 'I', 1);
    for (const [pid, comm, flags] of [[77, 'service', 0x404100], [78, 'kworker', 0x208060]] as const) {
      writeFileSync(join(procRoot, String(pid), 'stat'), `${pid} (${comm}) S 2 2 3 0 -1 ${flags} 0 0 0 0 0 0 0 0 20 0 1 0 9876 0 0\n`);
    }
    const table = readProcessTable({ procRoot });
    expect([2, 77, 78].map((pid) => table.get(pid)?.isKernel)).to.deep.equal([false, false, true]);
  });

  it('shows this process and a child with its environment', () => {
    const child = spawn('sleep', ['1000'], { env: { PATH: process.env['PATH'] ?? '', MARK: 'a=b' }, stdio: 'ignore' });
    try {
      const table = readProcessTable();
      expect(isSameProcess(selfIdentity(), table)).to.equal(true);
      expect(identityOf(child.pid!, table)).to.deep.equal(identityOf(child.pid!));
      expect(table.environ(child.pid!)?.get('MARK')).to.equal('a=b');
      expect(table.childrenOf(process.pid).map(({ pid }) => pid)).to.include(child.pid);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('listenersByPid', () => {
  for (const host of ['127.0.0.1', '::1']) {
    it(`finds a listener on ${host}, for the pids asked`, async function () {
      const server = createServer();
      const listening = await new Promise<boolean>((resolve) => server.once('error', () => resolve(false)).listen(0, host, () => resolve(true)));
      if (!listening) skip(this, `platform: ${host} cannot be bound`);
      const { port } = server.address() as AddressInfo;
      expect(listenersByPid([process.pid]).get(process.pid)).to.include(port);
      expect([...listenersByPid([1])].every(([, ports]) => !ports.includes(port))).to.equal(true);
      await new Promise((resolve) => server.close(resolve));
      expect(listenersByPid([process.pid]).get(process.pid) ?? []).to.not.include(port);
    });
  }
});
