import path from 'node:path';
import { expect } from 'chai';
import type { ConfigProblem } from '../../dist/config/index.js';
import { assertConfig, problemsToTell } from '../../dist/config/index.js';
import { load, postgres, redis, supabase, useRepository } from './fixtures.js';

describe('configuration problems', () => {
  const repository = useRepository();
  const problemsOf = (text: string, options: Parameters<typeof load>[1] = {}): readonly ConfigProblem[] => {
    repository.write('.envctl', text);
    return load(repository.root, options).problems;
  };

  const cases: readonly (readonly [what: string, text: string, facts: Partial<ConfigProblem>, hint: string])[] = [
    ['an unknown key with the nearest one', 'BACKEND_PORT_BSAE=8100\n', { kind: 'unknown-key', severity: 'error', line: 1 }, 'Did you mean BACKEND_PORT_BASE?'],
    ['an unknown key nothing resembles', 'FOO=1\n', { kind: 'unknown-key', severity: 'error', line: 1 }, 'show-config'],
    ['a key of a plugin that is not there', 'TREES_N8N_ENABLE=true\n', { kind: 'absent-plugin', severity: 'error' }, 'envctl plugins install @envctl/plugin-n8n'],
    ['a key of a plugin that nobody asks for, as a note', 'N8N_PORT_BASE=5700\n', { kind: 'absent-plugin', severity: 'note' }, '@envctl/plugin-n8n'],
    ['an option of a service that is not listed', 'ENVCTL_SERVICE_WORKER_START_CMD=x\n', { kind: 'unknown-key', severity: 'error', line: 1 }, 'envctl config --set ENVCTL_ADDITIONAL_SERVICES=worker'],
    ['a setting that means nothing here, as a warning', 'ENVCTL_PLAN_AGENT_X=1\n', { kind: 'not-supported-yet', severity: 'warning' }, 'Remove'],
    ['a retired key with the reason', 'ENVCTL_REQUIREMENTS_PARALLEL=false\n', { kind: 'retired-key', severity: 'error', line: 1 }, 'Remove line 1 of'],
    ['a retired key with what takes its place', 'ENVCTL_UI_RICH=0\n', { kind: 'retired-key', severity: 'error' }, 'Set ENVCTL_UI_SPINNER_MODE=off instead.'],
    ['a variable of the terminal in the file', 'NO_COLOR=1\n', { kind: 'invalid-value', severity: 'error', line: 1 }, 'export NO_COLOR'],
    ['a line without =', 'MAIN_REDIS_ENABLE true\n', { kind: 'malformed-line', severity: 'error', line: 1 }, 'NAME=value'],
    ['a key set twice', 'REDIS_PORT=1\nREDIS_PORT=2\n', { kind: 'duplicate-key', severity: 'warning', line: 2 }, 'one of them'],
    ['two names of one key', 'ENVCTL_DEPENDENCY_REDIS_MODE=native\nENVCTL_REDIS_MODE=docker\n', { kind: 'conflicting-alias', severity: 'warning', line: 2 }, 'ENVCTL_REDIS_MODE'],
    ['a block without an end', '# >>> envctl managed startup config >>>\n', { kind: 'damaged-block', severity: 'error' }, 'one pair'],
    ['a key only the environment may set', 'ENVCTL_CONFIG_FILE=/x\n', { kind: 'invalid-value', severity: 'error' }, 'export'],
    ['a mode without components', 'MAIN_BACKEND_ENABLE=false\nMAIN_FRONTEND_ENABLE=no\n', { kind: 'invalid-profile', severity: 'error', mode: 'main', line: 2 }, 'envctl config --set'],
  ];
  for (const [what, text, facts, hint] of cases) {
    it(`reports ${what}`, () => {
      const found = problemsOf(text);
      expect(found).to.have.length(1);
      expect(found[0]).to.deep.include(facts);
      expect(found[0]?.hint).to.include(hint);
    });
  }

  for (const text of ['MAIN_N8N_ENABLE=false\nN8N_PORT_BASE=1\n', 'TREES_DIR_NAME=trees\n', 'ENVCTL_STATE_COMPAT_MODE=compat_read_write\n', 'ENVCTL_ADDITIONAL_SERVICES=\n']) {
    it(`lets a start pass with ${JSON.stringify(text)}`, () => {
      const problems = problemsOf(text);
      expect(problems.filter((problem) => problem.severity === 'error')).to.deep.equal([]);
    });
  }

  for (const [text, expected] of [
    ['ENVCTL_EXTERNAL_DEPENDENCIES=postgres,redsi', 'a comma list of dependencies (postgres, redis'],
    ['ENVCTL_PUBLIC_HOST=http://dev.local', 'the name or address of a host'],
    ['ENVCTL_PUBLIC_HOST=dev.local:80', 'the name or address of a host'],
    ['ENVCTL_RUNTIME_SCOPE_ID=a/b', 'letters, digits'],
  ] as const) {
    it(`refuses ${text}`, () => {
      const found = problemsOf(text);
      expect(found.map(({ kind, severity, line }) => [kind, severity, line])).to.deep.equal([['invalid-value', 'error', 1]]);
      expect(found[0]?.message).to.include(`expected ${expected}`);
    });
  }

  const refusals: readonly (readonly [text: string, main: boolean, trees: boolean])[] = [
    ['TREES_N8N_ENABLE=true', false, true],
    ['MAIN_N8N_ENABLE=true\nN8N_PORT_BASE=5700', true, false],
    ['N8N_MAIN_ENABLE=true', true, false],
    ['N8N_ENABLE=true', true, true],
    ['MAIN_N8N_ENABLE=false\nTREES_N8N_ENABLE=true', false, true],
    ['MAIN_N8N_ENABLE=true\nTREES_N8N_ENABLE=true\nN8N_PORT_BASE=5700', true, true],
  ];
  for (const [text, main, trees] of refusals) {
    it(`${JSON.stringify(text)} refuses a start of ${[...(main ? ['main'] : []), ...(trees ? ['trees'] : [])].join(' and ')} where its plugin is not there`, () => {
      const problems = problemsOf(text);
      for (const [mode, isRefused] of [['main', main], ['trees', trees]] as const) {
        const start = (): void => assertConfig({ problems }, { for: 'start', mode });
        if (isRefused) expect(start, mode).to.throw('belongs to @envctl/plugin-n8n');
        else expect(start, mode).to.not.throw();
      }
    });
  }

  it('a start tells what would refuse one of the other mode, every other command both, and nobody a setting that asks for nothing', () => {
    const problems = problemsOf('MAIN_N8N_ENABLE=false\nTREES_SUPABASE_ENABLE=true\nN8N_PORT_BASE=5679\nREDIS_PORT=1\nREDIS_PORT=2\n');
    const keysTold = (purpose: Parameters<typeof problemsToTell>[1]) => problemsToTell({ problems }, purpose).map(({ key }) => key);
    expect(keysTold({ for: 'start', mode: 'main' })).to.have.members(['TREES_SUPABASE_ENABLE', 'REDIS_PORT']);
    expect(keysTold({ for: 'start', mode: 'trees' })).to.deep.equal(['REDIS_PORT']);
    expect(keysTold({ for: 'target' })).to.deep.equal(['TREES_SUPABASE_ENABLE']);
  });

  it('takes a list of external dependencies whose plugins are not there', () => {
    const file = path.join(repository.root, '.envctl');
    const told = (options = {}) => problemsOf('ENVCTL_EXTERNAL_DEPENDENCIES=Redis, n8n,\nENVCTL_PUBLIC_HOST=[::1]\n', options).map(({ severity, message }) => [severity, message]);
    expect(told()).to.deep.equal([['note', `ENVCTL_EXTERNAL_DEPENDENCIES (${file}:1) names n8n of @envctl/plugin-n8n, which is not installed.`]]);
    expect(told({ env: { HOME: '/h', ENVCTL_EXTERNAL_DEPENDENCIES: 'supabase' } })).to.deep.equal([['note', 'ENVCTL_EXTERNAL_DEPENDENCIES (environment) names supabase of @envctl/plugin-supabase, which is not installed.']]);
    expect(told({ dependencies: [postgres, redis, supabase], env: { HOME: '/h', ENVCTL_EXTERNAL_DEPENDENCIES: 'supabase' } })).to.deep.equal([]);
  });

  it('refuses two dependencies that exclude each other, in that mode only', () => {
    const problems = problemsOf('TREES_POSTGRES_ENABLE=true\nTREES_SUPABASE_ENABLE=true\n', { dependencies: [postgres, redis, supabase] });
    const file = path.join(repository.root, '.envctl');
    expect(problems.map(({ message, line }) => [message, line])).to.deep.equal([[`trees cannot enable both postgres and supabase. (TREES_POSTGRES_ENABLE: ${file}:1, TREES_SUPABASE_ENABLE: ${file}:2)`, 2]]);
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main' })).not.to.throw();
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'trees' })).to.throw('Invalid trees startup configuration: trees cannot enable both');
  });

  it('lets reading and teardown go on with a wrong port or mode but not with a wrong place of the state', () => {
    const port = problemsOf('BACKEND_PORT_BASE=abc\nFOO=1\n');
    expect(() => assertConfig({ problems: port }, { for: 'target' })).not.to.throw();
    expect(() => assertConfig({ problems: port }, { for: 'save' })).to.throw('BACKEND_PORT_BASE');
    const mode = problemsOf('ENVCTL_DEFAULT_MODE=tree\n');
    expect(() => assertConfig({ problems: mode }, { for: 'target' })).not.to.throw();
    expect(() => assertConfig({ problems: mode }, { for: 'save' })).to.throw('one of main, trees');
    expect(() => assertConfig({ problems: problemsOf('ENVCTL_RUNTIME_SCOPE_ID=a/b\n') }, { for: 'target' })).to.throw('ENVCTL_RUNTIME_SCOPE_ID');
  });

  it('refuses a start with a wrong mode, unless the words say the mode', () => {
    const problems = problemsOf('ENVCTL_DEFAULT_MODE=tree\n');
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main' })).to.throw('one of main, trees');
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main', isModeGiven: true })).not.to.throw();
  });

  it('gives unknown keys a code of their own', () => {
    const problems = problemsOf('FOO=1\nBAR=2\n');
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main' })).to.throw(/FOO.*\n.*BAR/).with.property('code', 'ENVCTL_E_CONFIG_UNKNOWN_KEY');
  });

  it('refuses a retired key of the file as an unknown one, and warns of one in the environment that is surely ours', () => {
    const problems = problemsOf('ENVCTL_PROBE_PSUTIL=1\n');
    expect(() => assertConfig({ problems }, { for: 'start', mode: 'main' })).to.throw(/is retired: processes are read/).with.property('code', 'ENVCTL_E_CONFIG_UNKNOWN_KEY');
    expect(() => assertConfig({ problems }, { for: 'save' })).to.throw('is retired');
    expect(() => assertConfig({ problems }, { for: 'target' })).not.to.throw();
    const env = { HOME: '/h', ENVCTL_DOCKER_PREWARM: 'false', DB_CONTAINER_NAME: 'mine', CI: 'true', NO_COLOR: '1', BATCH: 'nightly' };
    const found = problemsOf('', { env });
    expect(found.map(({ key, kind, severity, hint }) => [key, kind, severity, hint])).to.deep.equal([['ENVCTL_DOCKER_PREWARM', 'retired-key', 'warning', 'unset ENVCTL_DOCKER_PREWARM']]);
  });

  it('looks into the environment for names that are surely ours', () => {
    const env = { HOME: '/h', ENVCTL_DEFAULT_MDOE: 'main', ENVCTL_LAUNCH_TOKEN: 'x', ENVCTL_CACHE_DIR: '/c', ENVCTL_DATA_DIR: '/d', ENVCTL_DATA_USER: 'x', PATH: '/bin', MAIN_N8N_ENABLE: 'true', SUPABASE_URL: 'http://x', ENVCTL_ACTION_TEST_CMD: 'x' };
    const problems = load(repository.root, { env }).problems;
    expect(problems.map(({ key, kind, severity }) => [key, kind, severity])).to.deep.equal([
      ['ENVCTL_DEFAULT_MDOE', 'unknown-key', 'warning'],
      ['MAIN_N8N_ENABLE', 'absent-plugin', 'error'],
      ['ENVCTL_ACTION_TEST_CMD', 'absent-plugin', 'note'],
    ]);
  });
});

