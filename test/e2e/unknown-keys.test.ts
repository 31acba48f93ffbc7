import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, type World } from './world.js';

/** Every command that reads or tears down; the last ones leave nothing to look at. */
const commands: readonly (readonly string[])[] = [
  ['list-targets'], ['show-state'], ['endpoints'], ['health'], ['errors'], ['logs'], ['wait', '--timeout', '1'], ['stop', 'frontend'], ['stop'], ['stop-all'], ['blast-all'],
];

describe('a key that nobody knows', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    world = await createWorld('unknown-keys', { settings: { POSTGRES_MAIN_ENABLE: false, REDIS_MAIN_ENABLE: false } });
    await world.succeed(['start']);
    await world.configure({ BACKEND_PORT_BSE: 7 });
  });
  after(() => world.close());

  it('refuses a start and a save; show-config lists it', async () => {
    const file = path.join(world.repository, '.envctl');
    const before = await readFile(file, 'utf8');
    for (const words of [['start'], ['restart'], ['resume'], ['explain-startup'], ['config', '--set', 'BACKEND_PORT_BASE=8100']]) {
      const { code, document } = await world.json(words);
      expect([code, document.message], words.join(' ')).to.deep.include(1);
      expect(document.message, words.join(' ')).to.include('BACKEND_PORT_BSE');
    }
    expect(await readFile(file, 'utf8')).to.equal(before);
    const shown = await world.succeed(['show-config']);
    expect(JSON.stringify(shown['problems'])).to.include('BACKEND_PORT_BSE');
  });

  for (const words of commands) {
    it(`warns on stderr of ${words.join(' ')}, and does its work`, async () => {
      const { code, document, stderr } = await world.json(words);
      const isStop = /^(?:stop|blast)/.test(words[0] ?? '');
      expect(code, stderr).to.equal(0);
      expect(stderr.split('\n').filter((line) => line.startsWith('Warning: ') && line.includes('BACKEND_PORT_BSE'))).to.have.length(1);
      const { warnings, ...rest } = document;
      expect(JSON.stringify(rest)).to.not.include('BACKEND_PORT_BSE');
      expect((warnings as readonly string[] | undefined)?.some((warning) => warning.includes('BACKEND_PORT_BSE'))).to.equal(isStop ? true : undefined);
    });
  }
});

describe('keys of packages that are not installed', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    world = await createWorld('absent-keys', { settings: { MAIN_FRONTEND_ENABLE: false, TREES_SUPABASE_ENABLE: true, MAIN_N8N_ENABLE: false, N8N_PORT_BASE: 5679, ENVCTL_EXTERNAL_DEPENDENCIES: 'supabase' } });
  });
  after(() => world.close());

  it('what would run in another mode is told by every command, what asks for nothing by show-config alone', async () => {
    for (const words of [['start', '--dry-run'], ['explain-startup'], ['start'], ['restart'], ...commands.filter(([word]) => word !== 'wait')]) {
      if (words[1] === 'frontend') continue;
      const { code, stderr } = await world.json(words);
      expect(code, `${words.join(' ')}: ${stderr}`).to.equal(0);
      const told = stderr.split('\n').filter((line) => line.includes('not installed'));
      expect(told.map((line) => /^Warning: (\w+)/.exec(line)?.[1]), words.join(' ')).to.deep.equal(['TREES_SUPABASE_ENABLE']);
    }
    expect((await world.json(['explain-startup', '--trees'])).document.message).to.include('TREES_SUPABASE_ENABLE');
    const { problems } = (await world.succeed(['show-config'])) as unknown as { problems: readonly { readonly key: string; readonly severity: string }[] };
    expect(problems.map(({ key, severity }) => [key, severity])).to.have.deep.members([['TREES_SUPABASE_ENABLE', 'error'], ['MAIN_N8N_ENABLE', 'note'], ['N8N_PORT_BASE', 'note'], ['ENVCTL_EXTERNAL_DEPENDENCIES', 'note']]);
  });
});

describe('a default mode that is none', function () {
  this.timeout(120_000);
  const env = { ENVCTL_DEFAULT_MODE: 'forest' };
  let world: World;
  before(async () => {
    world = await createWorld('wrong-mode', { settings: { MAIN_FRONTEND_ENABLE: false } });
  });
  after(() => world.close());

  it('refuses a start, and matters to none that says its mode', async () => {
    for (const words of [['start'], ['explain-startup'], ['preflight']]) {
      const { code, document, stderr } = await world.json(words, { env });
      expect({ code, isNamed: JSON.stringify(document).includes('forest'), isWarnedOf: stderr.includes('Warning: ENVCTL_DEFAULT_MODE') }, words.join(' ')).to.deep.equal({ code: 1, isNamed: true, isWarnedOf: false });
    }
    for (const words of [['explain-startup'], ['preflight'], ['start']]) expect((await world.json([...words, '--main'], { env })).code, words.join(' ')).to.equal(0);
  });

  it('is a warning to what reads and tears down, from the environment and from the file', async () => {
    await world.configure({ ...env, MAIN_FRONTEND_ENABLE: false });
    const commands = [['list-targets'], ['show-state'], ['endpoints'], ['health'], ['clear-logs'], ['stop'], ['stop-all'], ['blast-all']];
    for (const words of commands.flatMap((words) => [words, [...words, '--main']])) {
      if (['stop', 'stop-all', 'blast-all'].includes(words[0]!)) await world.succeed(['start', '--main']);
      const { code, stderr } = await world.json(words);
      expect(code, `${words.join(' ')}: ${stderr}`).to.equal(0);
      expect(stderr.split('\n').filter((line) => line.startsWith('Warning: ENVCTL_DEFAULT_MODE="forest"')), words.join(' ')).to.have.length(1);
    }
    await world.configure();
    await world.succeed(['start']);
    expect((await world.succeed(['stop-all', '--main'], { env })).stopped).to.include('Main Backend');
  });
});
