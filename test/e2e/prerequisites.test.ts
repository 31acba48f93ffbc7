import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import { createWorld, type World } from './world.js';

describe('the programs of a start', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('prerequisites', { settings: { REDIS_MAIN_ENABLE: true, POSTGRES_MAIN_ENABLE: true } })));
  after(() => world.close());

  it('with native drivers no Docker is asked for, nor lsof, be they there or not', async () => {
    const programs = path.join(world.directory, 'programs');
    const called = path.join(world.directory, 'called');
    await mkdir(programs);
    for (const name of ['docker', 'podman', 'lsof']) await writeFile(path.join(programs, name), `#!/bin/sh\necho "${name} $*" >> ${called}\nexit 1\n`, { mode: 0o755 });
    for (const words of [['start'], ['health'], ['endpoints'], ['stop-all']]) await world.succeed(words, { env: { PATH: `${programs}:${world.env['PATH']}` } });
    expect(existsSync(called)).to.equal(false);
  });

  it('without git it is one error with the command that installs it', async () => {
    const bare = path.join(world.directory, 'bare');
    await mkdir(bare);
    await symlink(process.execPath, path.join(bare, 'node'));
    for (const words of [['start'], ['start', '--dry-run'], ['explain-startup']]) {
      const { code, document } = await world.json(words, { env: { PATH: bare } });
      expect([code, document.code, document.message], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_PREREQUISITE_MISSING', 'Missing required executables: git']);
      expect(document.hints).to.have.length(1);
      expect(document.hints[0]).to.match(/git/);
    }
  });

  it('a package.json that is not JSON refuses a start with its line, and is foreseen with the same words', async () => {
    const file = path.join(world.repository, 'frontend/package.json');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '{\n  "scripts": { "dev": "vite" },\n}\n');
    const env = { ENVCTL_FRONTEND_START_CMD: '' };
    const message = new RegExp(`^${file} is not JSON, line 3: Expected double-quoted property name.*\\. Whether it is the frontend cannot be told\\.$`);
    for (const words of [['start'], ['start', '--dry-run'], ['explain-startup']]) {
      const { code, document } = await world.json(words, { env });
      expect([code, document.code], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_CONFIG_INVALID']);
      expect(document.message).to.match(message);
      expect(document.hints).to.deep.equal([`\${EDITOR:-vi} +3 ${file}`]);
    }
    const { code, document } = await world.json(['preflight'], { env });
    expect(code).to.equal(1);
    expect((document['startup'] as { problem: { message: string } }).problem.message).to.match(message);
    await rm(file);
  });

  it('a dependency that nothing here can run is refused before anything is touched, and foreseen with the same words', async () => {
    await world.succeed(['blast-all', '--blast-remove-main-volumes']);
    const without = path.join(world.directory, 'without');
    await mkdir(without);
    for (const name of ['git', 'sh']) await symlink((await runOrThrow('which', [name], { cwd: world.directory })).stdout.trim(), path.join(without, name));
    await symlink(process.execPath, path.join(without, 'node'));
    const files = world.files();
    const cases = [
      [{ PATH: without, POSTGRES_MAIN_ENABLE: 'false' }, 'Nothing on this machine can run redis.', 'install redis-server'],
      [{ ENVCTL_DEPENDENCY_REDIS_MODE: 'docker' }, 'redis has no docker driver; it has: native, external.', 'envctl config --set ENVCTL_DEPENDENCY_REDIS_MODE=native'],
      [{ ENVCTL_DEPENDENCY_POSTGRES_MODE: 'docker' }, 'postgres has no docker driver; it has: native, external.', 'envctl config --set ENVCTL_DEPENDENCY_POSTGRES_MODE=native'],
    ] as const;
    for (const [env, message, hint] of cases) {
      for (const words of [['start'], ['start', '--dry-run'], ['explain-startup']]) {
        const { code, document } = await world.json(words, { env });
        expect({ code, error: document.code, message: document.message }, words.join(' ')).to.deep.equal({ code: 1, error: 'ENVCTL_E_DEPENDENCY_DRIVER', message });
        expect(document.hints.join('\n')).to.include(hint);
      }
      const { code, document } = await world.json(['preflight'], { env });
      expect([code, (document['startup'] as { problem: { message: string } }).problem.message]).to.deep.equal([1, message]);
    }
    expect(world.files().filter((file) => !files.includes(file) && !file.startsWith('cache') && !file.includes('/locks/'))).to.deep.equal([]);
  });
});
