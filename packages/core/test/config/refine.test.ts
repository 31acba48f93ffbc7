import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { assertConfig, type ConfigRefiner, loadConfig, refineConfig, saveConfig } from '../../dist/config/index.js';
import type { ConfigKeyDeclaration, StandardSchema } from '../../dist/index.js';
import { postgres, useRepository } from './fixtures.js';

const keys: readonly ConfigKeyDeclaration[] = [
  { key: 'MAIL_HOST', type: 'string', aliases: ['MAILHOST'], description: 'x' },
  { key: 'MAIL_LIMIT', type: 'integer', default: '10', description: 'x' },
  { key: 'MAIL_TLS', type: 'boolean', default: 'false', description: 'x' },
  { key: 'MAIL_PASSWORD', type: 'string', secret: true, description: 'x' },
];

describe('refineConfig', () => {
  const repository = useRepository();
  const sources = (env: Readonly<Record<string, string>> = {}) => ({ repositoryRoot: repository.root, env: { HOME: '/home/tester', ...env }, declarations: keys, dependencies: [postgres] });
  const model = (text: string, env?: Readonly<Record<string, string>>) => {
    repository.write('.envctl', text);
    return loadConfig(sources(env));
  };
  const refiner = (validate: (value: unknown) => unknown, change: Partial<ConfigRefiner> = {}): ConfigRefiner => ({
    plugin: { name: 'envctl-plugin-mail' },
    dependencies: [],
    keys: keys.map(({ key }) => key),
    load: () => Promise.resolve([{ '~standard': { version: 1, vendor: 'test', validate } } satisfies StandardSchema]),
    mend: (reason) => `correct it: ${reason}`,
    ...change,
  });
  const about = (key: string | undefined, message = 'no') => refiner(() => ({ issues: [{ message, ...(key === undefined ? {} : { path: [key] }) }] }));
  const problemsOf = async (text: string, refiners: readonly ConfigRefiner[], env?: Readonly<Record<string, string>>) => {
    const before = model(text, env);
    const { problems } = await refineConfig(before, refiners, { modes: ['main'] });
    expect(problems.slice(0, before.problems.length)).to.deep.equal(before.problems);
    return problems.slice(before.problems.length);
  };

  it('gives a refiner the typed values of the plugin’s own keys, defaults applied, and nothing of others', async () => {
    let seen: unknown;
    const remember = refiner((value) => ({ value: (seen = value) }));
    expect(await problemsOf('MAILHOST=smtp.local\nMAIL_TLS=yes\nDB_PORT=5555\n', [remember])).to.deep.equal([]);
    expect(seen).to.deep.equal({ MAIL_HOST: 'smtp.local', MAIL_LIMIT: 10, MAIL_TLS: true });
  });

  const file = (): string => path.join(repository.root, '.envctl');
  const places: readonly (readonly [what: string, key: string, text: string, env: Readonly<Record<string, string>>, expected: () => object])[] = [
    ['in the file', 'MAIL_HOST', '# mail\nMAIL_HOST=here\n', {}, () => ({ origin: 'file', path: file(), line: 2, message: `MAIL_HOST="here" (${file()}:2) is refused by envctl-plugin-mail: no.`, hint: `Change line 2 of ${file()}, or remove it` })],
    ['by an alias', 'MAIL_HOST', 'MAILHOST=here\n', {}, () => ({ origin: 'file', path: file(), line: 1, message: `MAILHOST="here" (${file()}:1) is refused by envctl-plugin-mail: no.`, hint: `Change line 1 of ${file()}, or remove it` })],
    ['in the environment', 'MAIL_LIMIT', '', { MAIL_LIMIT: '3' }, () => ({ origin: 'env', message: 'MAIL_LIMIT="3" (environment) is refused by envctl-plugin-mail: no.', hint: 'unset MAIL_LIMIT' })],
    ['nowhere, with a default', 'MAIL_LIMIT', '', {}, () => ({ origin: 'default', message: 'MAIL_LIMIT="10" (default) is refused by envctl-plugin-mail: no.', hint: 'envctl config --set MAIL_LIMIT=<value>' })],
    ['nowhere', 'MAIL_HOST', '', {}, () => ({ message: 'MAIL_HOST, which is not set, is refused by envctl-plugin-mail: no.', hint: 'envctl config --set MAIL_HOST=<value>' })],
  ];
  for (const [what, key, text, env, expected] of places) {
    it(`an issue names the key, where its value was set (${what}), and what to do`, async () => {
      expect(await problemsOf(text, [about(key)], env)).to.deep.equal([{ kind: 'refused-by-plugin', severity: 'error', key, ...expected() }]);
    });
  }

  it('an issue of no key of the plugin is still an error', async () => {
    for (const key of [undefined, 'DB_PORT', 'NOBODY']) {
      expect(await problemsOf('DB_PORT=1\n', [about(key)])).to.deep.equal([{ kind: 'refused-by-plugin', severity: 'error', message: 'envctl-plugin-mail refuses the configuration: no.', hint: 'Its keys: MAIL_HOST, MAIL_LIMIT, MAIL_TLS, MAIL_PASSWORD' }]);
    }
  });

  it('never shows the value of a secret key, not even where the plugin does', async () => {
    const [problem] = await problemsOf('MAIL_PASSWORD=tr0ub4dor\n', [about('MAIL_PASSWORD', 'tr0ub4dor is too short')]);
    expect(problem!.message).to.include('MAIL_PASSWORD=(hidden)').and.to.include('(hidden) is too short');
    const [failed] = await problemsOf('MAIL_PASSWORD=tr0ub4dor\n', [refiner(() => { throw new Error('cannot read tr0ub4dor'); })]);
    expect(`${failed!.message} ${failed!.hint}`).to.include('correct it: cannot read').and.not.include('tr0ub4dor');
  });

  it('takes any Standard Schema, with a path of keys or of segments, at once or later', async () => {
    const schema = z.object({ MAIL_TLS: z.boolean(), MAIL_PASSWORD: z.string().optional() }).refine((value) => !value.MAIL_TLS || value.MAIL_PASSWORD !== undefined, { path: ['MAIL_PASSWORD'], message: 'TLS needs one' });
    const zod = { ...refiner(() => undefined), load: () => Promise.resolve([schema as unknown as StandardSchema]) };
    expect((await problemsOf('MAIL_TLS=true\n', [zod])).map(({ key, message }) => [key, message])).to.deep.equal([['MAIL_PASSWORD', 'MAIL_PASSWORD, which is not set, is refused by envctl-plugin-mail: TLS needs one.']]);
    expect(await problemsOf('MAIL_TLS=true\nMAIL_PASSWORD=x\n', [zod])).to.deep.equal([]);
    const later = refiner(() => Promise.resolve({ issues: [{ message: 'no', path: [{ key: 'MAIL_TLS' }] }] }));
    expect((await problemsOf('', [later])).map(({ key }) => key)).to.deep.equal(['MAIL_TLS']);
  });

  const failures: readonly (readonly [what: string, refiner: ConfigRefiner, message: RegExp])[] = [
    ['cannot be loaded', refiner(() => ({}), { load: () => Promise.reject(new Error('no module')) }), /no module/],
    ['throws', refiner(() => { throw new Error('broken'); }), /broken/],
    ['answers nothing', refiner(() => undefined), /no result/],
    ['answers with issues that are none', refiner(() => ({ issues: ['no'] })), /issues that are none/],
  ];
  for (const [what, failing, message] of failures) {
    it(`one that ${what} is a warning, and the others are asked`, async () => {
      const problems = await problemsOf('', [failing, about('MAIL_TLS')]);
      expect(problems.map(({ kind, severity }) => [kind, severity])).to.deep.equal([['refiner-failed', 'warning'], ['refused-by-plugin', 'error']]);
      expect(problems[0]!.message).to.match(message).and.to.include('envctl-plugin-mail');
    });
  }

  it('does not load a plugin whose dependencies are all off, or one of whose values is invalid', async () => {
    let loads = 0;
    const counting = { ...about('MAIL_TLS'), load: () => (loads++, about('MAIL_TLS').load()) };
    expect(await problemsOf('', [{ ...counting, dependencies: ['postgres'] }])).to.deep.equal([]);
    expect(await problemsOf('TREES_POSTGRES_ENABLE=true\n', [{ ...counting, dependencies: ['postgres'] }])).to.deep.equal([]);
    expect(await problemsOf('MAIL_LIMIT=many\n', [counting])).to.deep.equal([]);
    expect(loads).to.equal(0);
    expect(await problemsOf('MAIN_POSTGRES_ENABLE=true\n', [{ ...counting, dependencies: ['postgres'] }])).to.have.length(1);
    expect(loads).to.equal(1);
  });

  it('refuses a start, and not a command that reads', async () => {
    const refined = await refineConfig(model(''), [about('MAIL_TLS')], { modes: ['main'] });
    expect(() => assertConfig(refined, { for: 'start', mode: 'main' })).to.throw('is refused by envctl-plugin-mail').with.property('code', 'ENVCTL_E_CONFIG_INVALID');
    expect(() => assertConfig(refined, { for: 'target' })).to.not.throw();
  });

  describe('before a save', () => {
    const limit = refiner((value) => ((value as { MAIL_LIMIT: number }).MAIL_LIMIT > 99 ? { issues: [{ message: 'at most 99', path: ['MAIL_LIMIT'] }] } : { value }));
    const save = (word: string, refiners = [limit]) => saveConfig({ ...sources(), refiners, assignments: [{ key: word.split('=')[0]!, value: word.split('=')[1]! }] });

    it('an issue refuses it: the given value is named with how to give another, and nothing is written', async () => {
      const error = await save('MAIL_LIMIT=100').catch((thrown: unknown) => thrown);
      expect(error).to.deep.include({ code: 'ENVCTL_E_CONFIG_INVALID', message: 'The given MAIL_LIMIT="100" is refused by envctl-plugin-mail: at most 99.', hints: ['envctl config --set MAIL_LIMIT=<value>'] });
      expect(existsSync(file())).to.equal(false);
      await save('MAIL_LIMIT=99');
      expect(readFileSync(file(), 'utf8')).to.include('MAIL_LIMIT=99');
    });

    it('what the file says already is judged too, with its line', async () => {
      repository.write('.envctl', 'MAIL_LIMIT=100\n');
      const error = await save('MAIL_TLS=true').catch((thrown: unknown) => thrown);
      expect(error).to.have.property('message', `MAIL_LIMIT="100" (${file()}:1) is refused by envctl-plugin-mail: at most 99.`);
      expect(readFileSync(file(), 'utf8')).to.equal('MAIL_LIMIT=100\n');
    });

    it('a plugin that is in use in one of the modes is asked', async () => {
      repository.write('.envctl', 'MAIL_LIMIT=100\n');
      const ofPostgres = { ...limit, dependencies: ['postgres'] };
      await save('MAIL_TLS=true', [ofPostgres]);
      expect(await save('TREES_POSTGRES_ENABLE=true', [ofPostgres]).catch((thrown: unknown) => thrown)).to.have.property('code', 'ENVCTL_E_CONFIG_INVALID');
    });
  });
});
