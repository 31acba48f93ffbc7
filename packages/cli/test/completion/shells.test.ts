import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { bin, createToyHome, type ToyHome } from '../toy-home.js';

const typist = fileURLToPath(new URL('../../test/completion/typed-line.py', import.meta.url));

/** How each shell is made to know the program `record`, which writes its words to a file, and to complete it as envctl. */
const shells: Readonly<Record<string, { readonly rc: string; readonly command: (rc: string, directory: string) => readonly string[]; readonly env?: (directory: string) => NodeJS.ProcessEnv }>> = {
  bash: {
    rc: `PS1='READY>'; bind 'set enable-bracketed-paste off' 2>/dev/null; source <(envctl completion bash); complete -F _envctl record`,
    command: (rc) => ['bash', '--noprofile', '--rcfile', rc, '-i'],
  },
  zsh: {
    rc: `PS1='READY>'; unset zle_bracketed_paste; source <(envctl completion zsh); compdef _envctl record`,
    command: () => ['zsh', '-i'],
    env: (directory) => ({ ZDOTDIR: directory }),
  },
};

/** What is typed, and the words the program then got. */
const typed: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['record show-c\t', ['show-config']],
  ['record stop --proj\tMai\t', ['stop', '--project', 'Main']],
  ['record stop --project=Mai\t', ['stop', '--project=Main']],
  ['record stop --service Main\\ B\t', ['stop', '--service', 'Main Backend']],
  ['record stop "Main F\t', ['stop', 'Main Frontend']],
  ['record config --set MAIN_REDIS_EN\ttr\t', ['config', '--set', 'MAIN_REDIS_ENABLE=true']],
  ['record plugins unin\t', ['plugins', 'uninstall']],
  ['record help plugins unin\t', ['help', 'plugins', 'uninstall']],
  ['record stop -- Main\\ B\t', ['stop', '--', 'Main Backend']],
  ['record wait --until=st\t', ['wait', '--until=stopped']],
  ['record --repo rc-of\t', ['--repo', 'rc-of-repo']],
];

describe('completion', function () {
  this.timeout(120_000);
  let home: ToyHome;
  let env: NodeJS.ProcessEnv;
  let repository: string;
  before(async () => {
    home = await createToyHome();
    const programs = join(home.directory, 'programs');
    mkdirSync(programs);
    symlinkSync(bin, join(programs, 'envctl'));
    writeFileSync(join(programs, 'record'), '#!/bin/sh\nprintf "%s\\n" "$@" >"$RECORD_OUT"\necho "DO""NE!"\n');
    chmodSync(join(programs, 'record'), 0o755);
    repository = join(home.directory, 'repository');
    mkdirSync(join(repository, '.git'), { recursive: true });
    mkdirSync(join(repository, 'rc-of-repo'));
    writeFileSync(join(repository, '.envctl'), 'ENVCTL_DEFAULT_MODE=main\n');
    env = { ...home.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, TERM: 'dumb', ENVCTL_RUNTIME_DIR: join(home.directory, 'runtime'), RECORD_OUT: join(home.directory, 'out') };
  });
  after(() => home.remove());

  for (const [name, shell] of Object.entries(shells)) {
    describe(`in ${name}`, () => {
      before(function () {
        skipWithout(this, name);
        skipWithout(this, 'python3');
      });
      for (const [line, words] of typed) {
        it(`${JSON.stringify(line)} becomes ${JSON.stringify(words)}`, () => {
          const directory = join(home.directory, name);
          mkdirSync(directory, { recursive: true });
          const rc = join(directory, name === 'zsh' ? '.zshrc' : 'rc');
          writeFileSync(rc, `${shell.rc}\n`);
          rmSync(join(home.directory, 'out'), { force: true });
          const ran = spawnSync('python3', [typist, '30', `${line}\r`, ...shell.command(rc, directory)], { cwd: repository, env: { ...env, ...shell.env?.(directory) }, encoding: 'utf8' });
          expect(ran.stderr, ran.stderr).to.equal('');
          // Bash leaves the slash behind a directory, zsh takes it away.
          const got = readFileSync(join(home.directory, 'out'), 'utf8').trimEnd().split('\n').map((word) => word.replace(/\/$/, ''));
          expect(got).to.deep.equal(words);
        });
      }
    });
  }

  describe('in fish', () => {
    before(function () {
      skipWithout(this, 'fish');
    });
    const asked: readonly (readonly [line: string, candidates: readonly string[]])[] = [
      ['envctl show-c', ['show-config']],
      ['envctl stop --proj', ['--project']],
      ['envctl stop --project ', ['Main']],
      ['envctl stop --project=Ma', ['--project=Main']],
      ['envctl stop "Main ', ['Main Backend', 'Main Frontend']],
      ['envctl config --set MAIN_REDIS_ENABLE=', ['MAIN_REDIS_ENABLE=false', 'MAIN_REDIS_ENABLE=true']],
      ['envctl plugins unin', ['uninstall']],
      ['envctl help plugins unin', ['uninstall']],
      ['envctl stop -- "Main B', ['Main Backend']],
      ['envctl --repo rc-of', ['rc-of-repo/']],
      ['envctl nonsense --what ', []],
    ];
    for (const [line, candidates] of asked) {
      it(`${JSON.stringify(line)} offers ${JSON.stringify(candidates)}`, () => {
        const script = `envctl completion fish | source; complete -C '${line}'`;
        const ran = spawnSync('fish', ['--no-config', '-c', script], { cwd: repository, env, encoding: 'utf8' });
        expect(ran.stderr).to.equal('');
        expect(ran.stdout.split('\n').filter(Boolean).map((row) => row.split('\t')[0])).to.deep.equal(candidates);
      });
    }
  });
});

function skipWithout(context: Mocha.Context, program: string): void {
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status === 0) return;
  context.runnable().title += ` skipped: ${program} is not installed`;
  context.skip();
}
