import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveRepository } from '../../dist/projects/repository.js';

describe('resolveRepository', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'envctl-test-repository-')));
  const at = (...names: string[]) => join(root, ...names);
  const git = (cwd: string, ...args: string[]) => execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'protocol.file.allow=always', ...args], { cwd, stdio: 'pipe' });

  before(() => {
    mkdirSync(at('main/deep/er'), { recursive: true });
    mkdirSync(at('library'));
    mkdirSync(at('nothing'));
    for (const name of ['main', 'library']) {
      git(at(name), 'init', '-q');
      git(at(name), 'commit', '-q', '--allow-empty', '-m', 'first');
    }
    git(at('main'), 'worktree', 'add', '-q', at('linked'));
    git(at('main'), 'submodule', '--quiet', 'add', at('library'), 'vendored');
    symlinkSync(at('main'), at('alias'));
    git(root, 'init', '-q', '--bare', 'bare');
    writeFileSync(at('file'), '');
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const table: readonly (readonly [string, string, string | undefined, string, string])[] = [
    ['the checkout itself', 'main', undefined, 'main', 'main'],
    ['a directory below', 'main/deep/er', undefined, 'main', 'main'],
    ['a symbolic link', 'alias/deep', undefined, 'main', 'main'],
    ['a linked worktree: its owner', 'linked', undefined, 'main', 'linked'],
    ['a submodule: itself', 'main/vendored', undefined, 'main/vendored', 'main/vendored'],
    ['--repo from elsewhere', 'nothing', '../main', 'main', 'main'],
    ['--repo of a linked worktree', 'nothing', '../linked', 'main', 'linked'],
  ];
  for (const [title, cwd, repo, owner, execution] of table) {
    it(title, () => expect(resolveRepository(at(cwd), repo)).to.deep.equal({ root: at(owner), executionRoot: at(execution) }));
  }

  it('says where it looked', () => {
    expect(() => resolveRepository(at('nothing'))).to.throw(/^Could not resolve repository root\..*nothing/).with.property('code', 'ENVCTL_E_REPO_NOT_FOUND');
    expect(() => resolveRepository(at('main'), 'deep')).to.throw(/^Invalid --repo path: /).with.property('code', 'ENVCTL_E_REPO_INVALID');
  });

  const refusals: readonly (readonly [string, string, RegExp, readonly string[]])[] = [
    ['a directory of a repository', 'main/deep', /main\/deep has no \.git\.$/, [`envctl --repo ${at('main')} …`]],
    ['nothing in a repository', 'main/typo', /main\/typo does not exist\.$/, [`envctl --repo ${at('main')} …`]],
    ['a directory outside', 'nothing', /nothing has no \.git\.$/, [`git init ${at('nothing')}`, 'envctl --repo <path of a git repository> …']],
    ['a file', 'file', /file is not a directory\.$/, ['envctl --repo <path of a git repository> …']],
    ['a bare repository', 'bare', /bare is a bare repository, without a checkout\.$/, [`git clone ${at('bare')} <directory>`, 'envctl --repo <path of a git repository> …']],
    ['nothing outside', 'typo', /typo does not exist\.$/, ['envctl --repo <path of a git repository> …']],
  ];
  for (const [title, path, message, hints] of refusals) {
    it(`--repo of ${title} says what to give instead`, () => {
      expect(() => resolveRepository(at('nothing'), at(path))).to.throw(message).with.property('hints').that.deep.equals(hints);
    });
  }

  it('--repo with a ~ that no shell expanded says how it would', () => {
    expect(() => resolveRepository(at('main'), '~/there')).to.throw(/main\/~\/there does not exist\.$/).with.property('hints').that.deep.equals(['envctl --repo ~/there …   (a shell expands ~ only where a word begins)']);
  });
});
