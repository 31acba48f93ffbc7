import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProgramFinder } from '../../dist/requirements/programs.js';

describe('createProgramFinder', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'envctl-test-'));
    await mkdir(join(root, 'a', 'tool'), { recursive: true });
    await mkdir(join(root, 'b'));
    await writeFile(join(root, 'a', 'plain'), '');
    for (const name of ['tool', 'plain']) {
      await writeFile(join(root, 'b', name), '#!/bin/sh\n');
      await chmod(join(root, 'b', name), 0o755);
    }
  });
  after(async () => {
    await rm(root, { recursive: true, force: true });
  });

  it('takes the first executable file and passes over directories and plain files', async () => {
    const find = createProgramFinder(`${join(root, 'a')}:${join(root, 'missing')}:${join(root, 'b')}`);
    expect(await find('tool')).to.equal(join(root, 'b', 'tool'));
    expect(await find('plain')).to.equal(join(root, 'b', 'plain'));
  });

  it('finds nothing for an absent name or a relative PATH entry', async () => {
    expect(await createProgramFinder(join(root, 'b'))('absent')).to.equal(undefined);
    expect(await createProgramFinder('.:b')('tool')).to.equal(undefined);
  });
});
