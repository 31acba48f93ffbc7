import { expect } from 'chai';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { extname, basename } from 'node:path';
import { isLegacyState, type RunState, withoutLegacyPids } from '../../../dist/state/index.js';
import { loadLegacyState } from '../../../dist/state/legacy/legacy-state.js';
import { explainRunStateDocument } from '../../../dist/state/run-state-schema.js';
import { normaliseRunStateDocument, toRunStateDocument } from '../../../dist/state/run-state-document.js';

function fixtureText(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/legacy/${name}`, import.meta.url), 'utf8');
}

function load(name: string, text = fixtureText(name)): RunState {
  const format = extname(name) === '.json' ? 'python' : 'shell';
  const loaded = loadLegacyState({ text, format, path: `/x/${name}`, stem: basename(name, extname(name)) }, explainRunStateDocument);
  if ('problem' in loaded) throw new Error(loaded.problem);
  return loaded.state;
}

/** The document as it would be read again. */
function again(state: RunState): object {
  return normaliseRunStateDocument(toRunStateDocument(state));
}

const fixtures = ['python-main.json', 'python-trees-without-components.json', 'python-failed.json', 'shell-declare.state', 'shell-declare-p.state', 'shell-flat.state', 'shell-commands.state'];

describe('state of the original', () => {
  for (const name of fixtures) {
    it(`${name} is marked, valid, and carries nothing that only a launch of ours has`, () => {
      const state = load(name);
      expect(isLegacyState(state)).to.equal(true);
      expect(state.metadata['legacy_format']).to.equal(extname(name) === '.json' ? 'python' : 'shell');
      expect(state.pointers['legacy_state_path']).to.equal(`/x/${name}`);
      expect(explainRunStateDocument(again(state))).to.equal(undefined);
      for (const service of Object.values(state.services)) expect(service).to.include({ launch_id: null, launch_directory: null });
    });
  }

  it('of the Python engine keeps every field it recorded', () => {
    const state = load('python-main.json');
    const written = JSON.parse(fixtureText('python-main.json')) as { services: Record<string, object>; requirements: Record<string, { components: Record<string, object> }>; metadata: object };
    for (const [name, fields] of Object.entries(written.services)) expect(state.services[name]).to.deep.include(fields);
    expect(state.metadata).to.deep.include(written.metadata);
    expect(state.requirements['Main']?.components['redis']).to.deep.include({ enabled: true, success: true, retries: 1, resources: { requested: 6379, primary: 6380 }, failure_class: 'bind_conflict_retryable' });
    expect(state).to.include({ run_id: 'run-20260310091512-5f0c2a9e', mode: 'main', schema_version: 1 });
  });

  it('of the Python engine without components is lifted from db, redis, supabase and n8n', () => {
    const { components } = load('python-trees-without-components.json').requirements['checkout-1']!;
    expect(Object.keys(components)).to.have.members(['postgres', 'redis', 'supabase', 'n8n']);
    expect(components['postgres']).to.deep.include({ id: 'postgres', enabled: true, resources: { primary: 5555, requested: 5555 } });
    expect(components['n8n']).to.include({ success: false, error: 'bootstrap answered 404' });
    expect(components['redis']).to.deep.include({ enabled: false, resources: {} });
  });

  it('of the shell engine is read from its lists and maps', () => {
    const state = load('shell-declare.state');
    expect(state).to.include({ run_id: 'run_20251104_181530', mode: 'main' });
    expect(state.requirements).to.deep.equal({});
    expect(state.pointers['legacy_logs_dir']).to.equal('/tmp/envctl-runtime/logs/run_20251104_181530');
    expect(Object.keys(state.services)).to.deep.equal(['Main Backend', 'Main Frontend', 'Main Worker']);
    expect(state.services['Main Backend']).to.include({ type: 'backend', cwd: '/work/shop/backend', pid: 5121, requested_port: 8000, actual_port: 8000, status: 'running' });
    expect(state.services['Main Frontend']).to.include({ type: 'frontend', pid: 5200, requested_port: 9000, actual_port: 9002, status: 'running' });
    expect(state.services['Main Worker']).to.include({ type: 'unknown', pid: null, requested_port: null, actual_port: null, log_path: null, status: 'unknown' });
  });

  it('of the shell engine is read as declare -p prints it', () => {
    const state = load('shell-declare-p.state');
    expect(state.run_id).to.equal('session-7');
    expect(state.services['Main Backend']).to.include({ pid: 5121, requested_port: 8000, actual_port: 8004, cwd: '/work/shop/backend' });
    expect(state.services['Main Frontend']).to.include({ pid: 5200, actual_port: 9000, log_path: '/l/f.log' });
  });

  it('of the shell engine is read from flat variables', () => {
    const state = load('shell-flat.state');
    expect(state).to.include({ run_id: '20251104_181530', mode: 'trees' });
    expect(state.services['checkout-1 Backend']).to.include({ type: 'backend', cwd: '/work/shop/trees/checkout/1/back end', pid: 6001, requested_port: 8040, actual_port: 8041, log_path: '/tmp/envctl-runtime/logs/b.log' });
    expect(state.services['checkout-1 Frontend']).to.include({ type: 'frontend', pid: null, actual_port: 9040, status: 'unknown' });
  });

  it('of the shell engine is text: nothing in it is run or expanded', () => {
    const state = load('shell-commands.state');
    expect(existsSync('/tmp/envctl-test-never-made')).to.equal(false);
    expect(state.run_id).to.match(/^\$\(touch/);
    expect(state.pointers['legacy_logs_dir']).to.equal('`id`');
    expect(state.services['Main Backend']).to.include({ pid: null, requested_port: null, cwd: '/work/shop; rm -rf x' });
    expect(Object.keys(state.services)).to.deep.equal(['Main Backend', '$HOME Frontend']);
  });

  it('names its run by the file when the text does not', () => {
    expect(load('old-run.state', 'declare -a services=("Main Backend")').run_id).to.equal('old-run');
  });

  const refused: readonly (readonly [what: string, file: string, text: string, problem: string])[] = [
    ['an empty file', 'a.json', '', 'the file is empty'],
    ['half a file', 'a.json', '{"schema_version": 1, "run', 'not JSON'],
    ['a list', 'a.json', '[]', 'not a JSON object'],
    ['another version', 'a.json', '{"schema_version": 2, "run_id": "r", "mode": "main"}', 'schema_version is not 1'],
    ['the version in memory', 'a.json', '{"schema_version": "1.0", "run_id": "r", "mode": "main"}', 'schema_version is not 1'],
    ['no run id', 'a.json', '{"schema_version": 1, "run_id": "", "mode": "main"}', 'run_id'],
    ['an unknown mode', 'a.json', '{"schema_version": 1, "run_id": "r", "mode": "forest"}', 'mode'],
    ['services that are a list', 'a.json', '{"schema_version": 1, "run_id": "r", "mode": "main", "services": []}', 'services is not an object'],
    ['a pid that is a word', 'a.json', '{"schema_version": 1, "run_id": "r", "mode": "main", "services": {"x": {"pid": "12"}}}', 'pid'],
    ['text without a run', 'a.state', 'echo hello\n', 'neither a run nor a service'],
    ['bytes', 'a.state', 'RUN_ID=x\0y', 'not text'],
  ];
  for (const [what, file, text, problem] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => load(file, text)).to.throw(problem);
    });
  }

  it('answers any bytes with a valid state or one problem', () => {
    const seeds = fixtures.map((name) => [name, fixtureText(name)] as const);
    const change = fc.record({ fixture: fc.constantFrom(...seeds), at: fc.nat(), remove: fc.nat(40), insert: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('"', "'", '(', ')', '=(', '\\', '|', '\n', '$(', '__proto__', '{', '[', 'null')) });
    let valid = 0;
    fc.assert(fc.property(change, ({ fixture: [name, text], at, remove, insert }) => {
      const place = at % text.length;
      const changed = text.slice(0, place) + insert + text.slice(place + remove);
      const loaded = loadLegacyState({ text: changed, format: extname(name) === '.json' ? 'python' : 'shell', path: '/x', stem: 'x' });
      if ('problem' in loaded) return loaded.problem !== '';
      valid += 1;
      return isLegacyState(loaded.state) && explainRunStateDocument(again(loaded.state)) === undefined;
    }), { numRuns: 20_000 });
    expect(valid).to.be.greaterThan(1000);
  });

  it('loses every pid before it is resumed', () => {
    const { state, pids } = withoutLegacyPids(load('python-main.json'));
    expect(pids).to.equal(5);
    expect(state.metadata['legacy_pids_sanitized']).to.equal(true);
    for (const service of Object.values(state.services)) expect(service).to.include({ pid: null, listener_pids: null });
  });
});
