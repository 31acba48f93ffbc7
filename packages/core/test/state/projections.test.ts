import { expect } from 'chai';
import fc from 'fast-check';
import { createRunId, emptyState, isRunId, mergeByProject, projectOf, type RequirementComponent, type RunState, type ServiceRecord, slugOf, toRuntimeMap } from '../../dist/state/index.js';
import { migrateRunState } from '../../dist/state/migrations.js';
import { withoutUrlPasswords } from '../../dist/state/without-url-passwords.js';
import { noon, serviceOf as service, stateOf } from './support.js';

const stateWith = (...services: readonly ServiceRecord[]): RunState =>
  ({ ...emptyState('run-1', 'main'), services: Object.fromEntries(services.map((item) => [item.name, item])) });

describe('runtime map', () => {
  it('shows ports, URLs and statuses of the core services', () => {
    const map = toRuntimeMap(stateWith(
      service('Main Backend', { status: 'running', requested_port: 8000, actual_port: 8003 }),
      service('Main Frontend', { status: 'starting', requested_port: 9000 }),
    ));
    expect(map).to.deep.include({
      schema_version: 1, run_id: 'run-1', mode: 'main',
      projects: { Main: { backend_port: 8003, frontend_port: 9000 } },
      port_to_service: { 8003: 'Main Backend', 9000: 'Main Frontend' },
      service_to_actual_port: { 'Main Backend': 8003, 'Main Frontend': 9000 },
      service_to_url: { 'Main Backend': 'http://localhost:8003', 'Main Frontend': 'http://localhost:9000' },
    });
    expect(map.projection['Main']).to.deep.include({
      backend_port: 8003, frontend_port: 9000, backend_url: 'http://localhost:8003', frontend_url: 'http://localhost:9000',
      backend_status: 'running', frontend_status: 'starting',
    });
  });

  for (const [status, shown] of [['running', true], ['healthy', true], ['starting', true], ['simulated', false], ['stale', false], ['unreachable', false], ['unknown', false]] as const) {
    it(`${shown ? 'shows' : 'hides'} the URL of a service that is ${status}`, () => {
      const map = toRuntimeMap(stateWith(service('Main Backend', { status, actual_port: 8000, public_url: 'https://app.test' })));
      expect(map.projection['Main']?.backend_url).to.equal(shown ? 'http://localhost:8000' : null);
      expect(map.service_to_public_url['Main Backend']).to.equal(shown ? 'https://app.test' : null);
      expect(map.projection['Main']?.backend_port).to.equal(8000);
    });
  }

  it('knows absent services, services without a port, and additional ones', () => {
    const map = toRuntimeMap(stateWith(
      service('Main Backend', { status: 'running' }),
      service('Main Worker', { type: 'worker', project: 'Main', service_slug: 'worker', status: 'running', actual_port: 7000 }),
    ));
    expect(map.projects).to.deep.equal({ Main: { backend_port: null, frontend_port: null } });
    expect(map.projection['Main']).to.deep.include({ backend_url: null, frontend_status: 'unknown' });
    expect(map.projection['Main']?.services['worker']).to.include({ name: 'Main Worker', port: 7000, url: 'http://localhost:7000' });
    expect(toRuntimeMap({ ...stateWith(), requirements: { Main: { project: 'Main', components: {}, health: 'healthy', failures: [] } } }).projects).to.deep.equal({});
  });

  it('takes the project from the record, else from the exact suffix of the name', () => {
    expect([service('a Backend b Frontend'), service('x', { project: 'Main' }), service('Backend')].map(projectOf)).to.deep.equal(['a Backend b', 'Main', 'Backend']);
    expect([service('a Frontend'), service('x', { type: 'worker' }), service('x', { service_slug: 's' })].map(slugOf)).to.deep.equal(['frontend', 'worker', 's']);
  });
});

