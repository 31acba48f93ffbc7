import { expect } from 'chai';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLeaseTable } from '../../dist/ports/index.js';
import { deadIdentity, isAlive, self } from './process-identity.js';

const worker = fileURLToPath(new URL('./lease-worker.js', import.meta.url));
const from = 21_000;

describe('port leases under ten racing processes', function () {
  this.timeout(120_000);
  let directory: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'envctl-test-')), 'leases');
    children = Array.from({ length: 10 }, () => fork(worker, { execArgv: [] }));
    await Promise.all(children.map((child) => once(child, 'message')));
  });

  afterEach(async () => {
    await endChildren();
    rmSync(join(directory, '..'), { recursive: true });
  });

  it('never gives the same port to two of them', async () => {
    const ports = (await race({ count: 50, exact: false })).flat();
    expect(ports).to.have.length(500);
    expect(new Set(ports).size).to.equal(500);
  });

  it('gives each lease of a dead holder to one of them', async () => {
    leaveDeadLeases(50);
    const ports = (await race({ count: 50, exact: true })).flat();
    expect([...ports].sort()).to.deep.equal(Array.from({ length: 50 }, (_, index) => from + index));
  });

  it('gives each damaged lease to one of them', async () => {
    mkdirSync(directory, { recursive: true });
    for (let index = 0; index < 50; index += 1) writeFileSync(join(directory, `${from + index}.json`), '{"version":1,"ki');
    const ports = (await race({ count: 50, exact: true })).flat();
    expect([...ports].sort()).to.deep.equal(Array.from({ length: 50 }, (_, index) => from + index));
  });

  it('leaves nothing behind once the killed processes are dropped', async () => {
    leaveDeadLeases(50);
    const answers = children.map((child) => once(child, 'message'));
    order({ count: 50, exact: true });
    await Promise.race(answers);
    await endChildren();
    const table = createLeaseTable({ directory, self: self(), isAlive, now: Date.now });
    await table.drop('repo-1');
    expect(readdirSync(directory)).to.deep.equal([]);
  });

  async function race(options: { readonly count: number; readonly exact: boolean }): Promise<readonly (readonly number[])[]> {
    const answers = children.map(async (child) => ((await once(child, 'message')) as [readonly number[]])[0]);
    order(options);
    return Promise.all(answers);
  }

  function order({ count, exact }: { readonly count: number; readonly exact: boolean }): void {
    children.forEach((child, index) => child.send({ directory, from, count, exact, name: `worker-${index}`, sameOwner: false }));
  }

  async function endChildren(): Promise<void> {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }

  function leaveDeadLeases(count: number): void {
    mkdirSync(directory, { recursive: true });
    for (let index = 0; index < count; index += 1) {
      const port = from + index;
      writeFileSync(
        join(directory, `${port}.json`),
        JSON.stringify({
          version: 1, kind: 'lease', id: `dead-${port}`, port, state: 'held', token: 't', owner: { scope_id: 'repo-1', project: 'Gone', service: 'x', repository_root: '/r' },
          holder: deadIdentity, runner: null, preferred: port, http: true, created_at: 1, updated_at: 1,
        }),
      );
    }
  }
});
