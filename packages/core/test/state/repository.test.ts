import { expect } from 'chai';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mergeByProject, readLatestState } from '../../dist/state/index.js';
import { noon, repositoryIn, scopeId, stateOf, temporaryDirectory } from './support.js';

const artifacts = ['run_state.json', 'runtime_map.json', 'ports_manifest.json', 'error_report.json', 'events.jsonl', 'runtime_readiness_report.json'];

describe('state repository', () => {
  let scope: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { scope = temporaryDirectory(); });
  afterEach(() => scope.remove());

  const read = (...parts: string[]): Record<string, unknown> => JSON.parse(readFileSync(join(scope.path, ...parts), 'utf8')) as Record<string, unknown>;

  it('finds nothing in an empty scope', async () => {
    expect(await repositoryIn(scope.path).load()).to.equal(undefined);
    expect(readLatestState(scope.path)).to.equal(undefined);
  });

  it('gives back what was committed, latest and per run, with private files', async () => {
    const repository = repositoryIn(scope.path);
    const committed = await repository.commit({ runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000) });
    const loaded = await repository.load();
    expect(loaded?.state).to.deep.equal(committed);
    expect(loaded?.damaged).to.deep.equal([]);
    expect(readLatestState(scope.path)).to.deep.equal(committed);
    for (const directory of [scope.path, join(scope.path, 'runs', 'run-1')]) {
      for (const name of artifacts) expect(statSync(join(directory, name)).mode & 0o777, join(directory, name)).to.equal(0o600);
      expect(statSync(directory).mode & 0o777).to.equal(0o700);
    }
    expect(read('runtime_readiness_report.json')).to.include({ status: 'not_applicable', passed: null, pending: false });
    expect(read('error_report.json')).to.deep.equal({ run_id: 'run-1', errors: [], generated_at: new Date(noon).toISOString() });
    expect(readFileSync(join(scope.path, '.last_state'), 'utf8')).to.equal(`${join(scope.path, 'runs', 'run-1', 'run_state.json')}\n`);
    expect(readFileSync(join(scope.path, '.last_state.main'), 'utf8')).to.equal(readFileSync(join(scope.path, '.last_state'), 'utf8'));
    expect((await repository.index()).entries.map((entry) => entry.run_id)).to.deep.equal(['run-1']);
  });

  it('keeps ten concurrent commits of different projects', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `feature-${index}`);
    await Promise.all(names.map((name, index) => repositoryIn(scope.path).commit({
      runId: `run-${index}`,
      mode: 'trees',
      merge: (previous) => mergeByProject(previous, stateOf(`run-${index}`, name, 8000 + index, 'trees')),
    })));
    const state = (await repositoryIn(scope.path).load())?.state;
    expect(Object.keys(state?.services ?? {})).to.deep.equal(names.map((name) => `${name} Backend`));
    expect(state?.metadata['project_roots']).to.have.all.keys(names);
    expect(state?.metadata['repo_scope_id']).to.equal(scopeId);
    expect(readdirSync(scope.path).filter((name) => name.startsWith('.last_state.trees.'))).to.have.length(10);
    expect(readdirSync(scope.path).filter((name) => name.startsWith('.envctl-tmp-'))).to.deep.equal([]);
  });

  it('never lets a failed start replace the last good state', async () => {
    const repository = repositoryIn(scope.path);
    const good = await repository.commit({ runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000) });
    await repository.commitFailure({ runId: 'run-2', mode: 'main', state: stateOf('run-2', 'Main', 9000), errors: ['backend exited with 1'] });
    expect((await repository.load())?.state).to.deep.equal(good);
    expect(read('error_report.json')).to.deep.include({ run_id: 'run-2', errors: ['backend exited with 1'] });
    expect(readdirSync(join(scope.path, 'runs', 'run-2'))).to.have.members(artifacts);
    expect((await repository.load({ runId: 'run-2' }))?.state.metadata['failed']).to.equal(true);
  });
});
