import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isEnvctlError, noSeam } from '../../dist/contract/index.js';
import { newInstanceRecord, prepareInstanceDirectories } from '../../dist/requirements/instance-store.js';
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
