import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, processesIn, type World } from './world.js';

const predictions: readonly (readonly string[])[] = [['explain-startup', '--json'], ['preflight', '--json']];
const everyPrediction: readonly (readonly string[])[] = [
  ...predictions, ['explain-startup'], ['explain-startup', 'backend', '--json'], ['explain-startup', '--project', 'Main', '--json'], ['explain-startup', '--no-resume', '--json'],
  ['explain-startup', '--service-sequential', '--json'], ['explain-startup', '--all', 'backend', '--json'], ['explain-startup', 'nonsense', '--json'], ['explain-startup', '--trees', '--json'],
  ['preflight'], ['preflight', '--service', 'frontend', '--json'], ['preflight', '--trees', '--json'],
];

describe('a plan through both doors', function () {
  this.timeout(240_000);
  let world: World;
  let slow: Readonly<Record<string, string>>;

  before(async () => {
    world = await createWorld('doors', { settings: { POSTGRES_MAIN_ENABLE: false, REDIS_MAIN_ENABLE: false } });
    // What an unlisted plugin declares is known to nobody before it is loaded: the fast door stays shut.
    const plugin = path.join(world.directory, 'unlisted');
    await mkdir(path.join(plugin, 'commands'), { recursive: true });
    await writeFile(path.join(plugin, 'package.json'), JSON.stringify({ name: 'unlisted', version: '1.0.0', type: 'module', oclif: { commands: './commands' } }));
    slow = { XDG_DATA_HOME: path.join(world.directory, 'slow-data') };
    await mkdir(path.join(slow['XDG_DATA_HOME']!, 'envctl'), { recursive: true });
    await writeFile(path.join(slow['XDG_DATA_HOME']!, 'envctl/package.json'), JSON.stringify({ private: true, oclif: { schema: 1, plugins: [{ name: 'unlisted', type: 'link', root: plugin }] }, dependencies: {} }));
  });
  after(() => world.close());

  async function expectSame(env: Readonly<Record<string, string>> = {}, lines = predictions): Promise<readonly (Record<string, unknown>)[]> {
    const documents: Record<string, unknown>[] = [];
    for (const words of lines) {
      const [fast, whole] = [await world.envctl(words, { env }), await world.envctl(words, { env: { ...env, ...slow } })];
      expect(fast, `${words.join(' ')} ${JSON.stringify(env)}`).to.deep.equal(whole);
      if (words.includes('--json')) documents.push(JSON.parse(fast.stdout) as Record<string, unknown>);
    }
    return documents;
  }

  const decisionOf = ([explained]: readonly Record<string, unknown>[]) => (explained?.['decision'] as { readonly kind: string } | undefined)?.kind;

  it('is the same before anything ran, refused or not', async () => {
    expect(decisionOf(await expectSame({}, everyPrediction))).to.equal('fresh');
    expect((await expectSame({ MAIN_STARTUP_ENABLE: 'false' })).map(({ ok, startup_enabled }) => [ok, startup_enabled])).to.deep.equal([[true, false], [false, false]]);
    for (const env of [{ BACKEND_PORT_BASE: 'abc' }, { PATH: '/nowhere' }, { ENVCTL_DEFAULT_MODE: 'trees' }, { MAIN_BACKEND_ENABLE: 'false', MAIN_FRONTEND_ENABLE: 'false' }]) {
      expect((await expectSame(env))[0], JSON.stringify(env)).to.include({ ok: false });
    }
    for (const env of [{ POSTGRES_MAIN_ENABLE: 'true' }, { ENVCTL_RUNTIME_TRUTH_MODE: 'strict' }, { MAIN_FRONTEND_ENABLE: 'false' }, { REDIS_MAIN_ENABLE: 'true', MAIN_BACKEND_EXPECT_LISTENER: 'false' }]) {
      expect((await expectSame(env))[0], JSON.stringify(env)).to.include({ ok: true });
    }
  });

  it('is made without the code of a server that never ran, as long as its package decides', async () => {
    const postgres = { POSTGRES_MAIN_ENABLE: 'true' };
    const coverage = path.join(world.directory, 'coverage');
    await expectSame(postgres);
    expect((await world.envctl(['explain-startup', '--json'], { env: { ...postgres, NODE_V8_COVERAGE: coverage } })).code).to.equal(0);
    const loaded = readdirSync(coverage).map((name) => readFileSync(path.join(coverage, name), 'utf8')).join('');
    expect(loaded).to.include('/hot-plan.js').and.not.include('/run-line.js').and.not.include('/plugin-postgres/');
    // Where the configuration names the programs, only the plugin can tell.
    const elsewhere = { ...postgres, ENVCTL_POSTGRES_BIN_DIR: path.join(world.directory, 'nothing-here') };
    expect((await expectSame(elsewhere))[0]).to.include({ ok: false, code: 'ENVCTL_E_DEPENDENCY_DRIVER' });
    expect((await world.json(['start'], { env: elsewhere })).document.code).to.equal('ENVCTL_E_DEPENDENCY_DRIVER');
    for (const mode of ['native', 'docker']) await expectSame({ ...postgres, ENVCTL_DEPENDENCY_POSTGRES_MODE: mode });
  });

  it('is the same where nothing is configured', async () => {
    const file = path.join(world.repository, '.envctl');
    await rm(file);
    try {
      await expectSame();
    } finally {
      await world.configure();
    }
  });

  it('is the same beside what runs, what died, what is damaged and what must be asked', async () => {
    await world.succeed(['start', '--service', 'backend']);
    expect(decisionOf(await expectSame())).to.equal('resume');
    await world.succeed(['start']);
    expect(decisionOf(await expectSame())).to.equal('reuse');
    const { services } = (await world.succeed(['show-state']))['state'] as { readonly services: Readonly<Record<string, { readonly pid: number }>> };
    process.kill(services['Main Frontend']!.pid, 'SIGKILL');
    expect(decisionOf(await expectSame())).to.equal('resume');
    const redis = { REDIS_MAIN_ENABLE: 'true' };
    await world.succeed(['start'], { env: redis });
    expect(decisionOf(await expectSame(redis))).to.equal('reuse');
    // A server that is stopped goes on listening: a plan says that it is kept, a start asks it.
    const server = processesIn(world.directory).find((pid) => /redis|valkey/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')))!;
    process.kill(server, 'SIGSTOP');
    expect(decisionOf(await expectSame(redis))).to.equal('reuse');
    const start = await world.json(['start'], { env: { ...redis, ENVCTL_REDIS_START_TIMEOUT_SECONDS: '1' } });
    expect([start.code, start.document.code]).to.deep.equal([1, 'ENVCTL_E_START_FAILED']);
    process.kill(server, 'SIGCONT');
    expect((await world.succeed(['start'], { env: redis }))['decision']).to.include({ kind: 'reuse' });
    process.kill(server, 'SIGKILL');
    expect(decisionOf(await expectSame(redis))).to.equal('resume');
    for (const file of world.files('state').filter((name) => name.endsWith('run_state.json'))) await writeFile(path.join(world.directory, 'state', file), '{"schema');
    await expectSame();
  });

  it('asks where another configuration may mean another server', async () => {
    const postgres = { POSTGRES_MAIN_ENABLE: 'true' };
    await world.succeed(['start', '--service', 'backend'], { env: postgres });
    const lines = [['explain-startup', 'backend', '--json']];
    expect(decisionOf(await expectSame(postgres, lines))).to.equal('reuse');
    const other = { ...postgres, ENVCTL_POSTGRES_ISOLATION: 'server' };
    expect(decisionOf(await expectSame(other, lines))).to.equal('resume');
    expect((await world.succeed(['start', 'backend'], { env: other }))['decision']).to.include({ kind: 'resume' });
  });
});
