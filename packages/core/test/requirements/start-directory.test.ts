import { chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createWorld } from '../../dist/testing/index.js';
import { skip } from '../skip.js';
import { createToy, toyManifest, toyOptions, writeToyPackage } from '../testing/toy.js';

describe('a directory that a dependency builds as root', function () {
  this.timeout(60_000);
  let directory: string;
  before(async function () {
    if (process.getuid?.() !== 0) skip(this, 'needs root, which gives files to the data user');
    directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    await writeToyPackage(join(directory, 'toy'), toyManifest);
  });
  after(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('is the data user\'s with what the plugin wrote into it, and with nothing else', async () => {
    const outside = join(directory, 'outside');
    writeFileSync(outside, 'root\'s own');
    let built = '';
    const root = join(directory, 'toy');
    const options = toyOptions(root);
    const world = await createWorld({
      root,
      env: options.env,
      replace: () => {
        const toy = createToy();
        return {
          ...toy,
          start: async (ctx) => {
            built = await ctx.directory('tree', (path) => {
              mkdirSync(join(path, 'written/deep'), { recursive: true });
              writeFileSync(join(path, 'written/deep/file'), '');
              symlinkSync(outside, join(path, 'link'));
              linkSync(outside, join(path, 'hard-link'));
              // As an unpacked archive leaves it.
              chownSync(path, 0, 0);
              // What a task of the data user made: it may put in it what it likes.
              mkdirSync(join(path, 'made'));
              chownSync(join(path, 'made'), ctx.dataUser!.uid, ctx.dataUser!.gid);
              linkSync(outside, join(path, 'made/planted'));
              return Promise.resolve();
            });
            return await toy.start(ctx);
          },
        };
      },
    });
    try {
      const { outcome } = await world.start(world.project('Main'));
      expect(outcome).to.deep.equal({ status: 'ready' });
      const { uid } = world.dataUser!;
      const ownerOf = (name: string): number => lstatSync(join(built, name)).uid;
      expect(['.', 'written', 'written/deep', 'written/deep/file', 'link', 'made'].map(ownerOf)).to.deep.equal([uid, uid, uid, uid, uid, uid]);
      expect(lstatSync(outside).uid).to.equal(0);
    } finally {
      await world.dispose();
    }
  });
});
