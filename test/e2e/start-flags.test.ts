import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import { portsOf, statusesOf } from './document.js';
import { createWorld, environmentOf, isAlive, servedBy, type World } from './world.js';

describe('flags of a start', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('flags')));
  afterEach(() => world.envctl(['stop-all']));
  after(() => world.close());

  it('forwards log settings, --fast and --refresh-cache to every service; the side of its own beats the general one', async () => {
    const { backend, frontend } = portsOf(await world.succeed(['start', '--log-level', 'warn', '--backend-log-level=debug', '--log-profile', 'quiet', '--fast', '--refresh-cache']));
    for (const port of [backend!, frontend!]) {
      expect(await environmentOf(port)).to.include({
        LOG_LEVEL_OVERRIDE: 'warn', BACKEND_LOG_LEVEL_OVERRIDE: 'debug', FRONTEND_LOG_LEVEL_OVERRIDE: 'warn', LOG_PROFILE_OVERRIDE: 'quiet', BACKEND_LOG_PROFILE_OVERRIDE: 'quiet',
        RUN_SH_FAST_STARTUP: 'true', RUN_SH_REFRESH_CACHE: 'true',
      });
    }
  });

  it('--no-resume replaces what runs, on the same ports, and says so in the plan; without it everything is kept', async () => {
    const first = await world.succeed(['start']);
    const pid = await servedBy(portsOf(first)['backend']!);
    expect(statusesOf(await world.succeed(['start']))).to.deep.equal({ backend: 'kept', frontend: 'kept' });
    const plan = await world.succeed(['explain-startup', 'FRESH=true']);
    expect(plan.decision).to.deep.equal({ kind: 'fresh', reason: 'asked for' });
    expect(plan.projects[0]!.services.map(({ action }) => action)).to.deep.equal(['replace', 'replace']);
    const second = await world.succeed(['start', '--no-auto-resume']);
    expect(second.decision).to.deep.equal(plan.decision);
    expect(statusesOf(second)).to.deep.equal({ backend: 'started', frontend: 'started' });
    expect(portsOf(second)).to.deep.equal(portsOf(first));
    expect(isAlive(pid)).to.equal(false);
    expect(await environmentOf(portsOf(second)['backend']!)).to.include({ AUTO_RESUME: 'false' });
  });

  it('--service-sequential puts the frontend behind the backend, in every spelling', async () => {
    for (const words of [['--service-sequential'], ['--no-service-parallel'], ['SERVICE_PARALLEL=off'], ['ENVCTL_SERVICE_ATTACH_PARALLEL=false']]) {
      const { edges } = (await world.succeed(['start', '--dry-run', ...words])) as unknown as { edges: readonly object[] };
      expect(edges, words.join(' ')).to.deep.equal([{ project: 'Main', node: 'frontend', needs: 'backend', condition: 'ready', optional: false }]);
    }
    const { run_id: run } = await world.succeed(['start', '--service-sequential']);
    const events = readFileSync(path.join(world.directory, 'state/engine', world.scopeId, 'runs', run, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const at = (event: string, service: string) => events.findIndex((one) => one['event'] === event && one['service'] === service);
    expect(at('service.bind.actual', 'backend')).to.be.greaterThan(-1);
    expect(at('service.start', 'frontend')).to.be.greaterThan(at('service.bind.actual', 'backend'));
  });

  it('--clear-port-state forgets the ports of before: services return to the preferred ones', async () => {
    const stranger = createServer().listen(world.ports.backend, '127.0.0.1');
    const moved = portsOf(await world.succeed(['start', 'backend']))['backend'];
    await new Promise((resolve) => stranger.close(resolve));
    await world.succeed(['stop']);
    expect(portsOf(await world.succeed(['start', 'backend']))['backend'], 'remembered').to.equal(moved).and.not.equal(world.ports.backend);
    await world.succeed(['stop']);
    expect(portsOf(await world.succeed(['start', 'backend', '--clear-ports']))['backend'], 'forgotten').to.equal(world.ports.backend);
    await world.succeed(['restart', '--clear-port-state']);
  });

  it('explain-startup and preflight take every line of a start, with another first word', async () => {
    const lines = [
      ['--clear-port-state', '--log-level', 'warn', '--fast', '--refresh-cache', '--parallel-trees-max', '2'], ['--clear-ports'], ['--fast-startup'], ['--backend-log-profile=quiet'], ['--dry-run'],
      ['backend,frontend'], ['--no-parallel-trees'], ['PARALLEL_TREES_MAX=3'], ['RUN_SH_OPT_PARALLEL_TREES=false'], ['backend', '--no-resume', '--service-sequential', '--refresh-cache'],
    ];
    for (const words of lines) {
      const { decision, projects, edges } = await world.succeed(['start', ...words, '--dry-run']);
      expect(await world.succeed(['explain-startup', ...words]), words.join(' ')).to.deep.include({ decision, projects, edges });
      expect(((await world.succeed(['preflight', ...words])) as unknown as { startup: object }).startup, words.join(' ')).to.deep.nested.include({ ready: true, 'plan.projects': projects });
    }
    expect(await world.succeed(['explain-startup', '--parallel-trees-max=2'])).to.deep.include({ parallel_trees: { enabled: true, workers: 2 } });
    expect((await world.json(['explain-startup', '--parallel-trees-max=0'])).document).to.include({ code: 'ENVCTL_E_ARGV_INVALID' });
  });

  it('a list with commas is its words, at every command with targets; a word of commas alone is none', async () => {
    for (const targets of [['backend,frontend'], ['Main,frontend']]) {
      for (const words of [['start'], ['restart'], ['clear-logs'], ['errors'], ['logs', '--tail', '1'], ['stop']]) await world.succeed([...words, ...targets]);
    }
    for (const command of ['start', 'stop', 'restart', 'logs', 'clear-logs', 'errors', 'explain-startup']) expect((await world.json([command, ','])).document.ok, command).to.equal(false);
  });

  it('a plan has no secret of its commands, through either door; what is started has it', async () => {
    const command = 'node server.mjs --port {port} --api-key geheim1234 --db postgres://me:hunter2@127.0.0.1/db';
    for (const backend of [command, `sh -c '${command}'`, `sh -c "node server.mjs --port {port} --api-key 'geheim1234 hunter2'"`]) {
      const env = { ENVCTL_BACKEND_START_CMD: backend, DB_PASSWORD: 'eingemacht99', ENVCTL_FRONTEND_START_CMD: 'node server.mjs --port {port} eingemacht99' };
      for (const words of [['explain-startup'], ['explain-startup', '--log-level=warn'], ['preflight'], ['preflight', '--log-level=warn'], ['start', '--dry-run'], ['show-config']]) {
        for (const form of [[], ['--json']]) {
          const { stdout, stderr } = await world.envctl([...words, ...form], { env });
          const line = [...words, ...form].join(' ');
          expect(stdout, line).to.include('<redacted>').and.include('--api-key');
          if (words[0] === 'show-config') expect(stdout + stderr, line).to.not.match(/geheim1234|hunter2/);
          else expect(stdout + stderr, line).to.not.match(/geheim1234|hunter2|eingemacht99/);
        }
      }
    }
  });

  it('resume --skip-startup shows what is missing and starts nothing', async () => {
    await world.succeed(['start', 'backend']);
    const before = await world.succeed(['show-state']);
    const plan = await world.succeed(['resume', '--command-only']);
    expect(plan).to.include({ command: 'resume' });
    expect(plan.run_id).to.equal(undefined);
    expect(await world.succeed(['show-state'])).to.deep.equal(before);
  });

  it('--dependencies where none is enabled says how to enable one', async () => {
    for (const words of [['start', '--dependencies'], ['start', '--deps', '--dry-run'], ['explain-startup', '--deps']]) {
      const { code, document } = await world.json(words);
      expect([code, document.code, document.message], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_DEPENDENCY_NONE_ENABLED', 'No dependency is enabled in mode main: there is none to start.']);
      expect(document.hints).to.include('envctl config --set MAIN_REDIS_ENABLE=true');
    }
  });

  it('--all is refused beside a target, and alone means everything', async () => {
    await world.succeed(['start', '--all']);
    for (const words of [['stop', '--all', 'backend'], ['logs', '--all', '--project', 'Main'], ['health', '--all', '--service', 'backend'], ['restart', '--all', 'frontend']]) {
      expect(await world.json(words), words.join(' ')).to.nested.include({ code: 1, 'document.code': 'ENVCTL_E_ARGV_INVALID' });
    }
    expect((await world.succeed(['kill', '--all'])).stopped).to.have.members(['Main Backend', 'Main Frontend']);
  });

  it('a target that names nothing is refused and never means everything', async () => {
    await world.succeed(['start']);
    const before = await world.succeed(['show-state']);
    const commands = ['start', 'restart', 'stop', 'logs', 'clear-logs', 'errors', 'preflight', 'explain-startup'];
    const nameless = [[''], [','], [' '], ['--project='], ['--project', ','], ['--service= ']];
    for (const words of [...commands.map((command) => [command, ',']), ...nameless.map((target) => ['stop', ...target]), ['health', '--service=,'], ['wait', '--project='], ['endpoints', '']]) {
      const { code, document } = await world.json(words);
      expect({ code, ok: document.ok }, words.join(' ')).to.deep.equal({ code: 1, ok: false });
    }
    expect((await world.envctl(['stop', '--', ''])).code, 'behind dashes').to.equal(1);
    expect((await world.json(['stop', ' ,'])).document).to.deep.include({ code: 'ENVCTL_E_ARGV_INVALID', message: "The target ' ,' names nothing." });
    expect(await world.succeed(['show-state'])).to.deep.equal(before);
    await world.succeed(['stop']);
  });

  it('an unknown target of a stop where nothing is recorded is told with the nearest that is configured', async () => {
    await world.envctl(['stop-all']);
    for (const [word, nearest] of [['bakend', 'backend'], ['Mian', 'Main'], ['main frontent', 'Main Frontend']]) {
      const { code, document } = await world.json(['stop', word!]);
      expect([code, document.code, document.hints[0]], word).to.deep.equal([1, 'ENVCTL_E_TARGET_UNKNOWN', `did you mean: ${nearest!}`]);
    }
    for (const word of ['backend', 'Main']) expect((await world.json(['stop', word])).document.hints, word).to.deep.equal(['there is no recorded service here', 'envctl list-targets']);
  });

  it('a linked worktree uses scope, configuration and state of its owner; --repo may stand anywhere', async () => {
    const linked = path.join(world.directory, 'linked');
    await runOrThrow('git', ['-c', 'user.email=a@b', '-c', 'user.name=a', 'commit', '-q', '--allow-empty', '-m', 'first'], { cwd: world.repository });
    await runOrThrow('git', ['worktree', 'add', '-q', linked], { cwd: world.repository });
    try {
      const started = await world.succeed(['start', 'backend'], { cwd: linked });
      expect(world.files('state', 'engine', world.scopeId)).to.include('run_state.json');
      for (const words of [['--repo', linked, 'show-state'], ['show-state', `--repo=${linked}`], ['show-state', '--repo', linked]]) {
        expect((await world.succeed(words, { cwd: world.directory })).state.run_id, words.join(' ')).to.equal(started.run_id);
      }
      expect(await world.succeed(['show-config'], { cwd: linked })).to.include({ base_dir: world.repository, execution_root: linked, config_file: path.join(world.repository, '.envctl') });
    } finally {
      await rm(linked, { recursive: true, force: true });
    }
  });
});
