import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { isEnvctlError, type EnvctlError } from '../../../dist/contract/index.js';
import { skip } from '../../skip.js';
import { createPrepareWorld, packPackage, run, type PrepareWorld } from './prepare-world.js';

async function failureOf(work: Promise<unknown>): Promise<EnvctlError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (isEnvctlError(error)) return error;
  throw new Error(`it did not fail as expected: ${String(error)}`);
}

describe('runPreparation with npm', function () {
  this.timeout(120_000);
  let world: PrepareWorld;

  const npmWorld = (files: Readonly<Record<string, string>> = {}): Promise<PrepareWorld> => createPrepareWorld({ 'package.json': '{}', ...files }, { command: ['npm', 'run', 'dev'] });
  /** A package.json that needs `greet` of an archive in the checkout, with a lock file or without, all committed. */
  async function needGreet(options: { readonly lock: boolean; readonly manifest?: Readonly<Record<string, unknown>> }): Promise<void> {
    const archive = await packPackage(world.directory, options.manifest ?? {});
    await rename(archive, path.join(world.checkout, 'greet.tgz'));
    await writeFile(path.join(world.checkout, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts: { dev: 'greet' }, dependencies: { greet: 'file:greet.tgz' } }));
    if (options.lock) await lockAnew();
    await world.commit();
  }

  /** Elsewhere, so that what is installed has no say in it. */
  async function lockAnew(): Promise<void> {
    const elsewhere = await mkdtemp(path.join(world.directory, 'lock-'));
    for (const name of ['package.json', 'greet.tgz']) await cp(path.join(world.checkout, name), path.join(elsewhere, name));
    await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: elsewhere });
    await cp(path.join(elsewhere, 'package-lock.json'), path.join(world.checkout, 'package-lock.json'));
  }

  beforeEach(async () => {
    world = await npmWorld();
  });
  afterEach(() => world.close());

  it('installs what is locked once, changes nothing of the checkout and leaves nothing on record', async () => {
    await needGreet({ lock: true });
    expect(world.plan()).to.deep.include({ action: 'run', reason: 'node_modules_missing' });
    expect(await world.prepare()).to.deep.equal({ ran: true, reason: 'node_modules_missing' });
    expect(existsSync(path.join(world.checkout, 'node_modules/.bin/greet'))).to.equal(true);
    expect(await world.gitStatus()).to.equal('');
    expect(await world.remains()).to.deep.equal([]);
    expect(world.plan()).to.deep.include({ action: 'skip', reason: 'up_to_date' });
    expect(await world.prepare()).to.deep.equal({ ran: false, reason: 'up_to_date' });
  });

  it('writes no lock file where there is none', async () => {
    await needGreet({ lock: false });
    await world.prepare();
    expect(existsSync(path.join(world.checkout, 'package-lock.json'))).to.equal(false);
    expect(await world.gitStatus()).to.equal('');
    expect(world.plan().reason).to.equal('up_to_date');
  });

  it('installs again when what decides has changed, and says what', async () => {
    await needGreet({ lock: true });
    await world.prepare();
    expect(world.plan({ refresh: true }).reason).to.equal('refresh_requested');
    await rm(path.join(world.checkout, 'node_modules/.bin/greet'));
    expect(world.plan().reason).to.equal('greet_binary_missing');
    await world.prepare();
    await rename(await packPackage(world.directory, { version: '2.0.0' }), path.join(world.checkout, 'greet.tgz'));
    await lockAnew();
    expect(world.plan().reason).to.equal('dependency_files_changed');
    await world.prepare();
    expect(JSON.parse(await readFile(path.join(world.checkout, 'node_modules/greet/package.json'), 'utf8'))).to.deep.include({ version: '2.0.0' });
    expect(world.plan().reason).to.equal('up_to_date');
  });

  it('takes over what was installed by hand, unless it is something else', async () => {
    await needGreet({ lock: true });
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: world.checkout });
    expect(world.plan().reason).to.equal('up_to_date');
    const [manifest, lock] = ['package.json', 'package-lock.json'].map((name) => path.join(world.checkout, name)) as [string, string];
    const declared = await readFile(manifest, 'utf8');
    await writeFile(manifest, declared.replace('"greet":', '"other": "1.0.0", "greet":'));
    expect(world.plan().reason).to.equal('dependency_files_changed');
    await writeFile(manifest, declared);
    expect(world.plan().reason).to.equal('up_to_date');
    await writeFile(lock, (await readFile(lock, 'utf8')).replace('"version": "1.0.0",\n      "resolved"', '"version": "1.0.1",\n      "resolved"'));
    expect(world.plan().reason).to.equal('dependency_files_changed');
  });

  for (const [how, reason, install] of [
    ['by envctl', 'packages_missing', () => world.prepare()],
    ['by hand', 'dependency_files_changed', () => run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: world.checkout })],
  ] as const) {
    it(`installs again when a package that was installed ${how} is gone`, async () => {
      await rename(await packPackage(world.directory, { name: '@scope/other', bin: {} }), path.join(world.checkout, 'other.tgz'));
      await needGreet({ lock: false });
      const manifest = path.join(world.checkout, 'package.json');
      await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"greet":', '"@scope/other": "file:other.tgz", "greet":'));
      await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: world.checkout });
      await install();
      expect(world.plan().reason).to.equal('up_to_date');
      await rm(path.join(world.checkout, 'node_modules/@scope/other'), { recursive: true });
      expect(world.plan().reason).to.equal(reason);
      await world.prepare();
      expect(existsSync(path.join(world.checkout, 'node_modules/@scope/other/package.json'))).to.equal(true);
      expect(world.plan().reason).to.equal('up_to_date');
    });
  }

  it('never installs through a link: another checkout owns what is there', async () => {
    await needGreet({ lock: true });
    await mkdir(path.join(world.directory, 'elsewhere'));
    await symlink(path.join(world.directory, 'elsewhere'), path.join(world.checkout, 'node_modules'));
    expect(() => world.plan()).to.throw('nothing to prepare');
  });

  it('fails with the telling line, the log and the way to mend it, and starts anew the next time', async () => {
    await needGreet({ lock: true });
    const manifest = path.join(world.checkout, 'package.json');
    await rename(await packPackage(world.directory, { name: 'other' }), path.join(world.checkout, 'other.tgz'));
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"greet":', '"other": "file:other.tgz", "greet":'));
    const error = await failureOf(world.prepare());
    expect(error.code).to.equal('ENVCTL_E_SERVICE_PREPARATION');
    expect(error.message).to.match(/^The packages of the backend could not be installed \(npm ci .*\): .*can only install packages when your package.json and package-lock.json.*; log_path: .*prepare\.log$/);
    expect(error.hints[0]).to.match(/^cd .* && npm install$/);
    expect(await readFile(world.logPath, 'utf8')).to.include('npm error');
    expect(await world.remains()).to.deep.equal([]);
    expect(world.plan().action).to.equal('run');
  });

  it('names a lock file that is not JSON, which npm takes for none', async () => {
    await needGreet({ lock: true });
    await writeFile(path.join(world.checkout, 'package-lock.json'), '{');
    const error = await failureOf(world.prepare());
    expect(error.message).to.match(/package-lock\.json is a lock file that is not JSON, line 1: Expected property name/);
    expect(error.hints[0]).to.match(/^cd .* && npm install$/);
  });

  it('says so when an installation ends well and lacks what the start needs', async () => {
    await needGreet({ lock: true, manifest: { bin: { greeting: 'greet.js' } } });
    const error = await failureOf(world.prepare());
    expect(error.message).to.match(/it ended well, and .*node_modules\/\.bin\/greet is not there: greet_binary_missing/);
  });

  it('installs once when two want it at the same time', async () => {
    await needGreet({ lock: true });
    const planned = world.plan();
    const results = await Promise.all([world.prepare({ planned }), world.prepare({ planned })]);
    expect(results.map(({ ran }) => ran).sort()).to.deep.equal([false, true]);
  });

  const slow = { scripts: { dev: 'greet', preinstall: 'touch begun; sleep 600' } };
  const abortWhenBegun = (): AbortSignal => {
    const cancel = new AbortController();
    const timer = setInterval(() => {
      if (!existsSync(path.join(world.checkout, 'begun'))) return;
      clearInterval(timer);
      cancel.abort(new Error('cancelled'));
    }, 20);
    return cancel.signal;
  };
  for (const [what, options, pattern] of [
    ['takes too long', (): Parameters<PrepareWorld['prepare']>[0] => ({ timeoutMs: 3000 }), /did not end within 3 s/],
    ['is cancelled', (): Parameters<PrepareWorld['prepare']>[0] => ({ signal: abortWhenBegun() }), /cancelled/],
  ] as const) {
    it(`ends an installation that ${what}, with all it started, and does not trust what is there`, async () => {
      await needGreet({ lock: true });
      const manifest = path.join(world.checkout, 'package.json');
      await writeFile(manifest, JSON.stringify({ ...(JSON.parse(await readFile(manifest, 'utf8')) as object), ...slow }));
      const error: unknown = await world.prepare(options()).then(() => undefined, (reason: unknown) => reason);
      expect(String(error)).to.match(pattern);
      expect(await world.remains()).to.deep.equal([]);
      const { stdout } = await run('ps', ['-eo', 'args']);
      expect(stdout.split('\n').filter((line) => line.includes(world.directory))).to.deep.equal([]);
      await mkdir(path.join(world.checkout, 'node_modules/.bin'), { recursive: true });
      await writeFile(path.join(world.checkout, 'node_modules/.bin/greet'), '');
      expect(world.plan().reason).to.equal('interrupted');
    });
  }
});

