import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { noSeam } from '../../dist/contract/index.js';
import type { InstanceRecord } from '../../dist/requirements/instance-schema.js';
import { instancePath, newInstanceRecord, readInstance, readInstances, writeInstance } from '../../dist/requirements/instance-store.js';
import { toScopePaths } from '../../dist/scope/index.js';

/** A record as plain data. */
const whole: InstanceRecord = { version: 1, id: 'db', dependency: 'db', share: 'scope', project: null, driver: 'native', directory: '/store/db', socketDirectory: '/store/s', ports: {}, token: null, holders: [] };

describe('the records of dependency instances', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'envctl-test-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const contextIn = (storeRoot = join(root, 'store')) => ({
    paths: toScopePaths({ runtimeRoot: join(root, 'rt'), storeRoot, scopeId: 'repo-1' }),
    scope: { id: 'repo-1', repositoryRoot: root, mode: 'main' as const },
    seam: noSeam,
  });
  const make = (id: string, change: Partial<InstanceRecord> = {}): InstanceRecord => ({ ...newInstanceRecord(contextIn(), id, { dependency: id, share: 'scope', project: null, driver: 'native' }), ...change });
  const plant = (id: string, text: string): string => {
    const context = contextIn();
    mkdirSync(context.paths.instances, { recursive: true });
    writeFileSync(instancePath(context, id), text);
    return instancePath(context, id);
  };

  it('a new one has nothing yet: no port, no token, no holder, and a directory of its own in the store', () => {
    const { paths } = contextIn();
    expect(make('db')).to.deep.include({ version: 1, id: 'db', ports: {}, token: null, holders: [], directory: join(paths.store, 'db') });
    expect(make('cache').directory).to.not.equal(make('db').directory);
    expect(make('cache').socketDirectory).to.not.equal(make('db').socketDirectory);
  });

  it('reads what was written, whole, for nobody else', async () => {
    const record = make('db', { ports: { db: 5432 }, token: 'abc', holders: ['Main', 'feature-1'] });
    await writeInstance(contextIn(), record);
    expect(await readInstance(contextIn(), 'db')).to.deep.equal(record);
    const path = instancePath(contextIn(), 'db');
    expect(statSync(path).mode & 0o077).to.equal(0);
    expect(readdirSync(join(path, '..'))).to.deep.equal(['db.json']);
  });

  it('keeps what a newer version wrote beside', async () => {
    await writeInstance(contextIn(), { ...make('db'), seeded_from: 'production' });
    const read = await readInstance(contextIn(), 'db');
    await writeInstance(contextIn(), { ...read!, holders: ['Main'] });
    expect(await readInstance(contextIn(), 'db')).to.include({ seeded_from: 'production' });
  });

  it('there is none where none was written', async () => {
    expect(await readInstance(contextIn(), 'db')).to.equal(undefined);
    expect(await readInstances(contextIn())).to.deep.equal({ instances: [], damaged: [] });
    expect(existsSync(contextIn().paths.instances)).to.equal(false);
  });

  const damages: readonly (readonly [what: string, text: string])[] = [
    ['that is empty', ''],
    ['that is torn', JSON.stringify(whole).slice(0, 40)],
    ['that is no object', '[]'],
    ['that is of another version', JSON.stringify({ ...whole, version: 2 })],
    ['with a port that is none', JSON.stringify({ ...whole, ports: { db: 0 } })],
    ['with a driver nobody knows', JSON.stringify({ ...whole, driver: 'magic' })],
    ['without its holders', JSON.stringify({ ...whole, holders: undefined })],
  ];
  for (const [what, text] of damages) {
    it(`one ${what} is an error with its path and the mend; the others are still read`, async () => {
      const path = plant('db', text);
      await writeInstance(contextIn(), make('cache'));
      const error: unknown = await readInstance(contextIn(), 'db').catch((thrown: unknown) => thrown);
      expect(error).to.deep.include({ code: 'ENVCTL_E_STATE_UNREADABLE', data: { path } });
      expect(error).to.have.property('message', `The record of dependency instance db is damaged: ${path}`);
      const { instances, damaged } = await readInstances(contextIn());
      expect([instances.map(({ id }) => id), damaged]).to.deep.equal([['cache'], [path]]);
      expect(readFileSync(path, 'utf8')).to.equal(text);
    });
  }

  it('lists by name and passes over what is no record', async () => {
    for (const id of ['redis-main', 'db', 'db-feature-1']) await writeInstance(contextIn(), make(id));
    writeFileSync(join(contextIn().paths.instances, 'notes.txt'), 'mine');
    mkdirSync(join(contextIn().paths.instances, 'logs'));
    expect((await readInstances(contextIn())).instances.map(({ id }) => id)).to.deep.equal(['db-feature-1', 'db', 'redis-main']);
  });

  for (const [what, name] of [['short', 'store'], ['long', 'a'.repeat(90)], ['long in bytes only', 'é'.repeat(45)]] as const) {
    it(`a socket path stays below its limit in a store whose path is ${what}, and is the same every time`, () => {
      const identity = { dependency: 'db', share: 'scope', project: null, driver: 'native' } as const;
      const { socketDirectory } = newInstanceRecord(contextIn(join(root, name)), 'db', identity);
      expect(Buffer.byteLength(`${socketDirectory}/.s.PGSQL.65000`)).to.be.at.most(107);
      expect(newInstanceRecord(contextIn(join(root, name)), 'db', identity).socketDirectory).to.equal(socketDirectory);
      expect(newInstanceRecord(contextIn(join(root, `${name}x`)), 'db', identity).socketDirectory).to.not.equal(socketDirectory);
    });
  }
});
