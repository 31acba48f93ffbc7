import { expect } from 'chai';
import { describeConfigKeys, describeConfigSchemas, hiddenValue, parseAssignments, parsePayload, toEffectiveConfig, toShowConfig } from '../../dist/config/index.js';
import { load, postgres, redis, useRepository } from './fixtures.js';

describe('config --stdin-json', () => {
  const repository = useRepository();

  it('changes nothing when the printed document comes back unedited, also under the environment', async () => {
    repository.write('.envctl', 'REDIS_ENABLE=true\nBACKEND_PORT_BASE=8100\n');
    const model = load(repository.root, { env: { HOME: '/h', FRONTEND_PORT_BASE: '9500' } });
    expect(await parsePayload(JSON.stringify(toEffectiveConfig(model)), model)).to.deep.equal([]);
  });

  it('turns an edited part of the printed document into assignments', async () => {
    const model = load(repository.root);
    const printed = toEffectiveConfig(model);
    const edited = { ...printed, ports: { ...printed.ports, backend: 8300 }, profiles: { ...printed.profiles, main: { ...printed.profiles.main, dependencies: { postgres: true, redis: false } } } };
    expect(await parsePayload(JSON.stringify(edited), model)).to.deep.equal([
      { key: 'BACKEND_PORT_BASE', value: '8300' },
      { key: 'MAIN_POSTGRES_ENABLE', value: 'true' },
    ]);
  });

  it('is flat as soon as one name is upper-case', async () => {
    expect(await parsePayload('{"DB_PORT":5500,"MAIN_REDIS_ENABLE":true,"x":"y"}', load(repository.root))).to.deep.equal([
      { key: 'DB_PORT', value: '5500' },
      { key: 'MAIN_REDIS_ENABLE', value: 'true' },
      { key: 'x', value: 'y' },
    ]);
  });

  for (const [text, message] of [
    ['[]', 'Invalid JSON for config --stdin-json: expected an object, found a list.'],
    ['null', 'expected an object, found null.'],
    ['nope', 'Invalid JSON for config --stdin-json:'],
    ['{"port":1}', 'Invalid JSON for config --stdin-json:'],
    ['{"ports":{"backend":"8100"}}', 'ports.backend'],
    ['{"ports":{"dependencies":{"redis":{"second":1}}}}', 'ports.dependencies.redis.second is not a name of this document.'],
    ['{"DB_PORT":null}', 'DB_PORT: expected a text, a number or a boolean, found null'],
    ['{"DB_PORT":[5432]}', 'DB_PORT: expected a text, a number or a boolean, found a list'],
    ['{"ports":{"backend":8300},"managed_keys":{"BACKEND_PORT_BASE":"8400"}}', 'managed_keys.BACKEND_PORT_BASE'],
  ] as const) {
    it(`refuses ${text}`, async () => {
      const error: unknown = await parsePayload(text, load(repository.root)).then(() => undefined, (reason: unknown) => reason);
      expect(error).to.have.property('code', 'ENVCTL_E_CONFIG_INVALID');
      expect((error as Error).message).to.include(message);
    });
  }

  for (const [text, place, name] of [
    ['{"ports":{"dependencies":{"n8n":{"primary":1}}}}', 'ports.dependencies.n8n', 'n8n'],
    ['{"profiles":{"main":{"dependencies":{"n8n":true}}}}', 'profiles.main.dependencies.n8n', 'n8n'],
    ['{"profiles":{"trees":{"dependencies":{"supabase":false}}}}', 'profiles.trees.dependencies.supabase', 'supabase'],
  ] as const) {
    it(`names the package that brings ${place}, as --set does`, async () => {
      const error = await parsePayload(text, load(repository.root)).then(() => undefined, (reason: unknown) => reason);
      expect(error).to.deep.include({ code: 'ENVCTL_E_CONFIG_UNKNOWN_KEY', message: `${place} belongs to @envctl/plugin-${name}, which is not installed.`, hints: [`envctl plugins install @envctl/plugin-${name}`] });
    });
  }

  for (const [text, place, hint] of [
    ['{"profile":{}}', 'profile', 'Did you mean profiles?'],
    ['{"profiles":{"main":{"backen":true}}}', 'profiles.main.backen', 'Did you mean backend?'],
    ['{"profiles":{"main":{"dependencies":{"postgers":true}}}}', 'profiles.main.dependencies.postgers', 'Did you mean postgres?'],
    ['{"profiles":{"main":{"dependencies":{"mysql":true}}}}', 'profiles.main.dependencies.mysql', 'The installed dependencies: postgres, redis.'],
  ] as const) {
    it(`names the nearest to ${place}`, async () => {
      const error = await parsePayload(text, load(repository.root)).then(() => undefined, (reason: unknown) => reason);
      expect(error).to.deep.include({ code: 'ENVCTL_E_CONFIG_INVALID', message: `Invalid JSON for config --stdin-json: ${place} is not a name of this document.`, hints: [hint] });
    });
  }

  it('does not quote the document around a slip', async () => {
    const error: unknown = await parsePayload('{"DB_PASSWORD": hunter2}', load(repository.root)).then(() => undefined, (reason: unknown) => reason);
    expect((error as Error).message).not.to.include('hunter2');
  });
});

