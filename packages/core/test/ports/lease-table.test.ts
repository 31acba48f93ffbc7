import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnvctlError, type ProcessIdentity } from '../../dist/contract/index.js';
import { createLeaseTable, type LeaseTable, readKernelListeners } from '../../dist/ports/index.js';
import { identityOf, isAlive, self } from './process-identity.js';

const from = 23_100;

describe('lease table', () => {
  let root: string;
  let directory: string;
  let table: LeaseTable;
  let dead: Set<string>;
  let servers: Server[];
  let events: [string, Readonly<Record<string, unknown>>][];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    directory = join(root, 'leases');
    dead = new Set();
    servers = [];
    events = [];
    table = open('cli-1');
  });

  afterEach(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(root, { recursive: true });
  });

  it('leases the preferred port in a file of mode 0600 in a directory of mode 0700', async () => {
    expect(await acquire('backend')).to.deep.equal({ port: from, source: 'preferred' });
    expect(statSync(join(directory, `${from}.json`)).mode & 0o777).to.equal(0o600);
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
    expect(readdirSync(directory)).to.deep.equal([`${from}.json`]);
  });

  for (const [host, what] of [
    ['127.0.0.1', 'the IPv4 loopback'],
    ['0.0.0.0', 'the IPv4 wildcard'],
    ['::1', 'the IPv6 loopback'],
    ['::', 'the IPv6 wildcard'],
    ['127.0.0.9', 'another loopback address'],
  ] as const) {
    it(`walks past a listener on ${what} and keeps no lease there`, async () => {
      await listen(from, host);
      expect(readKernelListeners().filter((listener) => listener.port === from).map((listener) => listener.address)).to.deep.equal([host]);
      expect(await acquire('backend')).to.deep.equal({ port: from + 1, source: 'walk' });
      expect(readdirSync(directory)).to.deep.equal([`${from + 1}.json`]);
    });
  }

  it('counts a claim that may not be read as held: it is of another user, who may be about to act on it', async () => {
    const { port } = await acquire('backend');
    const path = join(directory, `${port}.json`);
    const before = readFileSync(path, 'utf8');
    const { id, token } = JSON.parse(before) as { id: string; token: string };
    // Root reads every file; a directory is what nobody can read.
    mkdirSync(join(directory, `.envctl-claim-${id}`));
    const error: unknown = await table.release(port, token, { keepReserved: false }).catch((thrown: unknown) => thrown);
    expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_LOCK_TIMEOUT');
    expect(readFileSync(path, 'utf8')).to.equal(before);
    await table.drop('nobody');
    expect(readdirSync(directory)).to.include(`.envctl-claim-${id}`);
  });

  it('skips ports that browsers refuse for http only', async () => {
    expect((await acquire('web', { preferred: 10_080, http: true })).port).to.not.equal(10_080);
    expect((await acquire('db', { preferred: 10_080, http: false })).port).to.equal(10_080);
  });

  describe('a port that a service moved to by itself', () => {
    const adopt = (service: string, port: number, change: { readonly http?: boolean } = {}) =>
      table.adopt({ preferred: port, owner: owner(service), token: `token-${service}`, http: false, ...change }, self());

    it('is leased though it is listened on, and held by the runner', async () => {
      await listen(from + 1, '127.0.0.1');
      await acquire('backend');
      await adopt('backend', from + 1);
      const [, adopted] = await table.list();
      expect(adopted).to.include({ port: from + 1, state: 'held' });
      expect(await table.release(from + 1, `token-${'backend'}`, { keepReserved: false })).to.equal(true);
    });

    it('yields when it was only reserved for somebody else', async () => {
      const { port } = await acquire('other');
      await table.release(port, `token-${'other'}`, { keepReserved: true });
      await adopt('backend', port);
      expect(await table.find(owner('backend'))).to.equal(port);
    });

    it('is refused when somebody else holds it, and when browsers refuse it', async () => {
      const { port } = await acquire('other');
      for (const [attempt, reason] of [[adopt('backend', port), /it is leased to other of/], [adopt('backend', 10_080, { http: true }), /browsers refuse to open it/]] as const) {
        const error: unknown = await attempt.catch((thrown: unknown) => thrown);
        expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_PORT_CONFLICT');
        expect(String(error)).to.match(reason);
      }
      expect(await table.find(owner('other'))).to.equal(port);
    });
  });

  it('skips the ports to avoid', async () => {
    expect((await acquire('backend', { avoid: new Set([from, from + 1]) })).port).to.equal(from + 2);
  });

  it('gives a service the port it had, also after its command and runner died', async () => {
    await acquire('frontend');
    const { port } = await acquire('backend');
    dead.add('cli-1');
    expect(await open('cli-2').acquire(request('backend', { token: 'next' }))).to.deep.equal({ port, source: 'remembered' });
  });

  it('forgets the old port when another one is preferred', async () => {
    await acquire('backend');
    await table.release(from, 'token-backend', { keepReserved: true });
    expect((await acquire('backend', { preferred: from + 50 })).port).to.equal(from + 50);
  });

  it('keeps a reserved port for its service', async () => {
    await acquire('backend');
    await table.release(from, 'token-backend', { keepReserved: true });
    expect((await acquire('frontend')).port).to.equal(from + 1);
    expect(await table.find(owner('backend'))).to.equal(from);
  });

  it('yields the oldest reservation under pressure', async () => {
    await acquire('old', { preferred: 64_999 });
    await table.release(64_999, 'token-old', { keepReserved: true });
    await acquire('young', { preferred: 65_000 });
    await table.release(65_000, 'token-young', { keepReserved: true });
    expect((await acquire('other', { preferred: 64_999 })).port).to.equal(64_999);
    expect((await acquire('another', { preferred: 64_999 })).port).to.equal(65_000);
  });

  it('says so when the walk ends', async () => {
    await acquire('last', { preferred: 65_000 });
    const error = await rejection(acquire('one-too-many', { preferred: 65_000 }));
    expect(error).to.include({ code: 'ENVCTL_E_PORT_EXHAUSTED', message: 'no free port found from 65000 to 65000' });
    expect(events.map(([event]) => event)).to.include('port.reservation.failed');
  });

  it('names who holds an exact port', async () => {
    await acquire('backend');
    const error = await rejection(acquire('frontend', { exact: from }));
    expect(error).to.include({ code: 'ENVCTL_E_PORT_CONFLICT' });
    expect(error?.message).to.include('backend of Main in /repository');
  });

  it('stays held while the runner lives', async () => {
    await acquire('backend');
    await table.bindRunner(from, 'token-backend', named('runner'));
    dead.add('cli-1');
    expect(await states()).to.deep.equal([[from, 'held']]);
    expect((await open('cli-2').acquire(request('frontend'))).port).to.equal(from + 1);
    dead.add('runner');
    dead.add('cli-2');
    expect(await states()).to.deep.equal([[from, 'reserved'], [from + 1, 'reserved']]);
  });

  it('lets only the token of the launch bind and release', async () => {
    await acquire('backend');
    expect(await table.release(from, 'another', { keepReserved: false })).to.equal(false);
    expect(await rejection(table.bindRunner(from, 'another', named('runner')))).to.include({ code: 'ENVCTL_E_PORT_CONFLICT' });
    expect(await states()).to.deep.equal([[from, 'held']]);
    expect(await table.release(from, 'token-backend', { keepReserved: false })).to.equal(true);
    expect(await states()).to.deep.equal([]);
  });

  for (const [what, content] of [
    ['empty', ''],
    ['torn', '{"version":1,"kind":"lea'],
    ['foreign', '[1,2,3]'],
    ['binary', '\u0000\u0001'],
  ] as const) {
    it(`reports and takes over a lease file that is ${what}`, async () => {
      damage(content);
      expect(await states()).to.deep.equal([[from, 'damaged']]);
      expect((await acquire('backend')).port).to.equal(from);
      const session = `session-${createHash('sha256').update('token-backend').digest('hex').slice(0, 8)}`;
      expect(events[0]).to.deep.equal(['port.lock.reclaim', { port: from, owner: 'Main:backend', session, reclaimed_owner: 'damaged', reclaimed_session: null, reclaimed_pid: null, damaged: true }]);
      expect(await states()).to.deep.equal([[from, 'held']]);
    });
  }

  it('leaves the port of a damaged lease alone while somebody listens there', async () => {
    await listen(from, '127.0.0.1');
    damage('');
    expect((await acquire('backend')).port).to.equal(from + 1);
  });

  it('walks past a lease that cannot be read', async () => {
    mkdirSync(join(directory, `${from}.json`), { recursive: true });
    expect((await acquire('backend')).port).to.equal(from + 1);
    expect(await states()).to.deep.equal([[from, 'damaged'], [from + 1, 'held']]);
  });

  it('gives a borrowed reservation back when the port is busy', async () => {
    await acquire('backend');
    await table.release(from, 'token-backend', { keepReserved: true });
    await listen(from, '127.0.0.1');
    expect((await acquire('backend', { token: 'next' })).port).to.equal(from + 1);
    expect(await states()).to.deep.equal([[from, 'reserved'], [from + 1, 'held']]);
  });

  it('drops the dead and reserved leases of one scope', async () => {
    await acquire('backend');
    await acquire('frontend');
    await table.release(from + 1, 'token-frontend', { keepReserved: true });
    await open('cli-2').acquire({ ...request('stranger'), owner: { ...owner('stranger'), scopeId: 'repo-2' } });
    await open('cli-3').acquire(request('alive'));
    dead.add('cli-1').add('cli-2');
    expect(await table.drop('repo-1')).to.deep.equal([from, from + 1]);
    expect(await states()).to.deep.equal([[from + 2, 'reserved'], [from + 3, 'held']]);
  });

  it('drops damaged leases unless somebody listens there', async () => {
    damage('');
    await listen(from, '127.0.0.1');
    await table.drop('repo-1');
    expect(await states()).to.deep.equal([[from, 'damaged']]);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await table.drop('repo-1');
    expect(await states()).to.deep.equal([]);
  });

  it('says where it could not write', async () => {
    writeFileSync(join(root, 'file'), '');
    directory = join(root, 'file', 'leases');
    const error = await rejection(open('cli-1').acquire(request('backend')));
    expect(error).to.include({ code: 'ENVCTL_E_STATE_WRITE' });
    expect(error?.message).to.include(directory);
  });

  it('survives a crash at every seam point', async () => {
    const points: string[] = [];
    await open('cli-1', (point) => points.push(point)).acquire(request('backend'));
    expect(points).to.deep.equal(['lease.acquire.before-effect', 'lease.acquire.after-effect', 'lease.acquire.after-confirm']);
    for (const [index, fatal] of points.entries()) {
      const name = `crashed-${index}`;
      const crash = open(name, (point) => {
        if (point === fatal) throw new Error('killed');
      });
      await rejection(crash.acquire(request('frontend', { preferred: from + 10 + index })));
      dead.add(name);
      expect((await acquire('frontend', { preferred: from + 10 + index, token: name })).port).to.equal(from + 10 + index);
    }
  });

  function open(name: string, seam?: (point: string) => void): LeaseTable {
    let tick = 0;
    return createLeaseTable({
      directory,
      self: named(name),
      isAlive: (identity) => !dead.has(identity.bootId),
      now: () => (tick += 1),
      events: { emit: (event, fields = {}) => void events.push([event, fields]) },
      ...(seam === undefined ? {} : { seam }),
    });
  }

  /** Commands of this test share one process; the boot id tells them apart. */
  function named(name: string): ProcessIdentity {
    return { ...self(), bootId: name };
  }

  function owner(service: string) {
    return { scopeId: 'repo-1', project: 'Main', service, repositoryRoot: '/repository' };
  }

  function request(service: string, overrides: Partial<Parameters<LeaseTable['acquire']>[0]> = {}): Parameters<LeaseTable['acquire']>[0] {
    return { preferred: from, owner: owner(service), token: `token-${service}`, http: true, ...overrides };
  }

  function acquire(service: string, overrides: Partial<Parameters<LeaseTable['acquire']>[0]> = {}) {
    return table.acquire(request(service, overrides));
  }

  async function states(): Promise<readonly (readonly [number, string])[]> {
    return (await table.list()).map((lease) => [lease.port, lease.state] as const);
  }

  function damage(content: string): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${from}.json`), content);
  }

  async function listen(port: number, host: string): Promise<void> {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, ipv6Only: true }, () => resolve());
    });
  }
});

describe('kernel listeners', () => {
  it('reads addresses, inodes and users of listening sockets only', () => {
    const root = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    mkdirSync(join(root, 'net'));
    const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
    const row = (local: string, state: string, uid: number, inode: number) => `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
    writeFileSync(join(root, 'net/tcp'), header + row('0100007F:1F90', '0A', 1000, 11) + row('00000000:0016', '0A', 0, 13) + row('0100007F:1F91', '01', 1000, 12));
    writeFileSync(join(root, 'net/tcp6'), header + row('00000000000000000000000001000000:1F90', '0A', 5, 14) + row('B80D0120000000000000000001000000:0050', '0A', 0, 15));
    expect(readKernelListeners({ procRoot: root })).to.deep.equal([
      { port: 8080, address: '127.0.0.1', family: 4, inode: '11', uid: 1000 },
      { port: 22, address: '0.0.0.0', family: 4, inode: '13', uid: 0 },
      { port: 8080, address: '::1', family: 6, inode: '14', uid: 5 },
      { port: 80, address: '2001:db8::1', family: 6, inode: '15', uid: 0 },
    ]);
    rmSync(root, { recursive: true });
  });

  it('is empty where there is no /proc', () => {
    expect(readKernelListeners({ procRoot: '/nonexistent' })).to.deep.equal([]);
  });

  it('tells this process alive and a reused pid dead', () => {
    expect(isAlive(self())).to.equal(true);
    expect(isAlive({ ...self(), startTicks: '1' })).to.equal(false);
    expect(identityOf(process.pid)?.pid).to.equal(process.pid);
    expect(readFileSync('/proc/self/stat', 'utf8')).to.include(self().startTicks);
  });
});

async function rejection(promise: Promise<unknown>): Promise<{ readonly code?: string; readonly message: string } | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return isEnvctlError(error) ? { code: error.code, message: error.message } : { message: String(error) };
  }
}
