import { expect } from 'chai';
import fc from 'fast-check';
import { completeLine } from '../../dist/completion/read-only.js';
import type { LiveNames } from '../../dist/completion/complete-line.js';
import { createRoutingTables, type CommandEntry } from '../../dist/routing/index.js';

const contract = { family: 'x', bootstrap: 'skip', statePolicy: 'none', mutates: false } as const;
const common = { json: { type: 'boolean' }, repo: { type: 'option' } } as const;
const selectors = { project: { type: 'option', multiple: true, delimiter: ',' }, service: { type: 'option', multiple: true, delimiter: ',' } } as const;
const entries: readonly CommandEntry[] = [
  { id: 'start', plugin: 'core', summary: 'Bring it up.', strict: false, flags: { ...common, ...selectors, 'dry-run': { type: 'boolean' }, secret: { type: 'boolean', hidden: true } }, envctl: contract },
  { id: 'wait', plugin: 'core', flags: { ...common, until: { type: 'option', options: ['healthy', 'stopped'] } }, envctl: { ...contract, aliases: ['w'] } },
  { id: 'config', plugin: 'core', flags: { ...common, set: { type: 'option', multiple: true } }, envctl: contract },
  { id: 'old', plugin: 'core', hidden: true, flags: common, envctl: contract },
  { id: 'plugins:install', plugin: 'oclif', flags: {} },
  { id: 'plugins:link', plugin: 'oclif', flags: {} },
  { id: 'plugins:inspect', plugin: 'oclif', flags: {}, strict: false },
  { id: 'plugins:uninstall', plugin: 'oclif', flags: {}, strict: false },
];
const tables = createRoutingTables(entries);
const names: LiveNames = {
  projects: ({ repo, mode }) => (repo === undefined ? (mode === 'trees' ? ['feature-1'] : ['Main', 'feature-1']) : [`in ${repo}`]),
  services: () => ['Main Backend', 'backend'],
  configKeys: () => [{ key: 'MAIN_REDIS_ENABLE', description: 'Whether Redis runs.', values: ['true', 'false'] }, { key: 'DB_PORT', description: 'A port.', values: [] }],
};
const plugins = [{ name: '@envctl/core', isOwn: false }, { name: 'toy', isOwn: true }, { name: 'tool', isOwn: true }];
const complete = (...words: string[]): readonly string[] => completeLine({ words, tables, names, shells: ['bash'], plugins }).candidates.map(({ value }) => value);

describe('completeLine', () => {
  const table: readonly (readonly [words: readonly string[], candidates: readonly string[]])[] = [
    [[''], ['config', 'plugins', 'start', 'wait']],
    [['wa'], ['wait']],
    [['WA'], ['wait']],
    [['plugins', ''], ['inspect', 'install', 'link', 'uninstall']],
    [['plugins', 'inspect', ''], ['@envctl/core', 'tool', 'toy']],
    [['plugins', 'uninstall', 'to'], ['tool', 'toy']],
    [['plugins', 'uninstall', 'toy', ''], ['tool']],
    [['plugins', 'uninstall', '@'], []],
    [['plugins', 'install', ''], []],
    [['nonsense', ''], []],
    [['start', '--d'], ['--dry-run']],
    [['start', '--dry-run', '--d'], []],
    [['start', '--project', 'Main', '--pro'], ['--project']],
    [['start', '--s'], ['--service']],
    [['--d'], ['--dry-run']],
    [['--wa'], ['--wait']],
    [['--wait', '--un'], ['--until']],
    [['w', '--until', ''], ['healthy', 'stopped']],
    [['wait', '--until=h'], ['--until=healthy']],
    [['start', '--project', ''], ['Main', 'feature-1']],
    [['start', '--trees', '--project', ''], ['feature-1']],
    [['start', '--repo', '/x', '--project', ''], ['in /x']],
    [['--repo=/x', 'start', '--project', ''], ['in /x']],
    [['start', '--project', 'Main,'], ['Main,feature-1']],
    [['start', '--project=Main,f'], ['--project=Main,feature-1']],
    [['start', 'Main B'], ['Main Backend']],
    [['start', '--', 'fea'], ['feature-1']],
    [['start', '--', '--d'], []],
    [['config', '--set', 'MAIN'], ['MAIN_REDIS_ENABLE=']],
    [['config', '--set', 'MAIN_REDIS_ENABLE='], ['MAIN_REDIS_ENABLE=false', 'MAIN_REDIS_ENABLE=true']],
    [['config', '--set=DB_PORT=1'], []],
    [['--command', 'st'], ['start']],
    [['--command', 'wait', '--un'], ['--until']],
    [['start', '--repo', ''], []],
  ];
  for (const [words, candidates] of table) {
    it(`offers ${JSON.stringify(candidates)} for ${JSON.stringify(words)}`, () => {
      expect(complete(...words)).to.deep.equal(candidates);
    });
  }

  it('hints at files for a path and at no blank behind a key', () => {
    expect(completeLine({ words: ['start', '--repo', ''], tables, names, shells: [], plugins }).hints).to.deep.equal(['files']);
    expect(completeLine({ words: ['config', '--set', ''], tables, names, shells: [], plugins }).hints).to.deep.equal(['nospace']);
  });

  it('gives candidates that begin with what is there, each once, and never throws', () => {
    const word = fc.oneof(fc.constantFrom('start', 'wait', '--project', '--', '--repo', '--set', 'plugins', '--until=', 'Main', '=', '-', '', '__proto__', 'constructor'), fc.string());
    fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const found = complete(...words);
      expect(new Set(found).size).to.equal(found.length);
      const last = (words.at(-1) ?? '').toLowerCase();
      for (const value of found) expect(value.toLowerCase().startsWith(last)).to.equal(true);
    }), { numRuns: 2000 });
  });
});
