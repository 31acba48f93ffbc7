import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mode } from '../../../dist/contract/index.js';
import { inspectLatestState, type StateCompatMode, toLegacyPlaces } from '../../../dist/state/index.js';
import { repositoryIn, scopeId, stateOf, temporaryDirectory } from '../support.js';

const python = 'python-main.json';
const trees = 'python-trees-without-components.json';
const shell = 'shell-declare.state';

describe('lookup of the original’s state', () => {
  let world: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => (world = temporaryDirectory()));
  afterEach(() => world.remove());

  const runtime = (...parts: string[]): string => join(world.path, 'runtime', ...parts);
  const shared = (...parts: string[]): string => runtime('python-engine', ...parts);
  const own = (...parts: string[]): string => shared(scopeId, ...parts);
  const textOf = (fixture: string): string => readFileSync(new URL(`../../../test/fixtures/legacy/${fixture}`, import.meta.url), 'utf8');

  function put(path: string, fixture: string, change: (text: string) => string = (text) => text): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(textOf(fixture)));
    return path;
  }

  function point(path: string, target: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${target}\n`);
  }

  /** Held equal: the repository with its schema, the light reader without. */
  async function find(options: { readonly mode?: Mode; readonly compat?: StateCompatMode; readonly repositoryRoot?: string } = {}) {
    const legacy = toLegacyPlaces({ mode: options.compat ?? 'compat_read_only', runtimeDirectory: runtime(), scopeId, repositoryRoot: options.repositoryRoot ?? '/work/shop', uid: process.getuid?.() ?? -1 });
    const scopeDirectory = join(world.path, 'engine', scopeId);
    const query = options.mode === undefined ? {} : { mode: options.mode };
    const { loaded, damaged } = await repositoryIn(scopeDirectory, { legacy }).inspect({ ...query, legacy: true });
    const light = inspectLatestState(scopeDirectory, options.mode, legacy);
    expect(light.found?.state).to.deep.equal(loaded?.state);
    expect(light.damaged).to.deep.equal(damaged);
    return { path: loaded?.path, state: loaded?.state, damaged: damaged.map((item) => [item.path, item.reason]) };
  }

  it('comes after our own state, and only where it is asked for', async () => {
    put(own('run_state.json'), python);
    const repository = repositoryIn(join(world.path, 'engine', scopeId), { legacy: toLegacyPlaces({ mode: 'compat_read_only', runtimeDirectory: runtime(), scopeId, repositoryRoot: '/work/shop', uid: -1 }) });
    expect(await repository.load()).to.equal(undefined);
    expect((await repository.load({ legacy: true }))?.path).to.equal(own('run_state.json'));
    const committed = await repository.commit({ runId: 'run-1', mode: 'main', merge: (previous) => ({ ...stateOf('run-1', 'Main', 8000), metadata: { merged: previous !== undefined } }) });
    expect(committed.metadata['merged']).to.equal(false);
    expect((await repository.load({ legacy: true }))?.state).to.deep.equal(committed);
    // There is none of ours for this mode: the original's may be shown.
    expect(await repository.load({ mode: 'trees', legacy: true })).to.equal(undefined);
  });

  it('is the order of the original, step by step', async () => {
    const steps: readonly (readonly [string, () => string])[] = [
      ['pointer of the shared directory', () => (point(shared('.last_state'), shared('history', 'e.json')), put(shared('history', 'e.json'), python))],
      ['shell state of the shared directory', () => put(shared('run_state.state'), shell)],
      ['state of the shared directory', () => put(shared('run_state.json'), python)],
      ['a tree pointer of the repository', () => (point(own('.last_state.trees.a'), 'runs/t/run_state.json'), put(own('runs', 't', 'run_state.json'), python))],
      ['generic pointer of the repository, relative', () => (point(own('.last_state'), 'runs/d/run_state.json'), put(own('runs', 'd', 'run_state.json'), python))],
      ['main pointer of the repository, to a shell state', () => (point(own('.last_state.main'), own('runs', 'c', 'saved.state')), put(own('runs', 'c', 'saved.state'), shell))],
      ['shell state of the repository', () => put(own('run_state.state'), shell)],
      ['state of the repository', () => put(own('run_state.json'), python)],
    ];
    for (const [step, make] of steps) {
      const path = make();
      expect((await find({ mode: 'main' })).path, step).to.equal(path);
    }
  });

  it('wants the mode when one is asked for', async () => {
    put(own('run_state.json'), trees);
    const main = put(shared('run_state.json'), python);
    expect((await find({ mode: 'main' })).path).to.equal(main);
    expect((await find({ mode: 'trees' })).path).to.equal(own('run_state.json'));
    expect((await find()).path).to.equal(own('run_state.json'));
  });

  it('tries the pointers in the order of the mode', async () => {
    const treeState = put(own('runs', 'a', 'run_state.json'), trees);
    const mainState = put(own('runs', 'b', 'run_state.json'), python);
    point(own('.last_state.trees.checkout-1'), treeState);
    point(own('.last_state.main'), mainState);
    expect((await find()).path).to.equal(mainState);
    expect((await find({ mode: 'trees' })).path).to.equal(treeState);
  });

  it('passes over the state of another repository without a word', async () => {
    put(shared('run_state.json'), python, (text) => text.replaceAll(scopeId, 'repo-ffffffffffff'));
    expect(await find()).to.deep.equal({ path: undefined, state: undefined, damaged: [] });
  });

  it('takes a state without a scope id, unless everything it tells of ran elsewhere', async () => {
    const path = put(shared('run_state.state'), shell);
    expect((await find()).path).to.equal(path);
    expect((await find({ repositoryRoot: '/work/shop-2' })).path).to.equal(undefined);
    put(shared('run_state.state'), shell, () => 'RUN_ID=x\ndeclare -a services=("Main Backend")');
    expect((await find({ repositoryRoot: '/work/shop-2' })).path).to.equal(path);
  });

  it('passes over a failed run', async () => {
    put(own('run_state.json'), 'python-failed.json');
    expect((await find()).path).to.equal(undefined);
  });

  it('passes over what is damaged, and says so', async () => {
    put(own('run_state.json'), python, (text) => text.slice(0, 100));
    point(own('.last_state'), '/nowhere/run_state.json');
    const path = put(shared('run_state.json'), python);
    expect(await find()).to.deep.include({ path, damaged: [[own('run_state.json'), 'damaged'], [own('.last_state'), 'broken-pointer']] });
  });

  it('stays inside the runtime directory, links resolved', async () => {
    const outside = put(join(world.path, 'outside.json'), python);
    point(own('.last_state.main'), outside);
    mkdirSync(own(), { recursive: true });
    symlinkSync(outside, own('run_state.json'));
    expect(await find()).to.deep.include({ path: undefined, damaged: [[own('run_state.json'), 'foreign'], [outside, 'foreign']] });
  });

  it('does not wait for a pipe in the place of a state or a pointer', async () => {
    mkdirSync(own(), { recursive: true });
    execFileSync('mkfifo', [own('run_state.json'), own('.last_state')]);
    expect((await find()).damaged).to.deep.equal([[own('run_state.json'), 'unreadable'], [own('.last_state'), 'broken-pointer']]);
  });

  it('refuses the file of another user', async function () {
    if (process.getuid?.() !== 0) {
      this.test!.title += ' skipped: platform: only root can give a file away';
      this.skip();
    }
    chownSync(put(own('run_state.json'), python), 4242, 4242);
    expect(await find()).to.deep.include({ path: undefined, damaged: [[own('run_state.json'), 'foreign']] });
  });

  it('is not looked for when the mode says scoped_only', async () => {
    put(own('run_state.json'), python);
    expect(await find({ compat: 'scoped_only' })).to.deep.include({ path: undefined, damaged: [] });
  });
});
