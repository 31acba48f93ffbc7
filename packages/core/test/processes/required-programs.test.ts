import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isEnvctlError } from '../../dist/contract/index.js';
import { assertPrograms } from '../../dist/boot/index.js';

describe('assertPrograms', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'envctl-test-programs-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const program = async (name: string, mode = 0o755): Promise<void> => {
    await writeFile(join(directory, name), '');
    await chmod(join(directory, name), mode);
  };
  const refusal = (...names: string[]): { readonly message: string; readonly hints: readonly string[] } => {
    try {
      assertPrograms(names, directory);
    } catch (error) {
      if (isEnvctlError(error) && error.code === 'ENVCTL_E_PREREQUISITE_MISSING') return error;
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it('is content with what is there', async () => {
    await program('git');
    assertPrograms(['git'], directory);
    assertPrograms([], '');
  });

  for (const [manager, hints] of [
    ['apt-get', ['apt-get install git', 'apt-get install docker.io']],
    ['dnf', ['dnf install git', 'dnf install docker']],
    ['apk', ['apk add git', 'apk add docker']],
    ['pacman', ['pacman -S git', 'pacman -S docker']],
    ['brew', ['brew install git', 'brew install docker']],
  ] as const) {
    it(`names all that is missing in one error, with the commands of ${manager}`, async () => {
      await program(manager);
      expect(refusal('git', 'docker')).to.deep.include({ message: 'Missing required executables: git, docker', hints });
    });
  }

  it('says so where it knows no package manager; a file that cannot be executed is missing', async () => {
    await program('git', 0o644);
    expect(refusal('git').hints).to.deep.equal(['put git on the PATH: envctl finds no package manager here that it could name a command of']);
  });
});
