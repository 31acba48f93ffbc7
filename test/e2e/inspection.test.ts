import { lstatSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import { createWorld, type World } from './world.js';

/** Every file and directory below, with its size, mode and times of change. */
function snapshot(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => {
      const { size, mode, mtimeMs, ctimeMs } = lstatSync(path.join(root, name));
      return [name, `${size} ${mode} ${mtimeMs} ${ctimeMs}`];
    }),
  );
}

const inspection: readonly (readonly string[])[] = [
  ['list-commands'], ['list-targets'], ['list-targets', '--trees'], ['list-trees'], ['show-config'], ['show-state'], ['explain-startup'], ['explain-startup', '--trees'], ['preflight'], ['preflight', 'backend'], ['endpoints'],
  ['health'], ['errors'], ['logs'], ['version'], ['--version'], ['help'], ['start', '--help'], ['start', '--dry-run'], ['resume', '--dry-run'], ['bogus'], ['start', '--bogus'],
];

describe('inspection in a repository that nobody configured', function () {
  this.timeout(120_000);
  let world: World;
  let repository: string;
  before(async () => {
    world = await createWorld('inspection');
    repository = path.join(world.directory, 'fresh');
    await runOrThrow('git', ['init', '-q', repository], { cwd: world.directory });
    await mkdir(path.join(repository, 'backend'));
    await writeFile(path.join(repository, 'backend', 'package.json'), JSON.stringify({ scripts: { dev: 'node server.mjs' } }));
  });
  after(() => world.close());

  it('writes nothing: no file in the repository, no runtime directory, no store', async () => {
    // The cache is where compiled code and the list of plugins may be kept; it is asked for once before.
    await world.envctl(['help'], { cwd: repository });
    const before = snapshot(world.directory);
    for (const words of inspection) {
      for (const json of [[], ['--json']]) {
        const { code } = await world.envctl([...words, ...json], { cwd: repository });
        expect(code, words.join(' ')).to.be.oneOf([0, 1]);
        const after = snapshot(world.directory);
        const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name] && !name.startsWith('cache'));
        expect(changed, words.join(' ')).to.deep.equal([]);
      }
    }
  });

  it('preflight tells what a start would end with', async () => {
    const { code, document } = await world.json(['preflight'], { cwd: repository });
    expect(code).to.equal(1);
    expect(document).to.include({ ok: false, contract_version: 'envctl.preflight.v1', surface: 'preflight', mode: 'main', startup_enabled: true });
    const start = await world.json(['start'], { cwd: repository });
    expect(document['startup']).to.deep.equal({ ready: false, plan: null, problem: { code: start.document.code, message: start.document.message, hints: start.document.hints } });
  });

  it('preflight has the plan of a start that would go ahead, and the words of one that would not', async () => {
    const ready = await world.json(['preflight']);
    expect(ready.code).to.equal(0);
    const { contract_version: _version, ok: _ok, ...plan } = await world.succeed(['start', '--dry-run']);
    expect(ready.document['startup']).to.deep.equal({ ready: true, plan, problem: null });
    for (const env of [{ MAIN_STARTUP_ENABLE: 'false' }, { BACKEND_PORT_BASE: 'abc' }, { PATH: '/nowhere' }, { ENVCTL_DEFAULT_MODE: 'trees' }, { MAIN_BACKEND_ENABLE: 'false', MAIN_FRONTEND_ENABLE: 'false' }]) {
      const [looked, started] = [await world.json(['preflight'], { env }), await world.json(['start'], { env })];
      expect(looked.code, JSON.stringify(env)).to.equal(1);
      expect((looked.document['startup'] as { problem: object }).problem, JSON.stringify(env)).to.include({ code: started.document.code, message: started.document.message });
    }
    expect((await world.json(['preflight', '--trees'])).document).to.include({ mode: 'trees', selection_required: true });
  });

  it('hides the token in the query of a health URL, and asks it all the same', async () => {
    await world.configure({ ENVCTL_BACKEND_HEALTH_URL: '/?token=open-sesame' });
    try {
      await world.succeed(['start', '--only-backend']);
      for (const words of [['show-state'], ['show-state', '--json'], ['endpoints'], ['endpoints', '--json'], ['health', '--json'], ['explain-startup', '--json'], ['list-targets', '--json']]) {
        const { code, stdout, stderr } = await world.envctl(words);
        expect(code, `${words.join(' ')} ${stderr}`).to.equal(0);
        expect(stdout + stderr, words.join(' ')).to.not.include('open-sesame');
      }
      const { backend } = (await world.succeed(['endpoints'])) as unknown as { readonly backend: { readonly health_url: string } };
      expect(backend.health_url).to.match(/\/\?token=<redacted>$/);
    } finally {
      await world.succeed(['stop-all']);
      await world.configure();
    }
  });
});