describe('parseAssignments', () => {
  it('splits at the first =', () => {
    expect(parseAssignments(['A=b=c', ' B = x '])).to.deep.equal([{ key: 'A', value: 'b=c' }, { key: 'B', value: 'x' }]);
  });

  for (const [word, said] of [['X', 'X'], ['=hunter2', 'nothing stands before the ='], ['1X=hunter2', '1X'], ['', 'it is empty']] as const) {
    it(`refuses ${JSON.stringify(word)} and says what of it is wrong, without the value`, () => {
      expect(() => parseAssignments([word])).to.throw().with.property('message', `Invalid config assignment: ${said}`);
    });
  }
});

describe('toShowConfig', () => {
  const repository = useRepository();

  it('has the shape of the original with origins, and hides secrets unless revealed', () => {
    const path = repository.write('.envctl', 'DB_PASSWORD=hunter2\nRUN_SH_RUNTIME_DIR=/run\nBACKEND_PORT_BASE=abc\n');
    const model = load(repository.root, { env: { HOME: '/h', REDIS_PORT: '6400' } });
    const shown = toShowConfig(model);
    expect(shown).to.deep.include({ base_dir: repository.root, config_file: path, config_exists: true, config_source: 'envctl', legacy_source_path: null });
    expect(Object.keys(shown.effective)).to.deep.equal(['default_mode', 'directories', 'ports', 'profiles', 'additional_services', 'managed_keys']);
    expect(shown.effective.ports).to.deep.equal({ backend: null, frontend: 9000, spacing: 20, dependencies: { postgres: { primary: 5432 }, redis: { primary: 6400 } } });
    expect(shown.effective.managed_keys['BACKEND_PORT_BASE']).to.equal('abc');
    expect(shown.origins['REDIS_PORT']).to.deep.equal({ value: '6400', source: 'env' });
    expect(shown.origins['ENVCTL_RUNTIME_DIR']).to.deep.equal({ value: '/run', source: 'file', set_as: 'RUN_SH_RUNTIME_DIR', file: path, line: 2 });
    expect(shown.origins['FRONTEND_DIR']).to.deep.equal({ value: 'frontend', source: 'default' });
    expect(shown.origins['DB_PORT']).to.deep.equal({ value: '5432', source: 'plugin_default' });
    expect(shown.origins['DB_PASSWORD']?.value).to.equal(hiddenValue);
    expect(JSON.stringify(shown)).not.to.include('hunter2');
    expect(toShowConfig(model, { reveal: true }).origins['DB_PASSWORD']?.value).to.equal('hunter2');
  });

  it('hides the credentials in a command unless revealed', () => {
    repository.write('.envctl', 'ENVCTL_BACKEND_START_CMD=node server.js --password hunter2 postgres://me:geheim@host/db\n');
    const model = load(repository.root);
    expect(toShowConfig(model).origins['ENVCTL_BACKEND_START_CMD']?.value).to.equal('node server.js --password <redacted> postgres://<redacted>@host/db');
    expect(toShowConfig(model, { reveal: true }).origins['ENVCTL_BACKEND_START_CMD']?.value).to.include('hunter2').and.include('geheim');
  });
});

