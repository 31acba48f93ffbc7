import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));

describe('a launch of which neither record nor process tells anything', function () {
  this.timeout(60_000);

  it('is told by stop-all as not stopped, in the heading, in JSON and by the exit code', () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    try {
      const repository = join(directory, 'repository');
      mkdirSync(join(repository, '.git'), { recursive: true });
      writeFileSync(join(repository, '.envctl'), 'ENVCTL_RUNTIME_SCOPE_ID=repo-test\n');
      const launch = join(directory, 'rt/engine/repo-test/launches/main-backend-0123abcd');
      mkdirSync(launch, { recursive: true });
      for (const file of ['launch.json', 'launch-copy.json']) writeFileSync(join(launch, file), '{ half a reco');
      const { PATH } = process.env;
      const run = (...words: string[]) => spawnSync(process.execPath, [bin, ...words], { cwd: repository, encoding: 'utf8', env: { PATH, HOME: directory, ENVCTL_RUNTIME_DIR: join(directory, 'rt'), ENVCTL_STORE_DIR: join(directory, 'store') } });
      const detail = `not touched: its record is damaged; look for its processes by hand, then remove ${launch}`;
      for (const command of ['stop-all', 'blast-all']) {
        const told = run(command, '--json');
        expect(told.status, command).to.equal(1);
        expect(JSON.parse(told.stdout), command).to.deep.include({ ok: false, message: 'Nothing could be stopped.', stopped: [], not_stopped: [{ what: 'main-backend-0123abcd', detail }] });
        expect(run(command).stdout).to.equal(`Nothing could be stopped.\n  NOT stopped main-backend-0123abcd: ${detail}\n`);
      }
      rmSync(launch, { recursive: true });
      expect(run('stop-all')).to.deep.include({ status: 0, stdout: 'No active runtime state found.\n' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a ledger entry that cannot be read', function () {
  this.timeout(60_000);

  it('is set aside by stop-all, never thrown away', () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    try {
      const repository = join(directory, 'repository');
      mkdirSync(join(repository, '.git'), { recursive: true });
      writeFileSync(join(repository, '.envctl'), 'ENVCTL_RUNTIME_SCOPE_ID=repo-test\n');
      const ledger = join(directory, 'rt/engine/repo-test/ledger');
      mkdirSync(ledger, { recursive: true });
      writeFileSync(join(ledger, 'container-db-0123456789ab.json'), '{ half a reco');
      const { PATH } = process.env;
      const run = spawnSync(process.execPath, [bin, 'stop-all', '--json'], { cwd: repository, encoding: 'utf8', env: { PATH, HOME: directory, ENVCTL_RUNTIME_DIR: join(directory, 'rt'), ENVCTL_STORE_DIR: join(directory, 'store') } });
      expect(run.stdout).to.include('container-db-0123456789ab.json');
      expect(readdirSync(ledger)).to.deep.equal(['damaged']);
      expect(readFileSync(join(ledger, 'damaged/container-db-0123456789ab.json'), 'utf8')).to.equal('{ half a reco');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
