import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describePassedOver, inspectLatestState, toRuntimeMap } from '../../packages/core/dist/state/index.js';
import { cases } from './clear-error.js';
import { createRandom, mutate } from './mutate.js';

const scopeId = 'repo-0123456789ab';
const runId = 'run-20260102120000-0a1b2c3d';
const service = {
  type: 'backend', cwd: '/work/app/backend', pid: 4242, requested_port: 8000, actual_port: 8001, log_path: '/x/Main_backend.log', status: 'running', synthetic: false, started_at: 1767355200.5, listener_pids: [4242, 4243],
  project: 'Main', service_slug: 'backend', launch_id: 'l1', launch_directory: '/x/l1', run_id: runId, listener_expected: true, public_url: 'http://localhost:8001', health_url: null, failure_detail: null, critical: true, degraded: false,
};
const component = { id: 'postgres', enabled: true, success: true, simulated: false, health: 'healthy', resources: { requested: 5432, primary: 5433 }, retries: 0, final: 5433, requested: 5432 };
const document = {
  schema_version: 1, run_id: runId, mode: 'main', services: { 'Main Backend': service }, requirements: { Main: { components: { postgres: component }, db: component, health: 'healthy', failures: [] } },
  pointers: { run_state: '/x/run_state.json' }, metadata: { repo_scope_id: scopeId, project_roots: { Main: '/work/app' } },
};

describe('fuzz: recorded state', function () {
  this.timeout(120_000);
  const root = mkdtempSync(path.join(tmpdir(), 'envctl-test-fuzz-'));
  const scope = path.join(root, 'engine', scopeId);
  const latest = path.join(scope, 'run_state.json');
  const run = path.join(scope, 'runs', runId, 'run_state.json');
  const pointer = path.join(scope, '.last_state');
  before(() => mkdirSync(path.dirname(run), { recursive: true }));
  after(() => rmSync(root, { recursive: true, force: true }));

  /** A state that every reader can work with, or what was passed over and why; the file stays as it was. True when a state was found. */
  function check(file: string, content: Buffer): boolean {
    writeFileSync(file, content);
    const { found, damaged } = inspectLatestState(scope);
    for (const candidate of damaged) if (/undefined|\[object /.test(describePassedOver(candidate, found?.path))) throw new Error(`not clear: ${describePassedOver(candidate, found?.path)}`);
    if (found !== undefined) {
      JSON.stringify(toRuntimeMap(found.state));
      if (!found.path.startsWith(`${scope}/`)) throw new Error(`a state from elsewhere: ${found.path}`);
    }
    if (!readFileSync(file).equals(content)) throw new Error('the file was changed');
    return found !== undefined;
  }

  it('run_state.json with fields replaced by anything', () => {
    const paths = pathsOf(document);
    let found = 0;
    const replacement = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom<unknown>(null, -1, 1.5, '', [], {}, 'main', { __proto__: null }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), replacement), { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = structuredClone(document) as unknown as Record<string, unknown>;
        for (const [where, what] of changes) replaceAt(changed, where, structuredClone(what));
        found += check(latest, Buffer.from(JSON.stringify(changed))) ? 1 : 0;
      }),
      { numRuns: cases, seed: 31 },
    );
    expect(found).to.be.within(200, cases - 200);
  });

  it('run_state.json with a few bytes changed', () => {
    const random = createRandom(32);
    const seeds = [JSON.stringify(document, null, 2), JSON.stringify({ ...document, mode: 'trees', services: {} })].map((text) => Buffer.from(text));
    let found = 0;
    for (let index = 0; index < cases; index += 1) found += check(latest, mutate(seeds, random)) ? 1 : 0;
    expect(found).to.be.within(200, cases - 200);
  });

  it('pointers that lead anywhere, or nowhere', () => {
    rmSync(latest);
    writeFileSync(run, JSON.stringify(document));
    const outside = path.join(root, 'outside.json');
    writeFileSync(outside, JSON.stringify(document));
    const part = fc.constantFrom('..', '.', 'runs', runId, 'run_state.json', 'outside.json', '', '\u0000', ' ', '\n', 'x'.repeat(300), scope, root, '/', '/dev/zero', '/dev/stdin', '/proc/self/mem', '~');
    let found = 0;
    const target = fc.oneof({ weight: 3, arbitrary: fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/')) }, fc.constantFrom(run, `${run}\n`, outside, `runs/${runId}/run_state.json`), fc.string());
    fc.assert(fc.property(target, (text) => void (found += check(pointer, Buffer.from(text)) ? 1 : 0)), { numRuns: cases, seed: 33 });
    expect(found).to.be.within(200, cases - 200);
  });

  it('pointers with a few bytes changed', () => {
    const random = createRandom(34);
    let found = 0;
    for (let index = 0; index < cases; index += 1) found += check(pointer, mutate([Buffer.from(`${run}\n`), Buffer.from(`runs/${runId}/run_state.json\n`)], random)) ? 1 : 0;
    expect(found).to.be.within(20, cases - 200);
    expect(readdirSync(scope).sort()).to.deep.equal(['.last_state', 'runs']);
  });
});

/** Every place in a document, as the keys that lead there. */
function pathsOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [...(at.length === 0 ? [] : [at]), ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

function replaceAt(document: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  const inner = document[key];
  if (rest.length === 0) document[key] = value;
  else if (typeof inner === 'object' && inner !== null) replaceAt(inner as Record<string, unknown>, rest, value);
}