describe('toShowConfig of older spellings', () => {
  const repository = useRepository();
  const cases: readonly (readonly [text: string, key: string, value: string, by: string, line: number])[] = [
    ['REDIS_MAIN_ENABLE=true\n', 'MAIN_REDIS_ENABLE', 'true', 'REDIS_MAIN_ENABLE', 1],
    ['POSTGRES_MAIN_ENABLE=on\n', 'MAIN_POSTGRES_ENABLE', 'on', 'POSTGRES_MAIN_ENABLE', 1],
    ['REDIS_ENABLE=true\n', 'TREES_REDIS_ENABLE', 'true', 'REDIS_ENABLE', 1],
    ['TREES_REDIS_ENABLE=true\nREDIS_ENABLE=false\n', 'TREES_REDIS_ENABLE', 'false', 'REDIS_ENABLE', 2],
    ['ENVCTL_REDIS_EXTERNAL=true\n', 'ENVCTL_DEPENDENCY_REDIS_MODE', 'external', 'ENVCTL_REDIS_EXTERNAL', 1],
    ['# x\nENVCTL_EXTERNAL_DEPENDENCIES=postgres,redis\n', 'ENVCTL_DEPENDENCY_REDIS_MODE', 'external', 'ENVCTL_EXTERNAL_DEPENDENCIES', 2],
    ['ENVCTL_REQUIREMENT_REDIS_CMD=redis-server --secret x\n', 'ENVCTL_DEPENDENCY_REDIS_MODE', 'command', 'ENVCTL_REQUIREMENT_REDIS_CMD', 1],
  ];
  for (const [text, key, value, by, line] of cases) {
    it(`shows ${key} ${value} with ${JSON.stringify(text)}`, () => {
      const file = repository.write('.envctl', text);
      expect(toShowConfig(load(repository.root)).origins[key]).to.deep.equal({ value, source: 'file', set_as: by, file, line });
    });
  }

  it('shows each of them as it was written, and its own key where that counts', () => {
    const file = repository.write('.envctl', 'MAIN_REDIS_ENABLE=false\nREDIS_MAIN_ENABLE=true\n');
    const { origins } = toShowConfig(load(repository.root));
    expect(origins['MAIN_REDIS_ENABLE']).to.deep.equal({ value: 'false', source: 'file', file, line: 1 });
    expect(origins['REDIS_MAIN_ENABLE']).to.deep.equal({ value: 'true', source: 'file', file, line: 2 });
  });

  it('says what they are called now', () => {
    repository.write('.envctl', 'REDIS_MAIN_ENABLE=true\nREDIS_ENABLE=true\nENVCTL_POSTGRES_EXTERNAL=true\n');
    const notes = toShowConfig(load(repository.root)).problems.filter(({ kind }) => kind === 'renamed-key');
    expect(notes.map(({ key, severity, hint }) => [key, severity, hint])).to.have.deep.members([
      ['REDIS_MAIN_ENABLE', 'note', 'Write MAIN_REDIS_ENABLE instead.'],
      ['REDIS_ENABLE', 'note', 'Write MAIN_REDIS_ENABLE and TREES_REDIS_ENABLE instead.'],
      ['ENVCTL_POSTGRES_EXTERNAL', 'note', 'Write ENVCTL_DEPENDENCY_POSTGRES_MODE instead.'],
    ]);
  });

  it('shows a dependency that a section switches on as implied', () => {
    repository.write('.envctl', '# >>> envctl backend launch env >>>\nA=${ENVCTL_SOURCE_REDIS_URL}\n# <<< envctl backend launch env <<<\n');
    expect(toShowConfig(load(repository.root)).origins['MAIN_REDIS_ENABLE']).to.deep.equal({ value: 'true', source: 'implied' });
  });
});

describe('toShowConfig of an older file', () => {
  const repository = useRepository();

  it('says so of every value from it', () => {
    const file = repository.write('.envctl.sh', 'export BACKEND_PORT_BASE=8100\n');
    expect(toShowConfig(load(repository.root)).origins['BACKEND_PORT_BASE']).to.deep.equal({ value: '8100', source: 'legacy_file', file, line: 1 });
  });
});

describe('describeConfigKeys', () => {
  it('lists every key once, with the keys of plugins', () => {
    const keys = describeConfigKeys({ dependencies: [postgres, redis], declarations: [{ key: 'ENVCTL_POSTGRES_ISOLATION', type: 'enum', values: ['database', 'server'], default: 'database', description: 'x' }] });
    const names = keys.map((key) => key.key);
    expect(new Set(names).size).to.equal(names.length);
    expect(names).to.include.members(['DB_PORT', 'REDIS_ENABLE', 'ENVCTL_DEPENDENCY_REDIS_MODE', 'ENVCTL_POSTGRES_ISOLATION', 'ENVCTL_RUNTIME_DIR']);
    expect(keys.every((key) => key.description !== '')).to.equal(true);
  });

  it('has schemas for its documents', async () => {
    expect(Object.keys(await describeConfigSchemas())).to.deep.equal(['config-payload', 'effective-config']);
  });
});
