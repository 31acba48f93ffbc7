import { expect } from 'chai';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isLegacyState, mergeByProject, readLatestState, type RunState, type StateCompatMode, type StateRepository, toLegacyPlaces } from '../../../dist/state/index.js';
import { findLegacyState } from '../../../dist/state/legacy/find-legacy-state.js';
import { repositoryIn, scopeId, stateOf, temporaryDirectory } from '../support.js';

const artifacts = ['error_report.json', 'events.jsonl', 'ports_manifest.json', 'run_state.json', 'runtime_map.json', 'runtime_readiness_report.json'];

describe('mirror for readers of the original', () => {
  let world: ReturnType<typeof temporaryDirectory>;
  let skipped: string[];
  beforeEach(() => {
    world = temporaryDirectory();
    skipped = [];
  });
  afterEach(() => world.remove());

  const runtime = (...parts: string[]): string => join(world.path, 'runtime', ...parts);
  const own = (...parts: string[]): string => runtime('python-engine', scopeId, ...parts);
  const engine = (id = scopeId): string => join(world.path, 'engine', id);
  const filesBelow = (directory: string): readonly string[] => (existsSync(directory) ? readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort() : []);

  function repository(options: { readonly mode?: StateCompatMode; readonly id?: string; readonly seam?: (point: string) => void } = {}): StateRepository {
    const id = options.id ?? scopeId;
    return repositoryIn(engine(id), {
      scopeId: id,
      mirror: { mode: options.mode ?? 'compat_read_write', runtimeDirectory: runtime(), uid: process.getuid?.() ?? -1, onSkipped: (reason) => skipped.push(reason) },
      ...(options.seam === undefined ? {} : { seam: options.seam }),
    });
  }

  const commit = (to: StateRepository, runId: string, project = 'Main', mode: 'main' | 'trees' = 'main'): Promise<RunState> =>
    to.commit({ runId, mode, merge: (previous) => mergeByProject(previous, stateOf(runId, project, 8000, mode)) });

  const readAsOriginal = (mode?: 'main' | 'trees') => {
    const places = toLegacyPlaces({ mode: 'compat_read_only', runtimeDirectory: runtime(), scopeId, repositoryRoot: '/work/Main', uid: -1 });
    return findLegacyState(places!, mode === undefined ? {} : { mode });
  };

  it('holds the six artifacts, the pointers and the runs they name, byte for byte, in the directory of the repository', async () => {
    await commit(repository(), 'run-1');
    expect(filesBelow(runtime())).to.deep.equal(['.last_state', '.last_state.main', ...artifacts, 'runs/run-1/run_state.json'].map((name) => join('python-engine', scopeId, name)).sort());
    for (const name of artifacts) expect(readFileSync(own(name), 'utf8'), name).to.equal(readFileSync(join(engine(), name), 'utf8'));
    expect(readFileSync(own('.last_state.main'), 'utf8')).to.equal(`${own('runs', 'run-1', 'run_state.json')}\n`);
    expect(skipped).to.deep.equal([]);
  });

  it('is found by the original’s lookup, each mode with its own state', async () => {
    const to = repository();
    await commit(to, 'run-1');
    await commit(to, 'run-2', 'a-1', 'trees');
    expect(readAsOriginal('main').found?.state).to.deep.include({ run_id: 'run-1', mode: 'main' });
    expect(readAsOriginal('trees').found?.state).to.deep.include({ run_id: 'run-2', mode: 'trees' });
    expect(isLegacyState(readAsOriginal().found!.state)).to.equal(true);
  });

  it('follows every change: an update, a recorded failure, a stop of one mode, a stop', async () => {
    const to = repository();
    await commit(to, 'run-1');
    await to.update('run-1', (state) => ({ ...state, services: {} }));
    expect(readAsOriginal().found?.state.services).to.deep.equal({});
    await to.commitFailure({ runId: 'run-9', mode: 'main', errors: ['it broke'] });
    expect(readFileSync(own('error_report.json'), 'utf8')).to.include('it broke');
    await commit(to, 'run-2', 'a-1', 'trees');
    await to.clear({ mode: 'trees' });
    expect(readAsOriginal().found?.state.run_id).to.equal('run-1');
    expect(filesBelow(own('runs'))).to.deep.equal(['run-1/run_state.json']);
    await to.clear();
    expect(existsSync(own())).to.equal(false);
    expect(existsSync(join(engine(), 'compat_mirror.json'))).to.equal(false);
  });

  for (const mode of ['compat_read_only', 'scoped_only'] as const) {
    it(`is not written with ${mode}`, async () => {
      await commit(repository({ mode }), 'run-1');
      expect(existsSync(runtime())).to.equal(false);
    });
  }

  it('goes when it is no longer wanted, and is left alone with scoped_only', async () => {
    await commit(repository(), 'run-1');
    const before = filesBelow(runtime());
    await commit(repository({ mode: 'scoped_only' }), 'run-2');
    expect(filesBelow(runtime())).to.deep.equal(before);
    await commit(repository({ mode: 'compat_read_only' }), 'run-3');
    expect(filesBelow(runtime())).to.deep.equal([]);
  });

  it('never meets another repository’s', async () => {
    const other = 'repo-ffffffffffff';
    await commit(repository({ id: other }), 'run-1');
    const before = filesBelow(runtime('python-engine', other)).map((name) => readFileSync(runtime('python-engine', other, name), 'utf8'));
    await commit(repository(), 'run-2');
    await repository().clear({ runs: true });
    expect(filesBelow(runtime('python-engine', other)).map((name) => readFileSync(runtime('python-engine', other, name), 'utf8'))).to.deep.equal(before);
  });

  it('is not written over a state that the original has there; ours is committed all the same', async () => {
    mkdirSync(own(), { recursive: true });
    writeFileSync(own('run_state.json'), '{"schema_version":1}');
    const state = await commit(repository(), 'run-1');
    expect(readLatestState(engine())).to.deep.equal(state);
    expect(filesBelow(runtime('python-engine'))).to.deep.equal([join(scopeId, 'run_state.json')]);
    expect(skipped).to.have.lengthOf(1);
    expect(skipped[0]).to.include(own('run_state.json'));
    await repository().clear({ runs: true });
    expect(readFileSync(own('run_state.json'), 'utf8')).to.equal('{"schema_version":1}');
  });

  it('loses only what it wrote itself', async () => {
    await commit(repository(), 'run-1');
    writeFileSync(own('runtime_map.json'), '{"by":"the original"}');
    await repository().clear({ runs: true });
    expect(filesBelow(runtime())).to.deep.equal([join('python-engine', scopeId, 'runtime_map.json')]);
  });

  it('follows no link out of the directory', async () => {
    const elsewhere = join(world.path, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(dirname(own()), { recursive: true });
    symlinkSync(elsewhere, own());
    await commit(repository(), 'run-1');
    expect(filesBelow(elsewhere)).to.deep.equal([]);
    expect(skipped).to.have.lengthOf(1);
  });

  it('is not written into another user’s directory', async function () {
    if (process.getuid?.() !== 0) {
      this.test!.title += ' skipped: platform: only root can give a directory away';
      this.skip();
    }
    mkdirSync(runtime(), { recursive: true });
    chownSync(runtime(), 4242, 4242);
    await commit(repository(), 'run-1');
    expect(filesBelow(runtime())).to.deep.equal([]);
    expect(skipped[0]).to.include('belongs to the user 4242');
  });

  it('that cannot be made fails nothing', async () => {
    writeFileSync(runtime(), 'a file');
    const state = await commit(repository(), 'run-1');
    expect(readLatestState(engine())).to.deep.equal(state);
    expect(skipped).to.have.lengthOf(1);
  });

  it('is found again after an end at any point of its making', async () => {
    const points: string[] = [];
    const rehearsal = repository({ seam: (point) => void (point.startsWith('state.mirror') && points.push(point)) });
    await commit(repository(), 'run-1');
    await commit(rehearsal, 'run-2');
    expect(points.length).to.be.greaterThan(20);
    for (let end = 1; end <= points.length; end += 1) {
      let seen = 0;
      let ended = false;
      const dying = repository({
        seam: (point) => {
          if (!point.startsWith('state.mirror')) return;
          seen += 1;
          if (seen >= end) ended = true;
          if (ended) throw new Error('ended');
        },
      });
      await commit(repository(), 'run-1');
      await commit(dying, 'run-2');
      if (end % 4 === 0) {
        await commit(repository(), 'run-3');
        expect(readAsOriginal().found?.state.run_id, `after ${end}`).to.equal('run-3');
      }
      await repository().clear({ runs: true });
      expect(filesBelow(runtime()), `after ${end}: ${points[end - 1]!}`).to.deep.equal([]);
    }
  });
});
