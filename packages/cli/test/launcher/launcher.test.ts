import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { blockBegin, blockEnd } from '../../dist/launcher/path-block.js';
import { bin, createToyHome, type Ran, type ToyHome } from '../toy-home.js';

describe('the launcher', function () {
  this.timeout(60_000);
  let home: ToyHome;
  let prefix: string;
  beforeEach(async () => {
    home = await createToyHome();
    prefix = link('prefix');
  });
  afterEach(() => home.remove());

  /** A directory of programs with an `envctl`, as npm makes it. */
  const link = (name: string): string => {
    const directory = join(home.directory, 'home', name);
    mkdirSync(directory);
    symlinkSync(bin, join(directory, 'envctl'));
    return directory;
  };
  const run = (argv: readonly string[], env: NodeJS.ProcessEnv = {}, from = prefix): Ran =>
    spawnSync(join(from, 'envctl'), argv, { cwd: home.directory, env: { ...home.env, XDG_CONFIG_HOME: '', SHELL: '/bin/bash', ...env }, encoding: 'utf8', input: '' });
  /** As from a checkout: by the file, where no envctl is on the PATH. */
  const startBare = (argv: readonly string[]): Ran =>
    spawnSync(process.execPath, [bin, ...argv], { cwd: home.directory, env: { ...home.env, XDG_CONFIG_HOME: '', SHELL: '/bin/bash', PATH: '/usr/bin:/bin' }, encoding: 'utf8', input: '' });
  const rc = (name = '.bashrc'): string => join(home.directory, 'home', name);
  const json = (ran: Ran): Record<string, unknown> => JSON.parse(ran.stdout) as Record<string, unknown>;

  it('is put on the PATH once, and a real shell finds it', () => {
    writeFileSync(rc(), '# mine\n', { mode: 0o600 });
    expect(json(run(['install', '--json']))).to.deep.include({ ok: true, action: 'added', shell_file: rc(), directory: prefix });
    expect(readFileSync(rc(), 'utf8')).to.equal(`# mine\n\n${blockBegin}\nexport PATH="$HOME/prefix:$PATH"\n# <<< envctl PATH <<<\n`);
    expect(statSync(rc()).mode & 0o777).to.equal(0o600);
    expect(json(run(['install', '--json']))).to.deep.include({ action: 'unchanged' });
    const found = spawnSync('bash', ['--rcfile', rc(), '-ic', 'command -v envctl'], { env: { ...home.env, PATH: process.env['PATH'] }, encoding: 'utf8' });
    expect(found.stdout.trim()).to.equal(join(prefix, 'envctl'));
    expect(json(run(['uninstall', '--json']))).to.deep.include({ action: 'removed' });
    expect(readFileSync(rc(), 'utf8')).to.equal('# mine\n');
    expect(json(run(['uninstall', '--json']))).to.deep.include({ ok: true, action: 'absent' });
    expect(readdirSync(join(home.directory, 'home')).filter((name) => name.includes('tmp'))).to.deep.equal([]);
  });

  it('is refreshed when it moved', () => {
    run(['install']);
    const moved = link('moved');
    expect(json(run(['install', '--json'], {}, moved))).to.deep.include({ action: 'refreshed' });
    expect(readFileSync(rc(), 'utf8')).to.include('$HOME/moved:').and.to.not.include('$HOME/prefix:');
  });

  it('a dry run prints and writes nothing', () => {
    expect(run(['install', '--dry-run']).stdout).to.equal(`${blockBegin}\nexport PATH="$HOME/prefix:$PATH"\n# <<< envctl PATH <<<\n`);
    expect(existsSync(rc())).to.equal(false);
    writeFileSync(rc(), 'é\n');
    run(['install']);
    const before = readFileSync(rc());
    expect(run(['uninstall', '--dry-run']).stdout).to.equal('é\n');
    expect(readFileSync(rc())).to.deep.equal(before);
  });

  it('leaves a truncated block alone, and says which line', () => {
    writeFileSync(rc(), `a\n${blockBegin}\nexport PATH="/old:$PATH"\nkeep me\n`);
    const before = readFileSync(rc());
    for (const word of ['install', 'uninstall']) {
      const ran = run([word, '--json']);
      expect([ran.status, json(ran)['code'], json(ran)['line']]).to.deep.equal([1, 'ENVCTL_E_SHELL_BLOCK', 2]);
      expect(readFileSync(rc())).to.deep.equal(before);
    }
    expect(json(run(['doctor', '--json']))).to.deep.include({ path_block: 'damaged' });
  });

  it('taken off leaves the file as it was: its last line, its line ends, its mode, a link', () => {
    for (const [name, text, mode] of [['plain', 'a', 0o640], ['dos', 'a\r\nb', 0o644], ['ended', 'a\n', 0o600], ['read-only', 'a\nb', 0o400]] as const) {
      const target = join(home.directory, name);
      writeFileSync(target, text, { mode });
      const file = rc(name);
      symlinkSync(target, file);
      for (const words of [['install'], ['install'], ['uninstall']]) expect(run([...words, '--shell-file', file]).status).to.equal(0);
      expect([readFileSync(target, 'utf8'), statSync(target).mode & 0o777, lstatSync(file).isSymbolicLink()]).to.deep.equal([text, mode, true]);
    }
  });

  it('keeps bytes that are no UTF-8, and a link', () => {
    const target = join(home.directory, 'dotfiles-bashrc');
    writeFileSync(target, Buffer.from([0x61, 0xff, 0xfe, 0x0a]));
    symlinkSync(target, rc());
    run(['install']);
    expect(lstatSync(rc()).isSymbolicLink()).to.equal(true);
    run(['uninstall']);
    expect(readFileSync(target)).to.deep.equal(Buffer.from([0x61, 0xff, 0xfe, 0x0a]));
  });

  for (const [shell, files, expected] of [
    ['/bin/zsh', [], '.zshrc'],
    ['/bin/bash', [], '.bashrc'],
    ['/bin/bash', ['.bash_profile'], '.bash_profile'],
    ['/bin/bash', ['.bash_profile', '.bashrc'], '.bashrc'],
    ['/usr/bin/fish', [], '.config/fish/config.fish'],
    ['/bin/sh', [], '.profile'],
    ['', [], '.profile'],
  ] as const) {
    it(`knows the file of ${shell || 'an unknown shell'}${files.length === 0 ? '' : ` beside ${files.join(', ')}`}`, () => {
      for (const name of files) writeFileSync(rc(name), '');
      expect(json(run(['install', '--dry-run', '--json'], { SHELL: shell }))['shell_file']).to.equal(rc(expected));
    });
  }

  it('makes the directory of a shell file that is not there', () => {
    expect(json(run(['install', '--json'], { SHELL: '/usr/bin/fish' }))).to.deep.include({ ok: true, action: 'added' });
    expect(readFileSync(rc('.config/fish/config.fish'), 'utf8')).to.include('$HOME/prefix');
  });

  it('says in one line what the file system refuses', () => {
    const failed = run(['install', '--shell-file', '/proc/envctl-no-such/rc']);
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/^Error: \/proc\/envctl-no-such\/rc cannot be written: .*\n {2}→ /);
    expect(run(['install', '--nonsense']).status).to.equal(1);
  });

  it('does not install a program that npm will clear away', () => {
    const ran = run(['install', '--json'], {}, link('_npx'));
    expect([ran.status, json(ran)['code'], existsSync(rc())]).to.deep.equal([1, 'ENVCTL_E_PREREQUISITE_MISSING', false]);
  });

  it('doctor tells what runs, for people and as JSON', () => {
    const text = run(['launcher', 'doctor']).stdout;
    for (const label of ['Launcher:', 'Binary Path:', 'Launcher Root:', 'Repo Root:', 'Runtime Entry:']) expect(text).to.include(label);
    const report = json(run(['doctor', '--json'], { PATH: `${prefix}:/usr/bin:/bin` }));
    expect(report).to.deep.include({ contract_version: 'envctl.launcher.doctor.v1', ok: true, launcher: 'envctl', binary_path: join(prefix, 'envctl'), on_path: join(prefix, 'envctl'), repo_root: null, path_block: 'absent', problems: [] });
    expect(existsSync(String(report['runtime_entry']))).to.equal(true);
  });

  it('doctor says what mends a damaged block, and doing it does', () => {
    const file = rc();
    for (const [text, line, left] of [
      [`a\n${blockBegin}\nexport PATH="/old:$PATH"\nkeep me\n`, 2, 'a\nkeep me\n'],
      [`a\nexport PATH="/old:$PATH"\n${blockEnd}\nkeep me\n`, 3, 'a\nkeep me\n'],
    ] as const) {
      writeFileSync(file, text);
      const { path_block: state, problems } = json(startBare(['doctor', '--json'])) as { path_block: string; problems: { message: string; hint: string }[] };
      expect([state, problems.at(-1)]).to.deep.equal(['damaged', {
        message: `The PATH block in ${file} is not whole: line ${line} has no partner.`,
        hint: `remove line ${line} of ${file} and what is left of the block beside it, then: envctl launcher doctor`,
      }]);
      writeFileSync(file, left);
      expect(json(startBare(['launcher', 'doctor', '--json']))).to.include({ path_block: 'absent' });
    }
  });

  it('of a checkout that was never installed says what installs it, and doing it does', () => {
    const [problem] = json(startBare(['doctor', '--json']))['problems'] as { message: string; hint: string }[];
    const checkout = join(bin, '../..');
    expect(problem).to.deep.equal({ message: 'No envctl is on the PATH of this shell.', hint: `npm install --global ${checkout}` });
    const refused = startBare(['install']);
    expect([refused.status, refused.stderr]).to.deep.equal([1, `Error: No program named envctl starts ${checkout}.\n  → npm install --global ${checkout}\n  → then: envctl install\n`]);

    const npm = spawnSync('sh', ['-c', problem?.hint ?? ''], { env: { ...home.env, npm_config_prefix: rc('npm'), npm_config_update_notifier: 'false' }, encoding: 'utf8' });
    expect([npm.status, existsSync(rc('npm/bin/envctl'))]).to.deep.equal([0, true], npm.stderr);
    expect(json(run(['install', '--json'], {}, rc('npm/bin')))).to.include({ action: 'added', directory: rc('npm/bin') });
    expect(json(run(['doctor', '--json'], { PATH: `${rc('npm/bin')}:${process.env['PATH'] ?? ''}` }, rc('npm/bin')))).to.deep.include({ path_block: 'current', problems: [] });
  });

  it('doctor names the other envctl that the shell finds', () => {
    const impostor = join(home.directory, 'impostor');
    mkdirSync(impostor);
    writeFileSync(join(impostor, 'envctl'), '#!/bin/sh\n');
    chmodSync(join(impostor, 'envctl'), 0o755);
    const report = json(run(['doctor', '--json'], { PATH: `${impostor}:${prefix}:/usr/bin:/bin` }));
    expect(report['problems']).to.have.length(1);
    expect(JSON.stringify(report['problems'])).to.include(`${impostor}/envctl`);
  });

  it('leaves --doctor to the package that brings it', () => {
    const ran = run(['--doctor']);
    expect([ran.status, ran.stderr]).to.satisfy(([status, text]: readonly [number, string]) => status === 1 && text.includes('@envctl/plugin-doctor'));
  });
});
