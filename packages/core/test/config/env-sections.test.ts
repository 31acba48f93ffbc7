import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { assertConfig, type ConfigModel, type ConfigProblem, saveConfig, toShowConfig } from '../../dist/config/index.js';
import { parseTemplate } from '../../dist/config/env-template.js';
import { load, postgres, redis, supabase, useRepository } from './fixtures.js';

const section = (title: string, ...lines: readonly string[]): string => [`# >>> envctl ${title} >>>`, ...lines, `# <<< envctl ${title} <<<`, ''].join('\n');

describe('launch env sections', () => {
  const repository = useRepository();
  const read = (text: string, options: Parameters<typeof load>[1] = {}): ConfigModel => {
    repository.write('.envctl', text);
    return load(repository.root, options);
  };
  const names = (model: ConfigModel, mode: 'main' | 'trees', service: string): string[] => model.envLines(mode, service).map(({ name, template }) => `${name}=${template.map((part) => (typeof part === 'string' ? part : `<${part.source}>`)).join('')}`);

  const titles: readonly (readonly [title: string, main: readonly string[], trees: readonly string[]])[] = [
    ['backend launch env', ['backend'], ['backend']],
    ['frontend launch env', ['frontend'], ['frontend']],
    ['main backend launch env', ['backend'], []],
    ['trees frontend launch env', [], ['frontend']],
    ['service worker launch env', ['worker'], ['worker']],
    ['main service worker launch env', ['worker'], []],
    ['trees service worker launch env', [], ['worker']],
    ['service backend launch env', ['backend'], ['backend']],
    ['shared launch env', ['backend', 'frontend', 'worker'], ['backend', 'frontend', 'worker']],
    ['dependency env', ['backend', 'frontend', 'worker'], ['backend', 'frontend', 'worker']],
  ];
  for (const [title, main, trees] of titles) {
    it(`"${title}" is for ${main.join(', ') || 'nobody'} in main and ${trees.join(', ') || 'nobody'} in trees`, () => {
      const model = read(section(title, 'X=1'));
      const who = (mode: 'main' | 'trees') => ['backend', 'frontend', 'worker'].filter((service) => model.envLines(mode, service).length > 0);
      expect(who('main')).to.deep.equal(main);
      expect(who('trees')).to.deep.equal(trees);
      expect(model.problems.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    });
  }

  it('count the more, the closer they are to the service; then the later line', () => {
    const model = read(
      section('main backend launch env', 'A=mode') + section('backend launch env', 'A=type', 'B=type', 'B=again') + section('shared launch env', 'A=all', 'B=all', 'C=all') + section('backend launch env', '# D=off', 'C="two words"'),
    );
    expect(names(model, 'main', 'backend')).to.have.members(['A=mode', 'B=again', 'C=two words']);
    expect(names(model, 'trees', 'backend')).to.have.members(['A=type', 'B=again', 'C=two words']);
    expect(names(model, 'main', 'frontend')).to.deep.equal(['A=all', 'B=all', 'C=all']);
  });

  it('are no configuration keys, and a key behind them is', () => {
    const model = read(`${section('backend launch env', 'BACKEND_PORT_BASE=1', 'MAIN_REDIS_ENABLE=true', 'FOO=1')}BACKEND_PORT_BASE=8100\n`);
    expect(model.ports.backend).to.equal(8100);
    expect(model.profile('main').dependencies['redis']?.enabled).to.equal(false);
    expect(model.problems).to.deep.equal([]);
  });

  it('replace sources and nothing else', () => {
    const cases: readonly (readonly [text: string, expected: unknown])[] = [
      ['plain $HOME $$ {x}', ['plain $HOME $$ {x}']],
      ['', []],
      ['${ENVCTL_SOURCE_A}', [{ source: 'ENVCTL_SOURCE_A' }]],
      ['a${ENVCTL_SOURCE_A}b${ENVCTL_SOURCE_B_2}c', ['a', { source: 'ENVCTL_SOURCE_A' }, 'b', { source: 'ENVCTL_SOURCE_B_2' }, 'c']],
      ['${HOME}', '${HOME}'],
      ['x${ENVCTL_SOURCE_A:-y}', '${ENVCTL_SOURCE_A:-y}'],
      ['x${ENVCTL_SOURCE_A', '${ENVCTL_SOURCE_A'],
      ['${}', '${}'],
    ];
    for (const [text, expected] of cases) {
      const parsed = parseTemplate(text);
      expect(parsed.ok ? parsed.template : parsed.expression, text).to.deep.equal(expected);
    }
  });

  const wrong: readonly (readonly [what: string, text: string, facts: Partial<ConfigProblem>, hint: string])[] = [
    ['a title nobody knows', section('bakend launch env', 'X=1'), { kind: 'unknown-section', line: 1 }, 'envctl backend launch env'],
    ['a section without an end', '# >>> envctl backend launch env >>>\nX=1\n', { kind: 'damaged-section', line: 1 }, '# <<< envctl backend launch env <<<'],
    ['an end without a beginning', 'BACKEND_DIR=x\n# <<< envctl backend launch env <<<\n', { kind: 'damaged-section', line: 2 }, '# >>> envctl backend launch env >>>'],
    ['a section inside the managed block', `# >>> envctl managed startup config >>>\n${section('backend launch env', 'X=1')}# <<< envctl managed startup config <<<\n`, { kind: 'damaged-section', line: 2 }, 'outside the managed block'],
    ['a line without =', section('backend launch env', 'X=1', 'oops'), { kind: 'malformed-line', line: 3 }, 'NAME=value'],
    ['another variable', section('backend launch env', 'X=${HOME}/y'), { kind: 'invalid-template', line: 2 }, 'ENVCTL_SOURCE_'],
    ['a source nothing offers', section('backend launch env', 'X=${ENVCTL_SOURCE_REDIS_URI}'), { kind: 'unknown-source', line: 2 }, 'Did you mean ${ENVCTL_SOURCE_REDIS_URL}?'],
    ['a port', section('backend launch env', 'PORT=1'), { kind: 'reserved-variable', line: 2 }, 'BACKEND_PORT_BASE'],
    ['a name of envctl', section('backend launch env', 'ENVCTL_PROJECT_NAME=x'), { kind: 'reserved-variable', line: 2 }, 'Remove line 2'],
    ['a secret of a dependency in a section for a frontend', `\n${section('frontend launch env', 'A=1', 'VITE_DB=x${ENVCTL_SOURCE_DATABASE_URL}')}`, { kind: 'backend-only-source', line: 4 }, 'backend launch env'],
    ['a secret of a dependency that is not installed there', section('trees frontend launch env', 'K=${ENVCTL_SOURCE_SUPABASE_SERVICE_ROLE_KEY}'), { kind: 'backend-only-source', line: 2, mode: 'trees' }, 'Remove line 2'],
  ];
  for (const [what, text, facts, hint] of wrong) {
    it(`refuse ${what}`, () => {
      const { problems } = read(text, { env: { HOME: '/h', MAIN_POSTGRES_ENABLE: 'false', TREES_POSTGRES_ENABLE: 'false' } });
      expect(problems).to.have.length(1);
      expect(problems[0]).to.deep.include({ severity: 'error', origin: 'file', ...facts });
      expect(problems[0]?.message).to.include(`:${facts.line}`.slice(facts.kind === 'malformed-line' ? 1 : 0));
      expect(problems[0]?.hint).to.include(hint);
      expect(() => assertConfig({ problems }, { for: 'save' })).to.throw();
      expect(() => assertConfig({ problems }, { for: 'target' })).not.to.throw();
    });
  }

  it('of one mode do not keep the other from starting', () => {
    const { problems } = read(section('trees backend launch env', 'X=${HOME}'));
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main' })).not.to.throw();
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'trees' })).to.throw('${HOME}');
  });

  it('warn of what nobody gets: another service, a source of a package that is not installed', () => {
    const { problems } = read(section('service worker launch env', 'X=1') + section('backend launch env', 'Y=${ENVCTL_SOURCE_N8N_URL}'));
    expect(problems.map(({ kind, severity }) => [kind, severity])).to.deep.equal([['unknown-service', 'warning'], ['absent-plugin', 'warning']]);
    expect(problems[1]?.hint).to.equal('envctl plugins install @envctl/plugin-n8n');
  });

  describe('and what they refer to', () => {
    const enabled = (model: ConfigModel, mode: 'main' | 'trees'): string[] => Object.entries(model.profile(mode).dependencies).flatMap(([id, toggle]) => (toggle.enabled ? [id] : []));
    const wantsBoth = section('backend launch env', 'A=${ENVCTL_SOURCE_DATABASE_URL}', 'B=${ENVCTL_SOURCE_REDIS_PORT}');
    const all = [postgres, redis, supabase];
    const cases: readonly (readonly [what: string, text: string, main: readonly string[], trees: readonly string[]])[] = [
      ['runs in both modes', wantsBoth, ['postgres', 'redis'], ['postgres', 'redis']],
      ['runs in the mode of the section', section('trees backend launch env', 'B=${ENVCTL_SOURCE_REDIS_PORT}'), [], ['redis']],
      ['stays off where a switch says no', `MAIN_POSTGRES_ENABLE=false\nREDIS_ENABLE=false\n${wantsBoth}`, [], ['postgres']],
      ['is what is on already', `MAIN_SUPABASE_ENABLE=true\n${wantsBoth}`, ['redis', 'supabase'], ['postgres', 'redis']],
      ['stays off in a mode that is off', `MAIN_STARTUP_ENABLE=false\n${wantsBoth}`, [], ['postgres', 'redis']],
      ['stays off while the service is off', `MAIN_BACKEND_ENABLE=false\n${wantsBoth}`, [], ['postgres', 'redis']],
      ['does not come from a comment', section('backend launch env', '# A=${ENVCTL_SOURCE_DATABASE_URL}'), [], []],
    ];
    for (const [what, text, main, trees] of cases) {
      it(what, () => {
        const model = read(text, { dependencies: all });
        expect(enabled(model, 'main')).to.deep.equal(main);
        expect(enabled(model, 'trees')).to.deep.equal(trees);
        expect(model.problems.filter(({ severity }) => severity !== 'note')).to.deep.equal([]);
      });
    }

    it('is told with the line', () => {
      const model = read(section('main backend launch env', 'A=1', 'B=${ENVCTL_SOURCE_REDIS_URL}'));
      expect(model.problems).to.have.length(1);
      expect(model.problems[0]).to.include({ kind: 'implied-dependency', severity: 'note', mode: 'main', line: 3, hint: 'MAIN_REDIS_ENABLE=false keeps it off.' });
    });
  });

  it('are listed by show-config, names only', () => {
    const shown = toShowConfig(read(section('main frontend launch env', 'API=${ENVCTL_SOURCE_BACKEND_URL}/v1', 'API_TOKEN=hunter2')));
    expect(shown.launch_env).to.deep.equal([
      { section: 'main frontend launch env', line: 1, mode: 'main', service: 'frontend', variables: [{ name: 'API', line: 2, sources: ['ENVCTL_SOURCE_BACKEND_URL'] }, { name: 'API_TOKEN', line: 3, sources: [] }] },
    ]);
    expect(JSON.stringify(shown)).to.not.include('hunter2');
  });

  it('give the redactor what they spell out under a secret name', () => {
    const model = read(section('backend launch env', 'STRIPE_SECRET_KEY=sk-hunter2', 'LEVEL=debug'));
    expect(model.secrets()).to.include('sk-hunter2').and.not.include('debug');
  });

  it('of an older file are not read and not carried, and named', async () => {
    repository.write('.envctl.sh', `BACKEND_PORT_BASE=8100\n${section('backend launch env', 'X=1')}`);
    expect(load(repository.root).envLines('main', 'backend')).to.deep.equal([]);
    const result = await saveConfig({ repositoryRoot: repository.root, env: { HOME: '/h' }, dependencies: [postgres, redis], assignments: [] });
    expect(result.not_carried).to.deep.equal(['backend launch env']);
  });

  it('stay byte for byte when the block is written', async () => {
    const own = `\r\n${section('backend launch env', '  X = "a b"  ', '', '# \u00e9', 'Y=${ENVCTL_SOURCE_REDIS_URL}\r').replace(/\n$/, '')}  \n\n`;
    repository.write('.envctl', own);
    await saveConfig({ repositoryRoot: repository.root, env: { HOME: '/h' }, dependencies: [postgres, redis], assignments: [{ key: 'BACKEND_PORT_BASE', value: '8100' }] });
    const saved = readFileSync(path.join(repository.root, '.envctl'), 'utf8');
    expect(saved.startsWith(own)).to.equal(true);
    // What a section implies is not written down as if somebody had switched it on.
    expect(saved).to.include('BACKEND_PORT_BASE=8100').and.not.include('REDIS_ENABLE');
    await saveConfig({ repositoryRoot: repository.root, env: { HOME: '/h' }, dependencies: [postgres, redis], assignments: [{ key: 'MAIN_REDIS_ENABLE', value: 'false' }] });
    expect(readFileSync(path.join(repository.root, '.envctl'), 'utf8')).to.include('MAIN_REDIS_ENABLE=false');
    expect(load(repository.root).profile('main').dependencies['redis']).to.deep.equal({ enabled: false, explicit: true });
  });
});
