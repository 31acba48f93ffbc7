import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { RuntimeRequest } from '../../dist/boot/index.js';
import { showConfig } from '../../dist/inspection/read-only.js';
import { readDeclarations } from '../../dist/host/index.js';
import type { Route } from '../../dist/routing/index.js';
import { createConfigOperations } from '../../dist/runtime/config-operations.js';
import { renderConfigAnswer, renderShowConfig } from '../../dist/ui/index.js';
import { redis, useRepository } from './fixtures.js';

const plugin = { name: 'plugin-x', version: '1.0.0', root: '/nowhere', type: 'core', pjson: { envctl: { apiVersion: 1, extension: './extension.js', contributes: { dependencies: [redis] } } } };

describe('the configuration commands', function () {
  this.timeout(60_000);
  const repository = useRepository();
  const environment = (env: Record<string, string>) => ({ HOME: '/home/tester', ENVCTL_RUNTIME_DIR: path.join(repository.root, '.git', 'runtime'), ...env });
  const shownIn = async (cwd: string, env: Record<string, string>) =>
    (await showConfig({ cwd, env: environment(env), repo: undefined, mode: undefined, declared: readDeclarations([{ ...plugin, origin: 'bundled' }]), refine: undefined, reveal: false }))!;
  const operations = (cwd: string, env: Record<string, string> = {}) =>
    createConfigOperations({
      invocation: {
        env: environment(env),
        cwd,
        terminal: { stdin: false, stdout: false },
        seam: () => undefined,
        secrets: new Set<string>(),
        now: Date.now,
        signal: new AbortController().signal,
      },
      config: { plugins: new Map([[plugin.name, plugin]]) },
    } as unknown as RuntimeRequest);
  const route = { command: 'config', projects: [], services: [], flags: {}, passthroughArgs: [], rawArgs: [], headless: true, json: true } as unknown as Route;
  const git = (...words: string[]): string => execFileSync('git', ['-C', repository.root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it('use the file of the owning repository inside a linked worktree', async () => {
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'x');
    git('worktree', 'add', '-q', 'tree');
    const tree = path.join(repository.root, 'tree');
    const answer = await operations(tree).config(route, { set: ['BACKEND_PORT_BASE=8100', 'MAIN_REDIS_ENABLE=true'] });
    expect(answer.path).to.equal(path.join(realpathSync(repository.root), '.envctl'));
    expect(readdirSync(tree)).to.deep.equal(['.git']);
    expect(git('status', '--porcelain').split('\n').filter((line) => line !== '')).to.have.members(['?? .envctl', '?? tree/']);
    const shown = await shownIn(tree, { BACKEND_PORT_BASE: '8900' });
    expect(shown).to.deep.include({ base_dir: realpathSync(repository.root), execution_root: realpathSync(tree) });
    expect(shown.effective.ports.backend).to.equal(8900);
    expect(shown.effective.profiles.main.dependencies).to.deep.equal({ redis: true });
  });

  it('say where every value comes from', async () => {
    git('init', '-q');
    repository.write('.envctl', 'ENVCTL_PUBLIC_HOST=dev.local\nBACKEND_PORT_BSAE=1\nTREES_STARTUP_ENABLE=false\n');
    const text = renderShowConfig(await shownIn(repository.root, { REDIS_PORT: '6400' }));
    expect(text).to.match(/ENVCTL_PUBLIC_HOST +dev.local {2}\(line 1\)/);
    expect(text).to.match(/REDIS_PORT +6400 {2}\(env\)/);
    expect(text).to.match(/BACKEND_PORT_BASE +8000 {2}\(default\)/);
    expect(text).to.match(/trees {2}off/);
    expect(text).to.include('Did you mean BACKEND_PORT_BASE?');
  });

  it('tell what was saved and what the environment overrules', async () => {
    git('init', '-q');
    const answer = await operations(repository.root, { BACKEND_PORT_BASE: '8900' }).config(route, { set: ['BACKEND_PORT_BASE=8100'] });
    expect(renderConfigAnswer(answer).split('\n')).to.deep.equal([
      `Saved ${path.join(realpathSync(repository.root), '.envctl')}`,
      'BACKEND_PORT_BASE is overruled by the environment of this shell: unset BACKEND_PORT_BASE',
    ]);
    expect(renderConfigAnswer({ saved: false, reason: 'cancelled', path: '/x' })).to.equal('Nothing was saved.');
    expect(readFileSync(path.join(repository.root, '.envctl'), 'utf8')).to.include('BACKEND_PORT_BASE=8100');
  });

  it('lose nothing when ten saves run at once', async () => {
    git('init', '-q');
    const keys = ['BACKEND_PORT_BASE', 'FRONTEND_PORT_BASE', 'PORT_SPACING', 'REDIS_PORT', 'BACKEND_DIR', 'FRONTEND_DIR', 'ENVCTL_PUBLIC_HOST', 'DB_NAME', 'DB_USER', 'DB_HOST'];
    await Promise.all(keys.map((key, index) => operations(repository.root).config(route, { set: [`${key}=${7000 + index}`] })));
    const lines = readFileSync(path.join(repository.root, '.envctl'), 'utf8').split('\n');
    expect(lines).to.include.members(keys.map((key, index) => `${key}=${7000 + index}`));
  });

  it('refuse a command that needs the file where nobody can be asked', async () => {
    git('init', '-q');
    const error: unknown = await operations(repository.root).ensureConfig(route).then(() => undefined, (reason: unknown) => reason);
    expect(error).to.have.property('code', 'ENVCTL_E_CONFIG_MISSING');
    expect((error as { hints: string[] }).hints[0]).to.equal(`envctl config --repo ${realpathSync(repository.root)} --set ENVCTL_DEFAULT_MODE=main`);
  });
});
