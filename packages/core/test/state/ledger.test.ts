import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createLedger, type Ledger, ledgerIdOf, type TeardownStep, teardownStepKinds } from '../../dist/state/index.js';
import { ownIdentity, temporaryDirectory } from './support.js';

const steps: readonly TeardownStep[] = [
  { kind: 'process', launchId: 'main-backend', directory: '/state/launches/main-backend' },
  { kind: 'lease', port: 8000, token: 'abc' },
  { kind: 'file', path: '/store/pg', temporary: true },
  { kind: 'container', engine: 'docker', name: 'pg', labels: { 'envctl.scope': 'repo-1' } },
  { kind: 'volume', engine: 'docker', name: 'pg', labels: { 'envctl.scope': 'repo-1' } },
  { kind: 'network', engine: 'docker', name: 'pg', labels: { 'envctl.scope': 'repo-1' } },
  { kind: 'logical', dependency: 'postgres', instance: 'postgres-repo', resource: { kind: 'database', name: 'app_main', project: 'Main', data: { owner: 'app' } } },
];

describe('ledger', () => {
  let root: ReturnType<typeof temporaryDirectory>;
  let directory: string;
  let seen: string[];
  let ledger: Ledger;
  const open = (): Ledger => createLedger({ directory, now: () => 1000, self: ownIdentity(), seam: (point) => { seen.push(point); } });
  const intend = (step: TeardownStep, durable = true) => ledger.intent({ kind: 'service', project: 'Main', runId: 'run-1', step, durable });

  beforeEach(() => {
    root = temporaryDirectory();
    directory = join(root.path, 'ledger');
    seen = [];
    ledger = open();
  });
  afterEach(() => root.remove());

  it('is empty before anything was acquired', async () => {
    expect(await ledger.list()).to.deep.equal({ entries: [], damaged: [] });
  });

  it('holds every kind of resource, the newest first, in private files another command reads', async () => {
    expect(steps.map((step) => step.kind)).to.deep.equal(teardownStepKinds);
    const entries = [];
    for (const [index, step] of steps.entries()) entries.unshift(await intend(step, index % 2 === 0));
    expect((await open().list()).entries).to.deep.equal(entries);
    expect(new Set(entries.map((entry) => entry.id)).size).to.equal(steps.length);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).to.equal(0o600);
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
  });

  it('goes from intent to confirmed to nothing, with the seam around each effect', async () => {
    const { id, phase } = await intend({ kind: 'container', engine: 'docker', name: 'pg', labels: {} });
    expect(phase).to.equal('intent');
    await ledger.confirm(id, { labels: { a: 'b' } });
    expect((await open().list()).entries[0]).to.deep.include({ phase: 'confirmed', step: { kind: 'container', engine: 'docker', name: 'pg', labels: { a: 'b' } } });
    await ledger.release(id);
    await ledger.release(id);
    expect((await open().list()).entries).to.deep.equal([]);
    expect(seen.slice(0, 6)).to.deep.equal([
      'ledger.container.before-intent', 'ledger.container.before-effect', 'ledger.container.after-effect', 'ledger.container.after-confirm',
      'ledger.container-release.before-effect', 'ledger.container-release.after-effect',
    ]);
  });

  it('has one entry for one resource, confirmed once it was', async () => {
    const [step] = steps as [TeardownStep];
    const { id } = await intend(step);
    await ledger.confirm(id);
    const again = await open().intent({ project: 'Main', runId: 'run-2', step, durable: true });
    expect([again.id, again.phase, again.runId, again.kind]).to.deep.equal([id, 'confirmed', 'run-2', 'process']);
    expect((await ledger.list()).entries).to.have.length(1);
  });

  it('puts a resource back on record when its entry was removed before the confirmation', async () => {
    const { id } = await intend(steps[0] as TeardownStep);
    await open().release(id);
    await ledger.confirm(id);
    expect((await open().list()).entries.map((entry) => [entry.id, entry.phase])).to.deep.equal([[id, 'confirmed']]);
    rmSync(directory, { recursive: true });
    await ledger.confirm(id);
    expect((await open().list()).entries).to.have.length(1);
  });

  it('keeps fields it does not know', async () => {
    const { id } = await intend(steps[0] as TeardownStep);
    const path = join(directory, `${id}.json`);
    writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"colour":"blue",').replace('"kind": "process"', '"kind": "process", "cgroup": "/x"'));
    await open().confirm(id);
    expect((await ledger.list()).entries[0]).to.deep.include({ colour: 'blue' }).and.to.have.nested.property('step.cgroup', '/x');
  });

  for (const content of ['', '{"schemaVersion":1', 'null', '{"schemaVersion":2}', '{}']) {
    it(`reports a damaged entry and still gives the others: ${JSON.stringify(content)}`, async () => {
      const { id } = await intend(steps[0] as TeardownStep);
      const path = join(directory, 'lease-8000-0123456789ab.json');
      writeFileSync(path, content);
      const { entries, damaged } = await ledger.list();
      expect(entries.map((entry) => entry.id)).to.deep.equal([id]);
      expect(damaged.map((item) => item.path)).to.deep.equal([path]);
      expect(damaged[0]?.message).not.to.equal('');
      const aside = await ledger.quarantine(path);
      expect([basename(aside), readFileSync(aside, 'utf8')]).to.deep.equal([basename(path), content]);
      expect((await ledger.list()).damaged).to.deep.equal([]);
    });
  }

  it('reports a step it cannot carry out, a directory in place of a file, and a file under another name', async () => {
    const { id } = await intend(steps[0] as TeardownStep);
    const text = readFileSync(join(directory, `${id}.json`), 'utf8');
    writeFileSync(join(directory, 'a.json'), text.replace('"kind": "process"', '"kind": "satellite"'));
    writeFileSync(join(directory, 'b.json'), text);
    mkdirSync(join(directory, 'c.json'));
    const { entries, damaged } = await ledger.list();
    expect(entries).to.have.length(1);
    expect(damaged.map((item) => basename(item.path)).sort()).to.deep.equal(['a.json', 'b.json', 'c.json']);
  });

  it('tells resources apart by what they are', () => {
    expect(ledgerIdOf({ kind: 'lease', port: 8000, token: 'a' })).not.to.equal(ledgerIdOf({ kind: 'lease', port: 8000, token: 'b' }));
    expect(ledgerIdOf({ kind: 'file', path: '/a/../../b' })).to.match(/^file-a-b-[0-9a-f]{12}$/);
  });
});
