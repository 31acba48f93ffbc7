import { expect } from 'chai';
import { loadConfig } from '../../dist/config/index.js';
import { load, n8n, postgres, redis, supabase, useRepository } from './fixtures.js';

describe('loadConfig', () => {
  const repository = useRepository();

  it('gives the documented defaults with their origin when there is no file', () => {
    const model = load(repository.root);
    expect(model.source).to.equal('defaults');
    expect(model.exists).to.equal(false);
    expect(model.problems).to.deep.equal([]);
    expect(model.defaultMode).to.equal('main');
    expect(model.ports).to.deep.equal({
      backend: 8000,
      frontend: 9000,
      spacing: 20,
      strategy: 'project_slot',
      dependencies: { postgres: { primary: 5432 }, redis: { primary: 6379 } },
    });
    expect(model.directories).to.deep.equal({ backend: 'backend', frontend: 'frontend' });
    expect(model.values.get('BACKEND_PORT_BASE')).to.deep.equal({ value: '8000', origin: 'default', setAs: 'BACKEND_PORT_BASE' });
    expect(model.profile('main')).to.deep.equal({
      startupEnabled: true,
      backend: { enabled: true, explicit: false },
      frontend: { enabled: true, explicit: false },
      dependencies: { postgres: { enabled: false, explicit: false }, redis: { enabled: false, explicit: false } },
    });
  });

  it('lists the managed keys in the order of the original', () => {
    const model = load(repository.root, { dependencies: [n8n, supabase, redis, postgres] });
    expect(model.keys.filter((key) => key.managed).map((key) => key.key)).to.deep.equal([
      'ENVCTL_DEFAULT_MODE', 'BACKEND_DIR', 'FRONTEND_DIR', 'BACKEND_PORT_BASE', 'FRONTEND_PORT_BASE', 'DB_PORT', 'REDIS_PORT', 'N8N_PORT_BASE', 'PORT_SPACING',
      'MAIN_STARTUP_ENABLE', 'MAIN_BACKEND_ENABLE', 'MAIN_FRONTEND_ENABLE',
      'MAIN_POSTGRES_ENABLE', 'TREES_POSTGRES_ENABLE', 'MAIN_REDIS_ENABLE', 'TREES_REDIS_ENABLE', 'MAIN_SUPABASE_ENABLE', 'TREES_SUPABASE_ENABLE', 'MAIN_N8N_ENABLE', 'TREES_N8N_ENABLE',
      'TREES_STARTUP_ENABLE', 'TREES_BACKEND_ENABLE', 'TREES_FRONTEND_ENABLE',
    ]);
  });

  it('takes the environment before the file, even when it is empty, and remembers the line', () => {
    const path = repository.write('.envctl', '# mine\nBACKEND_PORT_BASE=8100\nFRONTEND_PORT_BASE=9100\nENVCTL_BACKEND_START_CMD=node server.js\n');
    const model = load(repository.root, { env: { HOME: '/home/tester', FRONTEND_PORT_BASE: '9200', ENVCTL_BACKEND_START_CMD: '' } });
    expect(model.values.get('BACKEND_PORT_BASE')).to.deep.equal({ value: '8100', origin: 'file', setAs: 'BACKEND_PORT_BASE', path, line: 2 });
    expect(model.values.get('FRONTEND_PORT_BASE')).to.deep.include({ value: '9200', origin: 'env' });
    expect(model.reader().integer('FRONTEND_PORT_BASE')).to.equal(9200);
    expect(model.reader().string('ENVCTL_BACKEND_START_CMD')).to.equal(undefined);
  });

  it('reads the runtime directory under its older name and puts the store in it', () => {
    repository.write('.envctl', 'RUN_SH_RUNTIME_DIR=~/state\n');
    const model = load(repository.root);
    expect(model.runtimeDirectory).to.equal('/home/tester/state');
    expect(model.storeDirectory).to.equal('/home/tester/state/store');
    expect(loadConfig({ repositoryRoot: repository.root, env: { HOME: '/root' }, isRoot: true }).storeDirectory).to.equal('/var/lib/envctl');
  });

  for (const [text, expected] of [
    ['', '/tmp/envctl-runtime'],
    ['ENVCTL_RUNTIME_DIR=/a\n', '/tmp/envctl-runtime'],
    ['RUN_SH_RUNTIME_DIR=~/old\n', '/home/tester/old'],
    ['ENVCTL_RUNTIME_DIR=/a\nRUN_SH_RUNTIME_DIR=/b\n', '/b'],
  ] as const) {
    it(`looks for the original’s state in ${expected} with ${JSON.stringify(text)}`, () => {
      repository.write('.envctl', text);
      const model = load(repository.root);
      expect(model).to.include({ legacyRuntimeDirectory: expected, stateCompatMode: 'compat_read_only' });
      expect(model.problems.filter(({ severity }) => severity !== 'note')).to.deep.equal([]);
    });
  }

  for (const [line, expected] of [
    ['BACKEND_PORT_BASE=abc', 'a whole number from 1 to 65000'],
    ['BACKEND_PORT_BASE=0', 'a whole number from 1 to 65000'],
    ['BACKEND_PORT_BASE=8000 # api', 'a whole number from 1 to 65000'],
    ['BACKEND_PORT_BASE=', 'a whole number from 1 to 65000'],
    ['MAIN_REDIS_ENABLE=maybe', 'true or false'],
    ['ENVCTL_DEFAULT_MODE=tree', 'one of main, trees'],
    ['BACKEND_DIR=', 'a directory'],
    ['ENVCTL_RUNTIME_SCOPE_ID=../other', 'letters, digits'],
  ] as const) {
    it(`names key, value, line and mend for ${line}`, () => {
      const path = repository.write('.envctl', `\n${line}\n`);
      const [problem, ...others] = load(repository.root).problems;
      expect(others).to.deep.equal([]);
      expect(problem).to.deep.include({ kind: 'invalid-value', severity: 'error', path, line: 2, key: line.split('=')[0] });
      expect(problem?.message).to.include(`${path}:2`).and.include(expected);
      expect(problem?.hint).to.include('line 2');
    });
  }

  it('throws when an invalid value is read, and never for the others', () => {
    repository.write('.envctl', 'BACKEND_PORT_BASE=abc\nFRONTEND_PORT_BASE=9100\n');
    const reader = load(repository.root).reader();
    expect(() => reader.integer('BACKEND_PORT_BASE')).to.throw().with.property('code', 'ENVCTL_E_CONFIG_INVALID');
    expect(reader.integer('FRONTEND_PORT_BASE')).to.equal(9100);
  });

  it('keeps the value of a secret key out of the problem', () => {
    const declarations = [{ key: 'VAULT_PIN', type: 'integer', secret: true, description: 'x' }] as const;
    repository.write('.envctl', 'VAULT_PIN=hunter2\n');
    const model = load(repository.root, { declarations });
    expect(JSON.stringify(model.problems)).to.include('VAULT_PIN').and.not.include('hunter2');
    expect(model.secrets()).to.include('hunter2');
  });

  it('limits a reader to the keys it declares', () => {
    const reader = load(repository.root).reader(['REDIS_PORT']);
    expect(reader.integer('REDIS_PORT')).to.equal(6379);
    expect(() => reader.integer('DB_PORT')).to.throw('not declared');
  });
});
