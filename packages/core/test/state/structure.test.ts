import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSchemas, emptyState } from '../../dist/state/index.js';
import { explainStructure, normaliseRunStateDocument, toRunState, toRunStateDocument } from '../../dist/state/run-state-document.js';
import { explainRunStateDocument } from '../../dist/state/run-state-schema.js';
import { serviceOf, stateOf } from './support.js';

type Fields = Readonly<Record<string, unknown>>;

const sample = toRunStateDocument({
  ...stateOf('run-1', 'Main', 8000),
  requirements: { Main: { project: 'Main', health: 'healthy', failures: ['postgres:hard_start_failure:no'], components: {} } },
  pointers: { run_state: '/x' },
});
const withComponent = JSON.parse(JSON.stringify(sample).replace('"components":{}', '"components":{"postgres":{"id":"postgres","enabled":true,"resources":{"primary":5432}}}')) as Fields;

/** Every place of a document. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? replaced(item, rest, by) : item));
  return { ...(value as Fields), [key]: replaced((value as Fields)[key], rest, by) };
}

describe('structure of a run state', () => {
  it('is judged alike by hand and by the schema, whatever is changed', () => {
    const verdicts = new Set<boolean>();
    const normal = normaliseRunStateDocument(withComponent);
    const places = placesOf(normal).filter((path) => path.length > 0);
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(null, 0, -1, 1.5, 2 ** 60, '', 'main', [], {}, true, [1], ['a'], { a: 1 }, { a: null }));
    fc.assert(fc.property(fc.constantFrom(...places), values, (path, value) => {
      const document = replaced(normal, path, value) as Fields;
      const byHand = explainStructure(document) === undefined;
      verdicts.add(byHand);
      expect(byHand, `${path.join('.')} = ${JSON.stringify(value)}`).to.equal(explainRunStateDocument(document) === undefined);
    }), { numRuns: 5000 });
    expect([...verdicts]).to.have.members([true, false]);
  });

  it('comes back as it was written', () => {
    const state = toRunState(normaliseRunStateDocument(withComponent));
    const again = toRunState(normaliseRunStateDocument(JSON.parse(JSON.stringify(toRunStateDocument(state))) as Fields));
    expect(again).to.deep.equal(state);
  });

  it('is written in the shape of the original', () => {
    const document = toRunStateDocument(toRunState(normaliseRunStateDocument(withComponent))) as { services: Record<string, Fields>; requirements: Record<string, Record<string, Fields>> };
    expect(document.services['Main Backend']).to.not.have.property('name');
    expect(document.services['Main Backend']).to.include.keys('type', 'cwd', 'pid', 'requested_port', 'actual_port', 'log_path', 'status', 'synthetic', 'started_at', 'listener_pids');
    const requirements = document.requirements['Main'];
    expect(requirements).to.have.keys('components', 'db', 'redis', 'supabase', 'n8n', 'health', 'failures');
    expect(requirements?.['db']).to.deep.equal({ id: 'postgres', enabled: true, success: false, simulated: false, health: 'unknown', retries: 0, critical: true, resources: { primary: 5432 }, final: 5432, requested: 0 });
    expect(requirements?.['n8n']).to.include({ id: 'n8n', enabled: false });
  });

  it('has a JSON schema for each file, and the defaults fit it', () => {
    expect(Object.keys(describeSchemas())).to.have.members(['run_state', 'runtime_map', 'ports_manifest', 'error_report', 'runtime_readiness_report', 'run_index', 'ledger_entry', 'compat_mirror']);
    for (const schema of Object.values(describeSchemas())) expect(schema).to.have.property('$schema');
    const service = serviceOf('Main Backend');
    expect(explainRunStateDocument(toRunStateDocument({ ...emptyState('run-1', 'main'), services: { [service.name]: service } }))).to.equal(undefined);
  });

  it('is read without loading the schema library', () => {
    const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
    const seen = new Set<string>();
    const packages = new Set<string>();
    const walk = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b(?:[^'"\n]* from)? ?['"]([^'"]+)['"]/gm)) {
        if (specifier.startsWith('.')) walk(resolve(dirname(path), specifier));
        else packages.add(specifier);
      }
    };
    walk(join(dist, 'state', 'read-only.js'));
    expect([...seen]).to.include(join(dist, 'state', 'find-state.js'));
    expect([...packages].filter((name) => !name.startsWith('node:'))).to.deep.equal([]);
    expect([...packages]).to.include('node:fs');
  });
});
