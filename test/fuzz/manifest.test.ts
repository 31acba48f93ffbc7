import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { toDoorManifest, type ManifestSource } from '../../packages/core/dist/boot/door-manifest.js';
import { describeDiagnostic, judgeCommands, loadHost } from '../../packages/core/dist/host/index.js';
import { createRoutingTables, normaliseArgv } from '../../packages/core/dist/routing/index.js';
import { cases, succeedsOrSaysWhy } from './clear-error.js';
import { createRandom, mutate } from './mutate.js';

const packageOf = (name: string): { readonly envctl: object } => JSON.parse(readFileSync(new URL(`../../packages/${name}/package.json`, import.meta.url), 'utf8')) as { readonly envctl: object };
const manifests = ['plugin-postgres', 'plugin-redis'].map((name) => packageOf(name).envctl);
const core = JSON.parse(readFileSync(new URL('../../packages/core/oclif.manifest.json', import.meta.url), 'utf8')) as { commands: Readonly<Record<string, object>> };
const nothingDeclared = { dependencies: [], configKeys: [], refiners: [], warnings: [], diagnostics: [] };
const own: ManifestSource = { name: '@envctl/core', version: '1.0.0', root: '/', type: 'core', pjson: {}, commands: Object.values(core.commands) };

/** A plugin says anything of itself: what is wrong is set aside with a diagnostic; nothing throws, and core's commands are reached. True when its command is kept. */
function check(envctl: unknown, command: unknown): boolean {
  const registry = loadHost({ plugins: [{ name: 'toy', version: '1.0.0', root: '/nowhere', origin: 'user', pjson: { name: 'toy', envctl } }] });
  for (const diagnostic of registry.diagnostics()) expectClear(describeDiagnostic(diagnostic));
  const toy: ManifestSource = { name: 'toy', version: '1.0.0', root: '/nowhere', type: 'user', pjson: { envctl }, commands: [{ id: 'toy', flags: { json: { type: 'boolean' }, move: { type: 'option' } }, envctl: command }] };
  const judged = judgeCommands([toy, own]);
  for (const warning of judged.warnings) expectClear(warning);
  const tables = createRoutingTables(toDoorManifest([toy, own], { version: '1.0.0', key: '' }, nothingDeclared, judged).commands);
  if (normaliseArgv(['stop', '--all'], tables).id !== 'stop') throw new Error('core lost a word');
  for (const argv of [['toy', 'x', 'A=1', '--b', 'c', 'd'], ['toy', '--json'], ['toy']]) succeedsOrSaysWhy(() => normaliseArgv(argv, tables));
  return judged.warnings.length === 0;
}

function expectClear(line: string): void {
  if (/(?<!received )\bundefined\b|\[object /.test(line)) throw new Error(`not clear: ${line}`);
}

const contract = { family: 'toys', bootstrap: 'skip', statePolicy: 'none', mutates: false, aliases: ['t1', 'play'], tokens: ['--toy-now'], assignments: { A: { flag: 'json', kind: 'boolean' } }, flagTokens: { '--b': { flag: 'json', value: true } }, pairFlags: { move: ['FROM', 'TO'] }, prerequisites: ['git'] };

describe('fuzz: plugin manifests', function () {
  this.timeout(120_000);

  it('fields replaced by anything', () => {
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom<unknown>(null, 0, '', [], {}, [null], { main: null }, 'start', ['start', 'stop'], '__proto__'));
    const bend = (document: object) => fc.array(fc.tuple(fc.constantFrom(...pathsOf(document)), anything), { minLength: 1, maxLength: 3 }).map((changes) => changes.reduce<unknown>((bent, [where, what]) => replaced(bent, where, what), document));
    let kept = 0;
    fc.assert(fc.property(fc.oneof(bend(manifests[0]!), bend(manifests[1]!), anything), fc.oneof({ weight: 4, arbitrary: bend(contract) }, anything), (envctl, command) => void (kept += check(envctl, command) ? 1 : 0)), { numRuns: cases, seed: 41 });
    expect(kept).to.be.within(50, cases - 200);
  });

  it('a few bytes changed', () => {
    const random = createRandom(42);
    const plugins = manifests.map((manifest) => Buffer.from(JSON.stringify(manifest)));
    const commands = [Buffer.from(JSON.stringify(contract))];
    const parse = (bytes: Buffer): unknown => {
      try {
        return JSON.parse(bytes.toString('utf8'));
      } catch {
        return undefined;
      }
    };
    let whole = 0;
    for (let index = 0; index < cases; index += 1) {
      const [envctl, command] = [parse(mutate(plugins, random)), parse(mutate(commands, random))];
      whole += envctl !== undefined || command !== undefined ? 1 : 0;
      check(envctl, command);
    }
    expect(whole).to.be.greaterThan(1000);
  });
});

function pathsOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [...(at.length === 0 ? [] : [at]), ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

function replaced(document: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof document !== 'object' || document === null) return document;
  const inner = replaced((document as Readonly<Record<string, unknown>>)[key], rest, value);
  if (Array.isArray(document)) return document.map((one: unknown, index) => (String(index) === key ? inner : one));
  return { ...document, [key]: inner };
}
