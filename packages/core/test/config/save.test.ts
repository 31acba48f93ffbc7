import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { assertConfig, type Assignment, saveConfig, type SaveConfigOptions, type SaveConfigResult } from '../../dist/config/index.js';
import { EnvctlError } from '../../dist/index.js';
import { skip } from '../skip.js';
import { load, postgres, redis, useRepository } from './fixtures.js';

const begin = '# >>> envctl managed startup config >>>';
const end = '# <<< envctl managed startup config <<<';

describe('saveConfig', () => {
  const repository = useRepository();
  const file = (): string => path.join(repository.root, '.envctl');
  const text = (): string => readFileSync(file(), 'utf8');
  const save = (words: readonly string[], options: Partial<SaveConfigOptions> = {}): Promise<SaveConfigResult> =>
    saveConfig({
      repositoryRoot: repository.root,
      env: { HOME: '/home/tester' },
      dependencies: [postgres, redis],
      assignments: words.map((word): Assignment => ({ key: word.split('=')[0] ?? '', value: word.slice(word.indexOf('=') + 1) })),
      ...options,
    });
  const refusal = async (words: readonly string[], options?: Partial<SaveConfigOptions>): Promise<EnvctlError> => {
    const before = existsSync(file()) ? text() : undefined;
    const error: unknown = await save(words, options).then(() => undefined, (reason: unknown) => reason);
    expect(error).to.be.instanceOf(EnvctlError);
    expect(existsSync(file()) ? text() : undefined).to.equal(before);
    return error as EnvctlError;
  };

  it('refuses a circle once, by the key that closes it, and says that it was given', async () => {
    writeFileSync(file(), 'ENVCTL_SERVICE_BACKEND_DEPENDS_ON=frontend\n');
    const error = await refusal(['ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=backend']);
    expect(error.message).to.equal('ENVCTL_SERVICE_FRONTEND_DEPENDS_ON="backend" (given) closes a circle: backend → frontend → backend.');
    const other = await refusal(['ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=nosuch']);
    expect(other.message).to.equal('ENVCTL_SERVICE_FRONTEND_DEPENDS_ON="nosuch" (given) names nosuch, which is neither a service nor a dependency.');
  });

  it('writes only what differs from the defaults, in sections', async () => {
    const result = await save(['BACKEND_PORT_BASE=8100', 'MAIN_REDIS_ENABLE=on', 'TREES_FRONTEND_ENABLE=false', 'PORT_SPACING=30', 'REDIS_PORT=6400']);
    expect(text()).to.equal(
      [begin, 'ENVCTL_DEFAULT_MODE=main', '', 'BACKEND_PORT_BASE=8100', 'REDIS_PORT=6400', 'PORT_SPACING=30', '', 'MAIN_REDIS_ENABLE=true', '', 'TREES_FRONTEND_ENABLE=false', end, ''].join('\n'),
    );
    expect(result).to.deep.include({ saved: true, path: file(), changed: true, ignore_updated: false, ignore_warning: null });
    expect(result.config.ports.backend).to.equal(8100);
    expect(readdirSync(repository.root)).to.deep.equal(['.envctl']);
  });

  it('writes the default mode alone when nothing differs', async () => {
    await save([]);
    expect(text()).to.equal(`${begin}\nENVCTL_DEFAULT_MODE=main\n${end}\n`);
    expect((await save([])).changed).to.equal(false);
  });

  it('leaves out what belongs to a component that is off, unless it was named', async () => {
    repository.write('.envctl.sh', 'REDIS_PORT=6400\nFRONTEND_DIR=web\nMAIN_FRONTEND_ENABLE=false\nTREES_FRONTEND_ENABLE=false\n');
    await save(['DB_PORT=5500']);
    expect(text()).to.include('DB_PORT=5500').and.not.include('REDIS_PORT').and.not.include('FRONTEND_DIR');
    await save(['BACKEND_DIR=api']);
    expect(text()).to.include('DB_PORT=5500');
  });

  it('keeps every byte outside the block, comments inside it, and the mode of the file', async () => {
    const before = Buffer.concat([Buffer.from('# caf\xe9 \n\n\n', 'latin1'), Buffer.from(`${begin}\n# mine\nFRONTEND_PORT_BASE=9100\nDB_NAME=app\n${end}`), Buffer.from('  \r\n# tail\n\n\n')]);
    writeFileSync(file(), before);
    chmodSync(file(), 0o664);
    await save(['BACKEND_PORT_BASE=8100']);
    const after = readFileSync(file());
    expect(after.subarray(0, 10).equals(before.subarray(0, 10))).to.equal(true);
    expect(after.toString('latin1').endsWith('\r\n# tail\n\n\n')).to.equal(true);
    for (const line of ['# mine', 'FRONTEND_PORT_BASE=9100', 'DB_NAME=app', 'BACKEND_PORT_BASE=8100']) expect(after.toString()).to.include(line);
    expect(statSync(file()).mode & 0o777).to.equal(0o664);
  });

  const modes: readonly (readonly [mode: number, words: readonly string[], warned: boolean])[] = [
    [0o644, ['DB_PASSWORD=hunter2'], true],
    [0o640, ['DB_PASSWORD=hunter2'], true],
    [0o604, ['DB_PASSWORD=hunter2'], true],
    [0o600, ['DB_PASSWORD=hunter2'], false],
    [0o644, ['BACKEND_PORT_BASE=8100'], false],
  ];
  for (const [mode, words, warned] of modes) {
    it(`keeps 0${mode.toString(8)} when ${words.join(' ')} is saved, and ${warned ? 'warns, at the next save too' : 'has nothing to warn of'}`, async () => {
      writeFileSync(file(), '');
      chmodSync(file(), mode);
      const expected = warned ? [{ message: `${file()} holds the value of DB_PASSWORD and can be read by other users (mode 0${mode.toString(8)})`, hint: `chmod 600 ${file()}` }] : [];
      expect((await save(words)).warnings).to.deep.equal(expected);
      expect(await save([])).to.deep.include({ changed: false, warnings: expected });
      expect(statSync(file()).mode & 0o777).to.equal(mode);
    });
  }

  it('makes a new file 0644 under the umask, 0600 when it holds a secret', async () => {
    const umask = process.umask(0o027);
    try {
      await save(['BACKEND_PORT_BASE=8100']);
      expect(statSync(file()).mode & 0o777).to.equal(0o640);
      renameSync(file(), path.join(repository.root, 'old'));
      await save(['DB_PASSWORD=hunter2']);
      expect(statSync(file()).mode & 0o777).to.equal(0o600);
    } finally {
      process.umask(umask);
    }
  });

  it('gives a new file to the owner of its directory when root saves', async function () {
    if (process.getuid?.() !== 0) skip(this, 'platform: only root can give a file away');
    chownSync(repository.root, 65534, 65533);
    await save(['ENVCTL_DEFAULT_MODE=trees']);
    expect(statSync(file())).to.include({ uid: 65534, gid: 65533 });
  });

  it('replaces the target of a symbolic link and touches no other file', async () => {
    mkdirSync(path.join(repository.root, 'shared'));
    const target = repository.write('shared/.envctl', '# shared\n');
    repository.write('.gitignore', 'node_modules\n');
    symlinkSync(target, file());
    await save(['BACKEND_PORT_BASE=8100']);
    expect(lstatSync(file()).isSymbolicLink()).to.equal(true);
    expect(readFileSync(target, 'utf8')).to.include('# shared').and.include('BACKEND_PORT_BASE=8100');
    expect(readFileSync(path.join(repository.root, '.gitignore'), 'utf8')).to.equal('node_modules\n');
    expect(readdirSync(path.join(repository.root, 'shared'))).to.deep.equal(['.envctl']);
  });

  it('makes the target of a symbolic link that leads nowhere yet, through further links', async () => {
    mkdirSync(path.join(repository.root, 'shared'));
    symlinkSync('shared/further', file());
    symlinkSync('real.envctl', path.join(repository.root, 'shared', 'further'));
    await save(['BACKEND_PORT_BASE=8100']);
    expect(lstatSync(file()).isSymbolicLink()).to.equal(true);
    expect(readFileSync(path.join(repository.root, 'shared', 'real.envctl'), 'utf8')).to.include('BACKEND_PORT_BASE=8100');
    expect(readdirSync(path.join(repository.root, 'shared')).sort()).to.deep.equal(['further', 'real.envctl']);
  });

  it('keeps a symbolic link into a directory that is not there, and says so', async () => {
    symlinkSync('gone/.envctl', file());
    const error: unknown = await save(['BACKEND_PORT_BASE=8100']).then(() => undefined, (reason: unknown) => reason);
    expect(error).to.include({ code: 'ENVCTL_E_CONFIG_UNREADABLE' });
    expect((error as EnvctlError).message).to.include(`cannot be written: it is a link to ${path.join(repository.root, 'gone', '.envctl')}`);
    expect(lstatSync(file()).isSymbolicLink()).to.equal(true);
  });

  it('overrules a line above the block where it has to and does not repeat it where it agrees', async () => {
    repository.write('.envctl', 'BACKEND_PORT_BASE=8100\nMAIN_REDIS_ENABLE=true\n');
    await save(['BACKEND_PORT_BASE=8000']);
    expect(text()).to.match(/^BACKEND_PORT_BASE=8100\nMAIN_REDIS_ENABLE=true\n\n# >>>/);
    expect(text().match(/MAIN_REDIS_ENABLE/g)).to.have.length(1);
    expect(load(repository.root).ports.backend).to.equal(8000);
    expect(load(repository.root).problems.filter((problem) => problem.severity !== 'note')).to.deep.equal([]);
  });

  it('turns an older enable key into the managed ones', async () => {
    await save(['REDIS_ENABLE=true']);
    expect(text()).to.include('MAIN_REDIS_ENABLE=true\n\nTREES_REDIS_ENABLE=true');
  });

  it('takes the values of a legacy file along and says which keys it could not', async () => {
    const legacy = repository.write('.envctl.sh', 'export BACKEND_PORT_BASE=8200\nREDIS_ENABLE=1\nSOMETHING=else\nDB_NAME="my app"\n');
    const result = await save([]);
    expect(text()).to.include('BACKEND_PORT_BASE=8200').and.include('MAIN_REDIS_ENABLE=true').and.include('DB_NAME=my app');
    expect(result.not_carried).to.deep.equal(['SOMETHING']);
    expect(readFileSync(legacy, 'utf8')).to.include('export BACKEND_PORT_BASE=8200');
  });

  it('takes no value of a legacy file along that does not parse, and no secret into a file others can read', async () => {
    repository.write('.envctl.sh', 'BACKEND_PORT_BASE="${PORT:-8000}"\nMAIN_REDIS_ENABLE=maybe\nENVCTL_RUNTIME_TRUTH_MODE=lenient\nDB_PASSWORD=hunter2\nFRONTEND_PORT_BASE=9100\n');
    const result = await save([]);
    expect(result.not_carried).to.have.members(['BACKEND_PORT_BASE', 'MAIN_REDIS_ENABLE', 'ENVCTL_RUNTIME_TRUTH_MODE']);
    expect(text()).to.equal([begin, 'ENVCTL_DEFAULT_MODE=main', '', 'FRONTEND_PORT_BASE=9100', '', 'DB_PASSWORD=hunter2', end, ''].join('\n'));
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
  });

  it('keeps and names the keys of a package that is not installed, switched on or not; a start is still refused', async () => {
    repository.write('.envctl', `${begin}\nMAIN_N8N_ENABLE=true\n${end}\nN8N_PORT_BASE=5700\nTREES_DIR_NAME=trees\n`);
    const result = await save(['BACKEND_PORT_BASE=8100']);
    expect(text()).to.equal(`${begin}\nENVCTL_DEFAULT_MODE=main\n\nBACKEND_PORT_BASE=8100\n\nMAIN_N8N_ENABLE=true\n${end}\nN8N_PORT_BASE=5700\nTREES_DIR_NAME=trees\n`);
    expect(result.absent_plugin_keys).to.deep.equal([
      { key: 'MAIN_N8N_ENABLE', line: 6, package: '@envctl/plugin-n8n' },
      { key: 'N8N_PORT_BASE', line: 8, package: '@envctl/plugin-n8n' },
      { key: 'TREES_DIR_NAME', line: 9, package: '@envctl/plugin-worktrees' },
    ]);
    expect(() => assertConfig(load(repository.root), { for: 'start', mode: 'main' })).to.throw('MAIN_N8N_ENABLE');
  });

  it('says when the environment overrules what was saved', async () => {
    const result = await save(['BACKEND_PORT_BASE=8100'], { env: { HOME: '/h', BACKEND_PORT_BASE: '8900' } });
    expect(result.overridden_by_environment).to.deep.equal(['BACKEND_PORT_BASE']);
    expect(text()).to.include('BACKEND_PORT_BASE=8100');
  });

  it('removes a setting without a default when it is set to nothing', async () => {
    await save(['ENVCTL_BACKEND_START_CMD=node server.js --port {port}']);
    expect(load(repository.root).reader().string('ENVCTL_BACKEND_START_CMD')).to.equal('node server.js --port {port}');
    await save(['ENVCTL_BACKEND_START_CMD=']);
    expect(text()).not.to.include('START_CMD');
  });

  const refused: readonly (readonly [before: string | undefined, words: readonly string[], code: string, message: string])[] = [
    [undefined, ['BACKEND_PORT_BASE=abc'], 'ENVCTL_E_CONFIG_INVALID', 'a whole number from 1 to 65000'],
    ['BACKEND_PORT_BASE=8100\n', ['BACKEND_PORT_BASE=abc'], 'ENVCTL_E_CONFIG_INVALID', 'a whole number'],
    [undefined, ['FOO=1'], 'ENVCTL_E_CONFIG_UNKNOWN_KEY', 'FOO is not a configuration key'],
    [undefined, ['ENVCTL_UI_SPINNER=false'], 'ENVCTL_E_CONFIG_UNKNOWN_KEY', 'ENVCTL_UI_SPINNER is retired: one key says'],
    ['ENVCTL_DOCKER_PREWARM=true\n', ['BACKEND_PORT_BASE=8100'], 'ENVCTL_E_CONFIG_UNKNOWN_KEY', 'is retired'],
    [undefined, ['MAIN_N8N_ENABLE=true'], 'ENVCTL_E_CONFIG_UNKNOWN_KEY', '@envctl/plugin-n8n'],
    [undefined, ['BACKEND_DIR='], 'ENVCTL_E_CONFIG_INVALID', 'a directory'],
    [undefined, ['ENVCTL_DEFAULT_MODE=both'], 'ENVCTL_E_CONFIG_INVALID', 'one of main, trees'],
    [undefined, ['MAIN_BACKEND_ENABLE=false', 'MAIN_FRONTEND_ENABLE=false'], 'ENVCTL_E_CONFIG_INVALID', 'main must enable at least one component.'],
    [undefined, ['DB_NAME=a\nb'], 'ENVCTL_E_CONFIG_INVALID', 'one line'],
    [undefined, ["ENVCTL_BACKEND_START_CMD='x"], 'ENVCTL_E_CONFIG_INVALID', 'expected a command whose quotes are closed'],
    [undefined, ['ENVCTL_FRONTEND_START_CMD=a && b'], 'ENVCTL_E_CONFIG_INVALID', "or sh -c '<command>'"],
    [undefined, ['ENVCTL_REQUIREMENT_REDIS_CMD=A=1'], 'ENVCTL_E_CONFIG_INVALID', 'names a program'],
    ['OOPS=1\n', ['BACKEND_PORT_BASE=8100'], 'ENVCTL_E_CONFIG_UNKNOWN_KEY', 'OOPS'],
    [`${begin}\n${begin}\n${end}\n`, ['BACKEND_PORT_BASE=8100'], 'ENVCTL_E_CONFIG_INVALID', 'do not pair up'],
    [`${begin}\n${end}\nBACKEND_PORT_BASE=8500\n`, ['BACKEND_PORT_BASE=8100'], 'ENVCTL_E_CONFIG_INVALID', 'would overrule it'],
    ['REDIS_ENABLE=false\n', ['MAIN_REDIS_ENABLE=true'], 'ENVCTL_E_CONFIG_INVALID', 'REDIS_ENABLE stands outside'],
  ];
  for (const [before, words, code, message] of refused) {
    it(`refuses ${JSON.stringify(words)} on ${JSON.stringify(before ?? 'no file')} and writes nothing`, async () => {
      if (before !== undefined) repository.write('.envctl', before);
      const error = await refusal(words);
      expect(error.message).to.include(message);
      expect(error.code).to.equal(code);
      expect(error.hints).not.to.deep.equal([]);
    });
  }

  it('names the assignment that is not valid, not a line of the file', async () => {
    repository.write('.envctl', '# mine\nBACKEND_PORT_BASE=8100\n');
    const error = await refusal(['FRONTEND_PORT_BASE=9100', 'BACKEND_PORT_BASE=abc']);
    expect(error.message).to.equal('The given BACKEND_PORT_BASE="abc" is not valid: expected a whole number from 1 to 65000.');
    expect(error.hints).to.deep.equal(['envctl config --set BACKEND_PORT_BASE=8000']);
  });

  it('names what was given where the whole is not valid, not a line of what would be written', async () => {
    const file = repository.write('.envctl', '# mine\n\nMAIN_FRONTEND_ENABLE=false\n');
    const empty = await refusal(['BACKEND_DIR=']);
    expect(empty.message).to.match(/^The given BACKEND_DIR="" is not valid: expected /);
    const off = await refusal(['MAIN_BACKEND_ENABLE=false']);
    expect(off.message).to.include(`main must enable at least one component. (MAIN_BACKEND_ENABLE: given, MAIN_FRONTEND_ENABLE: ${file}:3)`);
  });

  it('names the line that is there of a value that was wrong before', async () => {
    const file = repository.write('.envctl', '# mine\n\nBACKEND_PORT_BASE=abc\n');
    expect((await refusal(['FRONTEND_PORT_BASE=9100'])).message).to.include(`(${file}:3)`);
  });

  it('names the lines of the file as it is on disk, above, in and below the block', async () => {
    const at = repository.write('.envctl', `${begin}\nENVCTL_DEFAULT_MODE=main\n${end}\n\nFOO=1\nFRONTEND_PORT_BASE=abc\n`);
    const grown = await refusal(['BACKEND_PORT_BASE=18499']);
    expect(grown.message).to.include(`FOO (${at}:5)`).and.include(`FRONTEND_PORT_BASE="abc" (${at}:6)`);
    expect(grown.hints).to.include.members([`Change line 6 of ${at}, for example to FRONTEND_PORT_BASE=9000`]);
    expect((grown.data['problems'] as readonly { key: string; line: number }[]).map(({ key, line }) => [key, line])).to.deep.equal([['FOO', 5], ['FRONTEND_PORT_BASE', 6]]);

    repository.write('.envctl', `\ufeffABOVE=1\r\n${begin}\r\n\r\n# mine\r\nINSIDE=1\r\nPORT_SPACING=x\r\nFRONTEND_PORT_BASE=9000\r\nFRONTEND_PORT_BASE=9100\r\n${end}\r\nBELOW=1\r\nwhat is this\r\n`);
    const shrunk = await refusal(['BACKEND_PORT_BASE=18499']);
    for (const place of [`ABOVE (${at}:1)`, `INSIDE (${at}:5)`, `PORT_SPACING="x" (${at}:6)`, `BELOW (${at}:10)`, `Line 11 of ${at}`]) expect(shrunk.message).to.include(place);
  });

  it('names the lines of launch env sections as they are on disk', async () => {
    const section = '# >>> envctl backend launch env >>>\nPORT=1\nA=${ENVCTL_SOURCE_NONE}\nno assignment\n# <<< envctl backend launch env <<<\n';
    const at = repository.write('.envctl', `${begin}\nENVCTL_DEFAULT_MODE=main\n${end}\n${section}# >>> envctl bakend launch env >>>\n# <<< envctl bakend launch env <<<\n`);
    const { message, hints } = await refusal(['BACKEND_PORT_BASE=18499']);
    for (const place of [`PORT (${at}:5,`, `A (${at}:6,`, `Line 7 of ${at}`, `"bakend launch env" (${at}:9)`]) expect(message).to.include(place);
    expect(hints).to.include(`Write line 7 as NAME=value, or put # in front of it. Nothing in the file is executed.`);
  });

  it('says of a line of the block that is spelled otherwise where it is, of a legacy file where its value comes from, and of what is given that it is', async () => {
    const at = repository.write('.envctl', `${begin}\nPORT_SPACING=030\nMAIN_FRONTEND_ENABLE=off\n${end}\n`);
    expect((await refusal(['MAIN_BACKEND_ENABLE=false'])).message).to.include(`(MAIN_BACKEND_ENABLE: given, MAIN_FRONTEND_ENABLE: ${at}:3)`);
    renameSync(at, `${at}.old`);
    const legacy = repository.write('.envctl.sh', '\n\nMAIN_FRONTEND_ENABLE=false\n');
    expect((await refusal(['MAIN_BACKEND_ENABLE=false'])).message).to.include(`(MAIN_BACKEND_ENABLE: given, MAIN_FRONTEND_ENABLE: ${legacy}:3)`);
    const stray = await refusal(['ENVCTL_ADDITIONAL_SERVICES=', 'ENVCTL_SERVICE_BACKEND_DEPENDS_ON=nosuch']);
    expect(stray.message).to.include('ENVCTL_SERVICE_BACKEND_DEPENDS_ON="nosuch" (given) names nosuch');
  });

  it('loses nothing when another save happens between reading and renaming', async () => {
    repository.write('.envctl', 'FRONTEND_PORT_BASE=9100\n');
    let disturbed = false;
    await save(['BACKEND_PORT_BASE=8100'], {
      seam: (point) => {
        if (point !== 'config.file.after-effect' || disturbed) return;
        disturbed = true;
        writeFileSync(file(), 'FRONTEND_PORT_BASE=9200\n');
      },
    });
    expect(disturbed).to.equal(true);
    expect(text()).to.include('FRONTEND_PORT_BASE=9200').and.include('BACKEND_PORT_BASE=8100');
  });

  it('leaves the old file whole and no temporary file when it fails before the rename', async () => {
    repository.write('.envctl', 'FRONTEND_PORT_BASE=9100\n');
    const error = await refusal(['BACKEND_PORT_BASE=8100'], {
      seam: (point) => {
        if (point === 'config.file.after-effect') throw new Error('no space left');
      },
    });
    expect(error.code).to.equal('ENVCTL_E_CONFIG_UNREADABLE');
    expect(readdirSync(repository.root)).to.deep.equal(['.envctl']);
  });
});