describe('mode profiles', () => {
  const repository = useRepository();
  const on = { enabled: true, explicit: true };
  const off = { enabled: false, explicit: true };
  const unset = { enabled: false, explicit: false };

  const cases: readonly (readonly [text: string, main: object, trees: object])[] = [
    ['', unset, unset],
    ['REDIS_ENABLE=true', on, on],
    ['REDIS_MAIN_ENABLE=yes', on, unset],
    ['MAIN_REDIS_ENABLE=0\nREDIS_MAIN_ENABLE=1', off, unset],
    ['REDIS_ENABLE=true\nTREES_REDIS_ENABLE=off', on, off],
    ['MAIN_REDIS_ENABLE=true\nTREES_REDIS_ENABLE=true\nREDIS_ENABLE=false', off, off],
  ];
  for (const [text, main, trees] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      repository.write('.envctl', text);
      const model = load(repository.root);
      expect(model.profile('main').dependencies['redis']).to.deep.equal(main);
      expect(model.profile('trees').dependencies['redis']).to.deep.equal(trees);
    });
  }

  for (const [text, mode] of [
    ['', 'auto'],
    ['ENVCTL_DEPENDENCY_REDIS_MODE=docker', 'docker'],
    ['ENVCTL_REDIS_MODE=external', 'external'],
    ['ENVCTL_REDIS_EXTERNAL=true', 'external'],
    ['ENVCTL_EXTERNAL_DEPENDENCIES=postgres, redis', 'external'],
    ['ENVCTL_DEPENDENCY_REDIS_MODE=native\nENVCTL_EXTERNAL_DEPENDENCIES=redis', 'native'],
    ['ENVCTL_REQUIREMENT_REDIS_CMD=redis-server', 'command'],
    ['ENVCTL_REQUIREMENT_REDIS_CMD=redis-server\nENVCTL_DEPENDENCY_REDIS_MODE=auto', 'auto'],
    ['ENVCTL_REQUIREMENT_REDIS_CMD=redis-server\nENVCTL_REDIS_EXTERNAL=true', 'external'],
    ['ENVCTL_REQUIREMENT_REDIS_CMD=', 'auto'],
  ] as const) {
    it(`runs redis as ${mode} with ${JSON.stringify(text)}`, () => {
      repository.write('.envctl', text);
      expect(load(repository.root).dependencyMode('redis')).to.equal(mode);
    });
  }
});
