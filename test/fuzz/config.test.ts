import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { assertConfig, changeConfig, describeConfigKeys, loadConfig, toShowConfig, type ConfigModel } from '../../packages/core/dist/config/index.js';
import type { DependencyDeclaration } from '../../packages/core/dist/contract/index.js';
import { cases, succeedsOrSaysWhy, succeedsOrSaysWhyAsync } from './clear-error.js';
import { createRandom, mutate } from './mutate.js';

const redis: DependencyDeclaration = {
  id: 'redis',
  displayName: 'Redis',
  order: 20,
  resources: [{ name: 'primary', portKey: 'redis', configKey: 'REDIS_PORT', defaultPort: 6379 }],
  enableKeys: { main: ['MAIN_REDIS_ENABLE', 'REDIS_ENABLE'], trees: ['TREES_REDIS_ENABLE', 'REDIS_ENABLE'] },
  defaultEnabled: { main: false, trees: false },
};
const keys = describeConfigKeys().map(({ key }) => key);
const values = ['', '0', '-1', '8000', '65536', '1e3', 'true', 'off', 'maybe', '"', "'x", '../..', '/', '~', '{port}', '$HOME', '\u0000', '\ufeff', 'caf\u00e9'];
const begin = '# >>> envctl managed startup config >>>';
const end = '# <<< envctl managed startup config <<<';
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys, 'REDIS_ENABLE', 'MAIN_REDIS_ENABLE') }, fc.constantFrom('__proto__', 'constructor', 'lower', 'A B', ''), fc.string({ maxLength: 6 }));
const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, fc.string({ maxLength: 10 }));

describe('fuzz: configuration', function () {
  this.timeout(120_000);
  const root = mkdtempSync(path.join(tmpdir(), 'envctl-test-fuzz-'));
  const file = path.join(root, '.envctl');
  const load = (): ConfigModel => loadConfig({ repositoryRoot: root, env: { HOME: root }, declarations: [], dependencies: [redis] });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** What every command does with a file: reads it, judges it, shows it. */
  function check(content: Buffer): boolean {
    writeFileSync(file, content);
    const succeeded = succeedsOrSaysWhy(() => {
      const model = load();
      JSON.stringify(toShowConfig(model, { executionRoot: root, reveal: false }));
      assertConfig(model, { for: 'target' });
      assertConfig(model, { for: 'start', mode: model.defaultMode });
    });
    if (!readFileSync(file).equals(content)) throw new Error('the file was changed');
    return succeeded;
  }

  it('.envctl made of keys, values, markers and anything else', () => {
    const line = fc.oneof({ weight: 5, arbitrary: fc.tuple(key, value).map(([name, said]) => `${name}=${said}`) }, fc.constantFrom('', '# x', begin, end, 'export A=1', '# >>> envctl backend launch env >>>', 'X=${ENVCTL_SOURCE_DATABASE_URL}', '='), fc.string({ maxLength: 12 }));
    let accepted = 0;
    fc.assert(fc.property(fc.array(line, { maxLength: 5 }), fc.constantFrom('\n', '\r\n'), (lines, eol) => void (accepted += check(Buffer.from(lines.join(eol))) ? 1 : 0)), { numRuns: cases, seed: 21 });
    expect(accepted).to.be.within(200, cases - 200);
  });

  it('.envctl with a few bytes changed', () => {
    const random = createRandom(22);
    const seeds = [
      `${begin}\nENVCTL_DEFAULT_MODE=main\n\nBACKEND_DIR=api\nBACKEND_PORT_BASE=8100\n\nMAIN_REDIS_ENABLE=true\n${end}\nENVCTL_BACKEND_START_CMD=node server.mjs --port {port}\n`,
      'export REDIS_PORT="6400"\nREDIS_ENABLE=false\nENVCTL_RUNTIME_TRUTH_MODE=strict\n# comment\nMAIN_FRONTEND_ENABLE=0\n',
      'ENVCTL_EXTERNAL_DEPENDENCIES=redis\r\nENVCTL_DEPENDENCY_REDIS_MODE=native\r\nENVCTL_STATE_COMPAT_MODE=scoped_only\r\n',
    ].map((text) => Buffer.from(text));
    let accepted = 0;
    for (let index = 0; index < cases; index += 1) accepted += check(mutate(seeds, random, [...keys, ...values])) ? 1 : 0;
    expect(accepted).to.be.within(200, cases - 200);
  });

  /** `config --stdin-json`: refused and nothing changed, or saved and readable. */
  async function save(text: string): Promise<boolean> {
    const before = readFileSync(file);
    const saved = await succeedsOrSaysWhyAsync(() => changeConfig({ repositoryRoot: root, env: { HOME: root }, declarations: [], dependencies: [redis] }, { headless: true, prompts: () => Promise.reject(new Error('nobody is asked')), set: [], stdinJson: () => Promise.resolve(text) }));
    if (saved) assertConfig(load(), { for: 'save' });
    else if (!readFileSync(file).equals(before)) throw new Error(`refused, and the file was changed: ${text}`);
    if (readdirSync(root).length > 1) throw new Error(`something was left behind: ${readdirSync(root).join(', ')}`);
    if (saved) writeFileSync(file, 'BACKEND_DIR=api\n');
    return saved;
  }

  it('stdin JSON of keys and values, flat, nested or neither', async () => {
    writeFileSync(file, 'BACKEND_DIR=api\n');
    const scalar = fc.oneof(value, fc.integer(), fc.boolean(), fc.constant(null), fc.double());
    const nested = fc.record({ default_mode: scalar, ports: fc.oneof(scalar, fc.record({ backend: scalar, dependencies: fc.dictionary(key, scalar, { maxKeys: 2 }) }, { requiredKeys: [] })), directories: fc.dictionary(key, scalar, { maxKeys: 2 }), managed_keys: fc.dictionary(key, scalar, { maxKeys: 2 }) }, { requiredKeys: [] });
    const document = fc.oneof({ weight: 4, arbitrary: fc.dictionary(key, scalar, { maxKeys: 3 }) }, { weight: 2, arbitrary: nested }, fc.jsonValue({ maxDepth: 2 }));
    let accepted = 0;
    await fc.assert(fc.asyncProperty(document, async (one) => void (accepted += (await save(JSON.stringify(one))) ? 1 : 0)), { numRuns: cases, seed: 23 });
    expect(accepted).to.be.within(30, cases - 200);
  });

  it('stdin JSON with a few bytes changed', async () => {
    writeFileSync(file, 'BACKEND_DIR=api\n');
    const random = createRandom(24);
    const seeds = ['{"BACKEND_PORT_BASE":8100,"MAIN_REDIS_ENABLE":true,"FRONTEND_DIR":"web"}', '{"default_mode":"trees","ports":{"backend":8200,"dependencies":{"redis":{"primary":6400}}},"profiles":{"main":{"startup_enabled":true,"backend":false}}}', '{"managed_keys":{"BACKEND_DIR":"api"}}'].map((text) => Buffer.from(text));
    let accepted = 0;
    for (let index = 0; index < cases; index += 1) accepted += (await save(mutate(seeds, random, keys).toString('utf8'))) ? 1 : 0;
    expect(accepted).to.be.within(30, cases - 200);
  });
});
