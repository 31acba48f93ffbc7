import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { type DamagedCandidate, inspectLatestState, mergeByProject, type RunState, unreadableState } from '../../dist/state/index.js';
import { repositoryIn, stateOf, temporaryDirectory } from './support.js';

describe('state lookup over damaged candidates', () => {
  let root: ReturnType<typeof temporaryDirectory>;
  let scope: string;
  let first: RunState;
  let second: RunState;

  beforeEach(async () => {
    root = temporaryDirectory();
    scope = join(root.path, 'repo-0123456789ab');
    const repository = repositoryIn(scope);
    first = await repository.commit({ runId: 'run-1', mode: 'main', merge: () => stateOf('run-1', 'Main', 8000) });
    second = await repository.commit({ runId: 'run-2', mode: 'main', merge: (previous) => mergeByProject(previous, stateOf('run-2', 'Main', 9000)) });
  });
  afterEach(() => root.remove());

  const at = (...parts: string[]): string => join(scope, ...parts);
  const pointers = (): readonly string[] => readdirSync(scope).filter((name) => name.startsWith('.last_state'));
  const damageLatest = (): void => writeFileSync(at('run_state.json'), '{"schema_version": 1, "run');

  /** What `load` finds, held equal to the light reader. */
  async function found(): Promise<{ state: RunState | undefined; damaged: readonly DamagedCandidate[] }> {
    const { loaded, damaged } = await repositoryIn(scope).inspect();
    const light = inspectLatestState(scope);
    expect(light.found?.state).to.deep.equal(loaded?.state);
    expect(light.damaged.map((item) => [item.path, item.reason])).to.deep.equal(damaged.map((item) => [item.path, item.reason]));
    return { state: loaded?.state, damaged };
  }

  const whole = (): string => readFileSync(at('runs', 'run-2', 'run_state.json'), 'utf8');
  const damages: Readonly<Record<string, () => string>> = {
    'an empty file': () => '',
    'zeros': () => '\0'.repeat(4096),
    'half a file': () => whole().slice(0, whole().length / 2),
    'a file without its last line': () => whole().slice(0, -3),
    'a list': () => '[]',
    'null': () => 'null',
    'no version': () => whole().replace('"schema_version": 1', '"schema_version": "1.0"'),
    'an unknown mode': () => whole().replace('"mode": "main"', '"mode": "forest"'),
    'no run id': () => whole().replace('"run_id": "run-2"', '"run_id": ""'),
    'a pid that is a word': () => whole().replace('"pid": null', '"pid": "12"'),
    'services that are a list': () => JSON.stringify({ ...JSON.parse(whole()) as object, services: [] }),
    'metadata that is null': () => whole().replace(/"metadata": \{/, '"metadata": 3, "x": {'),
  };

  for (const [name, content] of Object.entries(damages)) {
    it(`passes over ${name} to the run's own copy, and says so`, async () => {
      writeFileSync(at('run_state.json'), content());
      const { state, damaged } = await found();
      expect(state).to.deep.equal(second);
      expect(damaged.map((item) => [item.path, item.reason])).to.deep.equal([[at('run_state.json'), 'damaged']]);
      expect(damaged[0]?.message).not.to.equal('');
    });
  }

  it('passes over a directory in place of the file', async () => {
    rmSync(at('run_state.json'));
    mkdirSync(at('run_state.json'));
    const { state, damaged } = await found();
    expect(state).to.deep.equal(second);
    expect(damaged.map((item) => item.reason)).to.deep.equal(['unreadable']);
  });

  for (const content of ['', '\0\0', '/nowhere/run_state.json\n', 'two\nlines\n']) {
    it(`passes over a broken pointer ${JSON.stringify(content)} to the index`, async () => {
      damageLatest();
      for (const name of pointers()) writeFileSync(at(name), content);
      const { state, damaged } = await found();
      expect(state).to.deep.equal(second);
      expect(damaged.slice(1).map((item) => item.reason)).to.deep.equal(['broken-pointer', 'broken-pointer']);
    });
  }

  it('falls back to the run before when the last one is lost altogether', async () => {
    damageLatest();
    writeFileSync(at('runs', 'run-2', 'run_state.json'), 'x');
    const { state, damaged } = await found();
    expect(state).to.deep.equal(first);
    expect(damaged.map((item) => item.path)).to.deep.equal([at('run_state.json'), at('runs', 'run-2', 'run_state.json')]);
  });

  it('uses the backup of the index, and makes the index anew when both are lost', async () => {
    damageLatest();
    for (const name of pointers()) rmSync(at(name));
    writeFileSync(at('run_index.json'), '{');
    expect((await found()).state).to.deep.equal(first);
    writeFileSync(at('run_index.backup.json'), '');
    expect((await found()).state).to.equal(undefined);
    expect((await repositoryIn(scope).index()).entries.map((entry) => entry.run_id)).to.deep.equal(['run-1', 'run-2']);
    await repositoryIn(scope).commit({ runId: 'run-3', mode: 'main', merge: () => stateOf('run-3', 'Main', 7000) });
    expect((await repositoryIn(scope).index()).entries.map((entry) => entry.run_id)).to.deep.equal(['run-1', 'run-2', 'run-3']);
  });

  it('never follows a pointer or a link out of the scope', async () => {
    const outside = join(root.path, 'outside.json');
    writeFileSync(outside, whole().replace('run-2', 'run-9'));
    rmSync(at('run_state.json'));
    symlinkSync(outside, at('run_state.json'));
    writeFileSync(at('.last_state.main'), `${outside}\n`);
    const { state, damaged } = await found();
    expect(state).to.deep.equal(second);
    expect(damaged.map((item) => item.reason)).to.deep.equal(['foreign', 'foreign']);
  });

  it('follows a relative pointer', async () => {
    damageLatest();
    writeFileSync(at('.last_state.main'), 'runs/run-1/run_state.json\n');
    expect((await found()).state).to.deep.equal(first);
  });

  it('refuses a state of another scope', async () => {
    writeFileSync(at('run_state.json'), whole().replace('repo-0123456789ab', 'repo-ba9876543210').replace('run-2', 'run-9'));
    const { state, damaged } = await found();
    expect(state).to.deep.equal(second);
    expect(damaged.map((item) => item.reason)).to.deep.equal(['foreign']);
  });

  it('never overwrites a state of a newer envctl', async () => {
    const newer = whole().replace('"schema_version": 1', '"schema_version": 2');
    writeFileSync(at('run_state.json'), newer);
    const error = await repositoryIn(scope).commit({ runId: 'run-3', mode: 'main', merge: () => stateOf('run-3', 'Main', 7000) }).catch((reason: unknown) => reason);
    expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_STATE_UNREADABLE');
    expect(isEnvctlError(error) && error.hints.join()).to.include('Update envctl');
    expect(readFileSync(at('run_state.json'), 'utf8')).to.equal(newer);
  });

  it('never overwrites an index of a newer envctl, nor what it tells of', async () => {
    const newer = readFileSync(at('run_index.json'), 'utf8').replace('"version": 4', '"version": 5');
    writeFileSync(at('run_index.json'), newer);
    const repository = repositoryIn(scope);
    for (const write of [
      () => repository.commit({ runId: 'run-3', mode: 'main', merge: () => stateOf('run-3', 'Main', 7000) }),
      () => repository.commitFailure({ runId: 'run-3', mode: 'main', errors: [] }),
      () => repository.update('run-2', (state) => state),
      () => repository.clear({ runs: true }),
    ]) {
      const error: unknown = await write().then(() => undefined, (reason: unknown) => reason);
      expect(isEnvctlError(error) && [error.code, error.hints.join()].join()).to.match(/^ENVCTL_E_STATE_UNREADABLE,Update envctl/);
    }
    expect(readFileSync(at('run_index.json'), 'utf8')).to.equal(newer);
    expect((await found()).state).to.deep.equal(second);
  });

  it('heals everything with the next commit', async () => {
    damageLatest();
    for (const name of pointers()) writeFileSync(at(name), 'x');
    const healed = await repositoryIn(scope).commit({ runId: 'run-3', mode: 'main', merge: (previous) => mergeByProject(previous, stateOf('run-3', 'Side', 7000)) });
    expect(Object.keys(healed.services)).to.deep.equal(['Main Backend', 'Side Backend']);
    expect(await found()).to.deep.equal({ state: healed, damaged: [] });
  });

  it('gives back an older state with its defaults, and unknown fields as they are', async () => {
    const old = {
      schema_version: 1, run_id: 'run-1', mode: 'main', colour: 'blue',
      services: { 'Main Backend': { type: 'backend', cwd: '/x', pid: 7, shade: { deep: true } } },
      requirements: { Main: { db: { id: 'postgres', enabled: true, success: true, final: 5433, requested: 5432 }, redis: { enabled: false }, health: 'healthy' } },
    };
    for (const path of [at('run_state.json'), at('runs', 'run-1', 'run_state.json')]) writeFileSync(path, JSON.stringify(old));
    const { state } = await found();
    expect(state).to.include({ colour: 'blue' });
    expect(state?.services['Main Backend']).to.deep.include({ name: 'Main Backend', pid: 7, status: 'unknown', listener_pids: null, shade: { deep: true } });
    expect(state?.requirements['Main']?.components['postgres']?.resources).to.deep.equal({ primary: 5433, requested: 5432 });
    const updated = await repositoryIn(scope).update('run-1', (current) => current);
    expect(updated).to.include({ colour: 'blue' });
    expect(updated.services['Main Backend']).to.deep.include({ shade: { deep: true } });
  });

  it('says which files are unreadable when none is left', () => {
    const error = unreadableState([{ path: '/x/run_state.json', message: 'the file is empty', reason: 'damaged' }]);
    expect([error.code, error.message]).to.deep.equal(['ENVCTL_E_STATE_UNREADABLE', 'No readable state is left: /x/run_state.json: the file is empty.']);
  });
});
