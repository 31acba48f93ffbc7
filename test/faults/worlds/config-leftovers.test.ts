import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createMachine, requireNamespaces, until, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig, type TestRepository } from './repository.js';

describe('a save of the configuration that was killed', function () {
  this.timeout(60_000);
  let machine: Machine;
  let repository: TestRepository;
  const config = serviceConfig({ backend: 'node app.js' });
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('config');
    repository = await createRepository(machine, { 'backend/app.js': nodeServer, '.envctl': config });
    const file = path.join(machine.directory, 'stopped');
    const saving = repository.envctlWith({ env: { ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `stop:config.file.after-effect@1:${file}` } }, 'config', '--set', 'BACKEND_PORT_BASE=8100');
    await until('the command stops', () => existsSync(file) || undefined);
    const [command] = (await machine.census()).processes;
    await machine.sh(`kill -9 ${command!.pid}`);
    await saving;
  });
  afterEach(() => machine?.close());

  const temporary = async (): Promise<string[]> => (await readdir(repository.root)).filter((name) => name.startsWith('.envctl-tmp-'));

  it('leaves the old configuration whole', async () => {
    expect(await temporary()).to.have.length(1);
    expect(await readFile(path.join(repository.root, '.envctl'), 'utf8')).to.equal(config);
  });

  for (const { words } of [{ words: ['config', '--set', 'BACKEND_PORT_BASE=8200'] }, { words: ['start', '--headless'] }]) {
    it(`is cleared away by ${words[0]}, which touches no file of the user's`, async () => {
      await writeFile(path.join(repository.root, '.envctl-tmp-mine'), '');
      const { code, stderr } = await repository.envctl(...words);
      expect(code, stderr).to.equal(0);
      expect(await temporary()).to.deep.equal(['.envctl-tmp-mine']);
    });
  }
});
