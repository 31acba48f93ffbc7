import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { copyToyWithOwnCore, createToyHome, writeManifest, type ToyHome } from '../toy-home.js';

describe('completion resolve', function () {
  this.timeout(60_000);
  let home: ToyHome;
  beforeEach(async () => { home = await createToyHome(); });
  afterEach(() => home.remove());
  const resolve = (words: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] => {
    const ran = home.run(['completion', 'resolve', '--', ...words], env);
    expect([ran.status, ran.stderr]).to.deep.equal([0, '']);
    return ran.stdout.split('\n').slice(1).filter(Boolean).map((line) => line.split('\t')[0] ?? '');
  };

  it('is quiet and empty whatever it meets', () => {
    const repository = join(home.directory, 'damaged');
    mkdirSync(join(repository, '.git'), { recursive: true });
    writeFileSync(join(repository, '.envctl'), 'ENVCTL_RUNTIME_SCOPE_ID=non/sense\n\0');
    expect(resolve(['--repo', repository, 'stop', '--project', ''])).to.deep.equal([]);
    expect(resolve(['--repo', '/nowhere', 'stop', '--project', ''])).to.deep.equal([]);
    expect(resolve(['nonsense', '--what', ''])).to.deep.equal([]);
    expect(resolve([])).to.include('start');
  });

  it('writes nothing, even where the merged manifest is out of date', async () => {
    home.run(['plugins', 'link', '--no-install', await copyToyWithOwnCore(home.directory)]);
    const before = readdirSync(home.directory, { recursive: true }).length;
    expect(resolve(['st'])).to.deep.equal(['start', 'stop', 'stop-all']);
    expect(readdirSync(home.directory, { recursive: true }).length).to.equal(before);
  });

  it('knows the commands and keys of a plugin once its manifest is merged', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    await writeManifest(root);
    home.run(['plugins', 'link', '--no-install', root]);
    home.run(['list-commands', 'x']);
    expect(existsSync(join(home.cacheDirectory, 'door.json'))).to.equal(true);
    expect(resolve(['toy', 'hel'])).to.deep.equal(['hello']);
    expect(resolve(['config', '--set', 'TOY_GR'])).to.deep.equal(['TOY_GREETING=']);
  });

  it('has a document like every command', () => {
    const document = JSON.parse(home.run(['completion', 'resolve', '--json', '--', 'wait', '--until', '']).stdout) as Record<string, unknown>;
    expect(document).to.deep.equal({ contract_version: 'envctl.completion.v1', ok: true, hints: [], candidates: [{ value: 'healthy' }, { value: 'stopped' }] });
  });

  for (const shell of ['csh', '']) {
    it(`refuses ${shell === '' ? 'no shell' : shell} with the shells there are`, () => {
      const ran = home.run(['completion', ...(shell === '' ? [] : [shell])]);
      expect([ran.status, ran.stderr.split('\n').length]).to.deep.equal([1, 5]);
      expect(ran.stderr).to.include('envctl completion fish');
    });
  }
});