describe('runPreparation with pip', function () {
  this.timeout(120_000);
  let world: PrepareWorld;

  before(async function () {
    await run('python3', ['-c', 'import ensurepip, venv']).catch(() => skip(this, 'python3 has no venv here: Debian has it as python3-venv'));
  });
  afterEach(() => world?.close());

  const command = ['python3', '-m', 'app'];

  /** Makes a wheel of a module `greeting`, as the archive that it is. */
  async function writeWheel(version: string): Promise<void> {
    const script = [
      'import sys, zipfile',
      'version, directory = sys.argv[1:]',
      'with zipfile.ZipFile(f"{directory}/greeting-{version}-py3-none-any.whl", "w") as wheel:',
      '    info = f"greeting-{version}.dist-info"',
      '    wheel.writestr("greeting.py", "text = 1\\n")',
      '    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: greeting\\nVersion: {version}\\n")',
      '    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
      '    wheel.writestr(f"{info}/RECORD", f"greeting.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")',
    ].join('\n');
    await run('python3', ['-c', script, version, world.checkout]);
  }

  it('makes an environment, installs into it, and shows nothing to git', async () => {
    world = await createPrepareWorld({ 'requirements.txt': '--no-index\n--find-links .\ngreeting==1.0\n' }, { command, env: { PIP_FIND_LINKS: '' } });
    await writeWheel('1.0');
    await world.commit();
    expect(world.plan()).to.deep.include({ action: 'run', reason: 'environment_missing', environment: path.join(world.checkout, '.venv') });
    expect((await world.prepare()).ran).to.equal(true);
    await run(path.join(world.checkout, '.venv/bin/python'), ['-c', 'import greeting']);
    expect(await world.gitStatus()).to.equal('');
    expect(world.plan().reason).to.equal('up_to_date');

    await rm((await run(path.join(world.checkout, '.venv/bin/python'), ['-c', 'import greeting; print(greeting.__file__)'])).stdout.trim());
    expect(world.plan().reason).to.equal('packages_missing');
    await world.prepare();
    await run(path.join(world.checkout, '.venv/bin/python'), ['-c', 'import greeting']);

    await writeWheel('2.0');
    await writeFile(path.join(world.checkout, 'requirements.txt'), '--no-index\n--find-links .\ngreeting==2.0\n');
    expect(world.plan().reason).to.equal('dependency_files_changed');
    await world.prepare();
    expect(world.plan().reason).to.equal('up_to_date');
  });

  it('takes over an environment made by hand when everything is in it', async () => {
    world = await createPrepareWorld({ 'requirements.txt': '--no-index\n--find-links .\ngreeting\n' }, { command, env: { PIP_FIND_LINKS: '' } });
    await writeWheel('1.0');
    await run('python3', ['-m', 'venv', path.join(world.checkout, 'venv')]);
    expect(world.plan().reason).to.equal('dependency_files_changed');
    await run(path.join(world.checkout, 'venv/bin/python'), ['-m', 'pip', 'install', '-q', '-r', 'requirements.txt'], { cwd: world.checkout, env: { ...process.env, PIP_FIND_LINKS: '' } });
    expect(world.plan()).to.deep.include({ reason: 'up_to_date', environment: path.join(world.checkout, 'venv') });
    const python = path.join(world.checkout, 'venv/bin/python');
    await rm((await run(python, ['-c', 'import greeting; print(greeting.__file__)'])).stdout.trim());
    expect(world.plan().reason).to.equal('dependency_files_changed');
    await world.prepare();
    await run(python, ['-c', 'import greeting']);
  });

  it('tells which pyproject.toml is not TOML', async () => {
    world = await createPrepareWorld({ 'pyproject.toml': '[project]\nname = "app"\nversion = \ndependencies = ["greeting"]\n' }, { command });
    expect((await failureOf(world.prepare())).message).to.match(/ERROR: .*pyproject\.toml is not TOML: Invalid value \(at line 3/);
  });

  it('tells what pip cannot find', async () => {
    world = await createPrepareWorld({ 'requirements.txt': '--no-index\nabsent-package==1.0\n' }, { command, env: { PIP_FIND_LINKS: '' } });
    const error = await failureOf(world.prepare());
    expect(error.message).to.include('ERROR: No matching distribution found for absent-package==1.0');
    expect(await world.remains()).to.deep.equal([]);
  });
});
