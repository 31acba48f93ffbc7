import { expect } from 'chai';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { mergeByProject, readLatestState, type RunState, type StateRepository } from '../../dist/state/index.js';
import { repositoryIn, stateOf, temporaryDirectory } from './support.js';

describe('state repository, runs and modes', () => {
  let scope: ReturnType<typeof temporaryDirectory>;
  let repository: StateRepository;
  beforeEach(() => { scope = temporaryDirectory(); repository = repositoryIn(scope.path); });
  afterEach(() => scope.remove());

  const at = (...parts: string[]): string => join(scope.path, ...parts);
  const read = (...parts: string[]): Record<string, unknown> => JSON.parse(readFileSync(at(...parts), 'utf8')) as Record<string, unknown>;
  const pointers = (): readonly string[] => readdirSync(scope.path).filter((name) => name.startsWith('.last_state')).sort();
  const commit = (runId: string, project: string, mode: 'main' | 'trees', port = 8000): Promise<RunState> =>
    repository.commit({ runId, mode, merge: (previous) => mergeByProject(previous, stateOf(runId, project, port, mode)) });

  it('keeps one state for each mode, and the last commit is the latest', async () => {
    const main = await commit('run-1', 'Main', 'main');
    const trees = await commit('run-2', 'login-1', 'trees');
    expect((await repository.load())?.state).to.deep.equal(trees);
    expect((await repository.load({ mode: 'main' }))?.state).to.deep.equal(main);
    expect(readLatestState(scope.path, 'main')).to.deep.equal(main);
    expect((await repository.load({ mode: 'trees' }))?.directory).to.equal(at('runs', 'run-2'));
    expect(pointers()).to.deep.equal(['.last_state', '.last_state.main', '.last_state.trees.login-1']);
    expect(Object.keys(trees.services)).to.deep.equal(['login-1 Backend']);
  });

  it('drops the pointers of worktrees that are gone', async () => {
    await commit('run-1', 'login-1', 'trees');
    await commit('run-2', 'a/b c-1', 'trees', 8001);
    expect(pointers()).to.deep.equal(['.last_state', '.last_state.trees.a%2Fb%20c-1', '.last_state.trees.login-1']);
    await repository.update('run-2', (state) => ({ ...state, services: Object.fromEntries(Object.entries(state.services).filter(([name]) => !name.startsWith('login-1'))) }));
    expect(pointers()).to.deep.equal(['.last_state', '.last_state.trees.a%2Fb%20c-1']);
  });

  it('updates an older run without making it the latest', async () => {
    await commit('run-1', 'Main', 'main');
    const latest = await commit('run-2', 'Main', 'main', 9000);
    await repository.update('run-1', (state) => ({ ...state, metadata: { ...state.metadata, note: 'old' } }));
    expect((await repository.load())?.state).to.deep.equal(latest);
    expect((await repository.load({ runId: 'run-1' }))?.state.metadata).to.include({ note: 'old' });
  });

  it('updates the latest run in both places and leaves what the update does not bring', async () => {
    await repository.commit({
      runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000),
      artifacts: { portsManifest: { run_id: 'run-1', mode: 'main', projects: [{ project: 'Main', root: '/x', ports: {} }] } },
    });
    const manifest = read('ports_manifest.json');
    const updated = await repository.update('run-1', (state) => ({ ...state, run_id: 'other', services: {} }));
    expect(updated.run_id).to.equal('run-1');
    for (const place of [[], ['runs', 'run-1']]) {
      expect(read(...place, 'run_state.json')['services']).to.deep.equal({});
      expect(read(...place, 'runtime_map.json')['projects']).to.deep.equal({});
      expect(read(...place, 'ports_manifest.json')).to.deep.equal(manifest);
    }
  });

  it('says that a run is unknown', async () => {
    for (const runId of ['run-9', '../../etc', '']) {
      const error = await repository.update(runId, (state) => state).catch((reason: unknown) => reason);
      expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_STATE_NOT_FOUND');
      expect(await repository.load({ runId })).to.equal(undefined);
    }
  });

  it('joins the port manifests of projects that came up one after the other', async () => {
    for (const [index, project] of ['a-1', 'b-1'].entries()) {
      await repository.commit({
        runId: `run-${index}`, mode: 'trees', merge: (previous) => mergeByProject(previous, stateOf(`run-${index}`, project, 8000 + index, 'trees')),
        artifacts: { portsManifest: { run_id: `run-${index}`, mode: 'trees', projects: [{ project, root: `/${project}`, ports: {} }] } },
      });
    }
    expect(read('ports_manifest.json')).to.have.nested.property('projects[1].project', 'b-1');
    expect(read('ports_manifest.json')).to.include({ run_id: 'run-1' }).and.to.have.nested.property('projects[0].project', 'a-1');
  });

  it('shows later events of the run under the latest name too', async () => {
    const events = at('session.jsonl');
    writeFileSync(events, '{"event":"one"}\n', { mode: 0o600 });
    await repository.commit({ runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000), events });
    appendFileSync(events, '{"event":"state.save"}\n');
    const whole = '{"event":"one"}\n{"event":"state.save"}\n';
    expect([readFileSync(at('events.jsonl'), 'utf8'), readFileSync(at('runs', 'run-1', 'events.jsonl'), 'utf8')]).to.deep.equal([whole, whole]);
  });

  it('takes the events that already stand in the run directory', async () => {
    await commit('run-1', 'Main', 'main');
    appendFileSync(at('runs', 'run-1', 'events.jsonl'), 'x\n');
    await commit('run-1', 'Main', 'main');
    expect(readFileSync(at('events.jsonl'), 'utf8')).to.equal('x\n');
    expect((await repository.index()).entries).to.have.length(1);
  });

  it('clears everything and keeps the history', async () => {
    await commit('run-1', 'Main', 'main');
    await repository.clear();
    expect(await repository.load()).to.equal(undefined);
    expect(await repository.load({ runId: 'run-1' })).not.to.equal(undefined);
    expect(readdirSync(scope.path).sort()).to.deep.equal(['locks', 'run_index.backup.json', 'run_index.json', 'runs']);
    expect((await repository.index()).retired_run_ids).to.deep.equal(['run-1']);
    await commit('run-1', 'Main', 'main');
    expect((await repository.index()).retired_run_ids).to.deep.equal([]);
  });

  it('clears one mode and makes the other the latest again', async () => {
    const trees = await commit('run-1', 'login-1', 'trees');
    await commit('run-2', 'Main', 'main');
    await repository.clear({ mode: 'main', runs: true });
    expect((await repository.load())?.state).to.deep.equal(trees);
    expect(await repository.load({ mode: 'main' })).to.equal(undefined);
    expect(pointers()).to.deep.equal(['.last_state', '.last_state.trees.login-1']);
    expect(read('runtime_map.json')['run_id']).to.equal('run-1');
    expect(readdirSync(at('runs'))).to.deep.equal(['run-1']);
  });

  it('clears the history too when asked, also where there is nothing', async () => {
    await repository.clear({ runs: true });
    await commit('run-1', 'Main', 'main');
    await repository.clear({ runs: true });
    expect(existsSync(at('runs'))).to.equal(false);
    expect((await repository.index()).entries).to.deep.equal([]);
  });

  it('writes no password of a URL', async () => {
    const state = stateOf('run-1', 'Main', 8000);
    await repository.commit({ runId: 'run-1', mode: 'main', merge: () => ({ ...state, metadata: { note: ['see postgresql://app:hunter2@localhost:5432/app'] } }) });
    await repository.commitFailure({ runId: 'run-2', mode: 'main', errors: ['cannot reach postgresql://app:hunter2@localhost:5432/app'] });
    const everything = readdirSync(scope.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join();
    expect(everything).not.to.include('hunter2');
    expect(read('error_report.json')['errors']).to.deep.equal(['cannot reach postgresql://app:***@localhost:5432/app']);
  });

  it('commits a state that was made from a failed one as a good one', async () => {
    await repository.commitFailure({ runId: 'run-1', mode: 'main', state: stateOf('run-1', 'Main', 8000), errors: ['no'] });
    expect(await repository.load()).to.equal(undefined);
    const failed = (await repository.load({ runId: 'run-1' }))?.state as RunState;
    const committed = await repository.commit({ runId: 'run-2', mode: 'main', merge: () => failed });
    expect((await repository.load())?.state).to.deep.equal(committed);
  });

  it('refuses a state no reader would take, and writes nothing', async () => {
    const bad = stateOf('run-1', 'Main', 8000);
    const wrongPid = { ...bad, services: { 'Main Backend': { ...bad.services['Main Backend'], pid: 'x' } } } as unknown as RunState;
    const error = await repository.commit({ runId: 'run-1', mode: 'main', merge: () => wrongPid }).catch((reason: unknown) => reason);
    expect(isEnvctlError(error) && [error.code, error.kind]).to.deep.equal(['ENVCTL_E_BUG', 'bug']);
    const named = await repository.commit({ runId: '../x', mode: 'main', merge: () => bad }).catch((reason: unknown) => reason);
    expect(isEnvctlError(named) && named.code).to.equal('ENVCTL_E_BUG');
    expect(readdirSync(scope.path)).to.deep.equal(['locks']);
  });
});