describe('merging states', () => {
  const states = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 60000 })), { minLength: 1, maxLength: 8 });

  it('by project keeps the last word on each project, in any order of the others', () => {
    fc.assert(fc.property(states, (changes) => {
      const merged = changes.reduce<RunState | undefined>((previous, [project, port]) => mergeByProject(previous, stateOf('run-1', project, port)), undefined);
      const last = new Map(changes);
      expect(Object.fromEntries(Object.values(merged?.services ?? {}).map((item) => [projectOf(item), item.actual_port]))).to.deep.equal(Object.fromEntries(last));
      expect(Object.keys(merged?.metadata['project_roots'] as object).sort()).to.deep.equal([...last.keys()].sort());
    }));
  });

  it('keeps the services, dependencies and metadata that the change does not name', () => {
    const component = (id: string, success: boolean): RequirementComponent => ({ id, enabled: true, success, failure_class: 'hard', error: 'no' }) as unknown as RequirementComponent;
    const requirements = (components: Readonly<Record<string, RequirementComponent>>) => ({ Main: { project: 'Main', components, health: 'healthy', failures: [] } }) as RunState['requirements'];
    const before = { ...stateWith(service('Main Backend', { pid: 1 }), service('Main Worker'), service('b Backend')), requirements: requirements({ redis: component('redis', false) }), metadata: { note: 'x', project_roots: { b: '/b' } } };
    const merged = mergeByProject(before, { ...stateWith(service('Main Backend', { pid: 2 })), requirements: requirements({ postgres: component('postgres', true) }), metadata: { project_roots: { Main: '/m' } } });
    expect(Object.values(merged.services).map(({ name, pid }) => [name, pid])).to.deep.equal([['Main Backend', 2], ['Main Worker', null], ['b Backend', null]]);
    expect(Object.keys(merged.requirements['Main']?.components ?? {})).to.deep.equal(['redis', 'postgres']);
    expect(merged.requirements['Main']).to.deep.include({ health: 'degraded', failures: ['redis:hard:no'] });
    expect(merged.metadata).to.deep.equal({ note: 'x', project_roots: { b: '/b', Main: '/m' } });
    expect(mergeByProject(merged, { ...stateWith(), requirements: requirements({ redis: component('redis', true) }) }).requirements['Main']).to.deep.include({ health: 'healthy', failures: [] });
  });
});

describe('small parts of the state', () => {
  it('makes run ids that sort by time', () => {
    expect(createRunId(noon, () => new Uint8Array([1, 2, 0xab, 0xff]))).to.equal('run-20260102120000-0102abff');
    expect([isRunId('run-20260102120000-0102abff'), isRunId('../x'), isRunId(''), isRunId('.hidden'), isRunId('a/b')]).to.deep.equal([true, false, false, false, false]);
  });

  it('refuses versions it does not know and says which are newer', () => {
    const of = (raw: unknown): string => {
      const result = migrateRunState(raw);
      return 'document' in result ? 'ok' : result.newer ? 'newer' : 'damaged';
    };
    expect([{ schema_version: 1 }, { schema_version: 2 }, { schema_version: 0 }, { schema_version: '1.0' }, {}, null, [], 'x'].map(of))
      .to.deep.equal(['ok', 'newer', 'damaged', 'damaged', 'damaged', 'damaged', 'damaged', 'damaged']);
  });

  it('lets no password of a URL through, and leaves other words alone', () => {
    const password = fc.stringMatching(/^[a-f0-9]{12,32}$/);
    fc.assert(fc.property(password, fc.jsonValue(), (planted, value) => {
      expect(JSON.stringify(withoutUrlPasswords({ value, deep: [{ text: `see redis://u:${planted}@h/0` }] }))).not.to.include(planted);
    }));
    const plain = { url: 'http://localhost:8000/a@b', mail: 'a:b@c', words: 'pass the password', n: 1, none: null };
    expect(withoutUrlPasswords(plain)).to.deep.equal(plain);
    expect(withoutUrlPasswords('redis://:pw@h/0 postgresql://u:p%40@h')).to.equal('redis://:***@h/0 postgresql://u:***@h');
  });
});
