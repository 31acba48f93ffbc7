import path from 'node:path';
import { expect } from 'chai';
import { createDetectionFiles } from '../../../dist/services/index.js';
import { parseEnvFile, planEnvFile, readEnvFile, secretValues, type EnvFilePlan } from '../../../dist/services/env-files/index.js';
import { withDirectory, writeTree } from '../support.js';

describe('parseEnvFile', () => {
  const cases: readonly (readonly [text: string, values: Readonly<Record<string, string>>])[] = [
    ['A=1\nexport B = two words \n', { A: '1', B: 'two words' }],
    ['# A=1\n\n  # B=2\nC=3', { C: '3' }],
    ['A="1 # 2" # comment\nB=\'#\'\nC=1#2\nD=1 # 2\nE=#', { A: '1 # 2', B: '#', C: '1#2', D: '1', E: '' }],
    ['A="one\ntwo"\nB=\'three\nfour\'\nC=5', { A: 'one\ntwo', B: 'three\nfour', C: '5' }],
    ['A="one\\ntwo \\"x\\""\nB=\'one\\ntwo\'', { A: 'one\ntwo "x"', B: 'one\\ntwo' }],
    ['A="never closed\nB=2', { A: '"never closed', B: '2' }],
    ['no assignment\n1A=2\na-b=3\nA=4\r\nB=5\r\n', { A: '4', B: '5' }],
    ['A=1\nA=2', { A: '2' }],
    ['', {}],
  ];
  for (const [text, values] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(Object.fromEntries(parseEnvFile(text).map(({ name, value }) => [name, value]))).to.deep.equal(values);
    });
  }

  it('knows values that refer to others', () => {
    const refers = parseEnvFile("A=$B\nC=\"x${D}\"\nE='$F'\nG=5$\nH=$(id)").filter((variable) => variable.refers).map(({ name }) => name);
    expect(refers).to.deep.equal(['A', 'C', 'H']);
  });
});

describe('planEnvFile', () => {
  async function plan(files: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>> = {}, options: { readonly service?: string; readonly isMain?: boolean } = {}): Promise<EnvFilePlan & { readonly values?: Readonly<Record<string, string>> }> {
    return withDirectory(async (root) => {
      await writeTree(root, files);
      const found = planEnvFile({ service: options.service ?? 'backend', command: { cwd: path.join(root, 'backend') }, projectRoot: root, isMain: options.isMain ?? true, setting: (key) => settings[key], skipsLocalDatabase: settings['SKIP_LOCAL_DB_ENV'] === 'true', files: createDetectionFiles() });
      const values = found.file === undefined ? {} : { values: readEnvFile(createDetectionFiles(), found.file) };
      return JSON.parse(JSON.stringify({ ...found, ...values }).replaceAll(`${root}/`, '')) as EnvFilePlan;
    });
  }
  const files = { 'backend/.env': 'A=own', 'other.env': 'A=other', 'main.env': 'A=main' };

  const table: readonly (readonly [what: string, settings: Readonly<Record<string, string>>, options: Parameters<typeof plan>[2], file: string, overrides: boolean])[] = [
    ['its own .env', {}, {}, 'backend/.env', false],
    ['that of Main', { MAIN_ENV_FILE_PATH: 'main.env' }, {}, 'main.env', false],
    ['its own in another project', { MAIN_ENV_FILE_PATH: 'main.env' }, { isMain: false }, 'backend/.env', false],
    ['what overrides all', { BACKEND_ENV_FILE_OVERRIDE: './other.env', MAIN_ENV_FILE_PATH: 'main.env' }, {}, 'other.env', true],
    ['what is meant for another service', { FRONTEND_ENV_FILE_OVERRIDE: 'other.env', MAIN_FRONTEND_ENV_FILE_PATH: 'other.env' }, {}, 'backend/.env', false],
    ['its own over the dependencies', { SKIP_LOCAL_DB_ENV: 'true' }, {}, 'backend/.env', true],
    ['its own as an additional service', { BACKEND_ENV_FILE_OVERRIDE: 'other.env' }, { service: 'worker' }, 'backend/.env', false],
  ];
  for (const [what, settings, options, file, overrides] of table) {
    it(`takes ${what}`, async () => {
      expect((await plan(files, settings, options)).file).to.deep.equal({ path: file, names: ['A'], overrides });
    });
  }

  it('is an error where a named file is not there, and nothing where there is none', async () => {
    const { problem } = await plan(files, { BACKEND_ENV_FILE_OVERRIDE: 'absent.env' });
    expect(problem).to.deep.include({ code: 'ENVCTL_E_CONFIG_INVALID', message: 'BACKEND_ENV_FILE_OVERRIDE names absent.env, and there is no such file.' });
    expect(await plan({})).to.deep.equal({});
  });

  it('leaves to the loader of the application what that knows better', async () => {
    const { values } = await plan({ 'backend/.env': 'A=1\nB=$A\nC=3\nD=4', 'backend/.env.local': 'C=local', 'backend/.env.example': 'D=' });
    expect(values).to.deep.equal({ A: '1', D: '4' });
  });

  it('finds the values that must not be told', () => {
    expect(secretValues({ API_TOKEN: 'abcdefgh', PIN_SECRET: 'abc', LEVEL: 'information', DATABASE_URL: 'postgres://u:secret@h/d', PORT_NAME: 'whatever' })).to.deep.equal(['abcdefgh', 'postgres://u:secret@h/d']);
  });
});
