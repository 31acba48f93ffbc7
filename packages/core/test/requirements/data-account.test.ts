import { chown, mkdtemp, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { noSeam } from '../../dist/index.js';
import { newInstanceRecord, prepareInstanceDirectories } from '../../dist/requirements/index.js';
import { toScopePaths } from '../../dist/scope/index.js';
import { skip } from '../skip.js';

const theirs = { uid: 65534, gid: 65534, name: 'nobody', home: '/nonexistent' };
const other = { uid: 64123, gid: 64123, name: 'data', home: '/nonexistent' };

describe('the account of the data', () => {
  let directory: string;
  before(function () {
    if (process.getuid?.() !== 0) skip(this, 'platform: only root can give files to another user');
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  function open(dataUser: typeof theirs | undefined) {
    const scope = { id: 'repo-0123456789ab', repositoryRoot: directory, mode: 'main' as const };
    const context = { scope, dataUser, seam: noSeam, paths: toScopePaths({ runtimeRoot: join(directory, 'runtime'), storeRoot: join(directory, 'store'), scopeId: scope.id }) };
    const record = newInstanceRecord(context, 'redis-main', { dependency: 'redis', share: 'project', project: 'Main', driver: 'native' });
    return { record, prepare: () => prepareInstanceDirectories(context, record) };
  }

  it('is refused when it changes, with both names, and nothing is changed', async () => {
    const first = open(theirs);
    await first.prepare();
    await writeFile(join(first.record.directory, 'dump.rdb'), '');
    const error: unknown = await open(other).prepare().catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'ENVCTL_E_DEPENDENCY_FAILED', kind: 'environment' });
    expect((error as Error).message).to.contain('belongs to nobody').and.to.contain('run as data');
    expect((await stat(first.record.directory)).uid).to.equal(theirs.uid);
    await first.prepare();
  });

  it('is taken over where a killed command left an empty directory', async () => {
    const { record, prepare } = open(theirs);
    await mkdir(record.directory, { recursive: true });
    await chown(record.directory, 0, 0);
    await prepare();
    expect((await stat(record.directory)).uid).to.equal(theirs.uid);
  });
});
