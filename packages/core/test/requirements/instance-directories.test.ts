import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isEnvctlError, noSeam } from '../../dist/contract/index.js';
import { assertStoreReachable, newInstanceRecord, prepareInstanceDirectories } from '../../dist/requirements/instance-store.js';
import { toScopePaths } from '../../dist/scope/index.js';
import { skip } from '../skip.js';

describe('prepareInstanceDirectories', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'envctl-test-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const nobody = { uid: 65534, gid: 65534, name: 'nobody', home: '/' };
  const prepare = async (asRoot: boolean, socketDirectory?: string) => {
    const paths = toScopePaths({ runtimeRoot: join(root, 'rt'), storeRoot: join(root, 'store'), scopeId: 'repo-1' });
    const context = { paths, seam: noSeam, dataUser: asRoot ? nobody : undefined, scope: { id: 'repo-1', repositoryRoot: root, mode: 'main' as const } };
    const made = newInstanceRecord(context, 'db', { dependency: 'db', share: 'scope', project: null, driver: 'native' });
    const record = { ...made, socketDirectory: socketDirectory ?? made.socketDirectory };
    return { paths, record, error: await prepareInstanceDirectories(context, record).then(() => undefined, (error: unknown) => error) };
  };

  it('gives the data user its directories, and every directory above them can be passed, whatever the umask', async function () {
    if (process.getuid?.() !== 0) skip(this, 'platform: only root can become another user');
    chmodSync(root, 0o711);
    const umask = process.umask(0o077);
    const { paths, record, error } = await prepare(true).finally(() => process.umask(umask));
    expect(error).to.equal(undefined);
    for (const path of [record.directory, record.socketDirectory]) {
      expect(statSync(path)).to.include({ uid: nobody.uid });
      expect(statSync(path).mode & 0o777).to.equal(0o700);
    }
    for (const path of [paths.store, paths.storeLaunches, join(record.socketDirectory, '..')]) expect(statSync(path).mode & 0o777, path).to.equal(0o711);
  });

  it('says which directory keeps the data user from the store, and what to do', () => {
    const store = join(root, 'above/store');
    mkdirSync(store, { recursive: true });
    // Of another account than the one that the tests run as.
    const stranger = { uid: (process.getuid?.() ?? 0) + 4242, gid: (process.getgid?.() ?? 0) + 4242, name: 'servers', home: '/' };
    const refusal = (): unknown => {
      try {
        return assertStoreReachable(stranger, store);
      } catch (error) {
        return error;
      }
    };
    chmodSync(join(root, 'above'), 0o711);
    chmodSync(root, 0o700);
    const error = refusal();
    expect(isEnvctlError(error) && { code: error.code, message: error.message, hint: error.hints[0] }).to.deep.equal({
      code: 'ENVCTL_E_FILE_SYSTEM',
      message: `${root} is closed to servers, the account that servers run as: they cannot get to the store ${store}.`,
      hint: `chmod o+x ${root}`,
    });
    chmodSync(root, 0o711);
    chmodSync(store, 0o700);
    expect(refusal()).to.equal(undefined);
  });

  for (const asRoot of [false, true]) {
    it(`refuses a socket directory that is somebody's link${asRoot ? ', and its target keeps its owner' : ''}`, async function () {
      if (asRoot && process.getuid?.() !== 0) skip(this, 'platform: only root can become another user');
      const target = join(root, 'target');
      mkdirSync(target);
      symlinkSync(target, join(root, 'sockets'));
      const { error } = await prepare(asRoot, join(root, 'sockets'));
      expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_FILE_SYSTEM');
      expect(statSync(target).uid).to.equal(process.getuid?.());
    });
  }
});
