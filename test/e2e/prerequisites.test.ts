import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
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
    const { code, document } = await world.json(['start'], { env: { PATH: bare } });
    expect([code, document.code, document.message]).to.deep.equal([1, 'ENVCTL_E_PREREQUISITE_MISSING', 'Missing required executables: git']);
    expect(document.hints).to.have.length(1);
    expect(document.hints[0]).to.match(/git/);
  });
});
