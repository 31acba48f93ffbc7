import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, environmentOf, type World } from './world.js';

/** Says what happens to it, and when, in one file for all services: `<name> <what>`. */
const program = `
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const [, , name, way = 'serve', detail = '0'] = process.argv;
const say = (what) => appendFileSync(process.env.JOURNAL, name + ' ' + what + '\\n');
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => setTimeout(() => { say('ended by ' + signal); process.exit(0); }, 150));
say('started');
if (way === 'serve') createServer((request, response) => response.end(JSON.stringify(request.url === '/env' ? process.env : { name }))).listen(Number(process.env.PORT), '127.0.0.1', () => say('listens'));
if (way === 'work') console.log('up') ?? setInterval(() => undefined, 1000);
if (way === 'say') setTimeout(() => { say('says'); console.log(detail); setInterval(() => undefined, 1000); }, 300);
if (way === 'exit') setTimeout(() => { say('exits'); if (detail !== '0') console.error('Error: it broke'); process.exit(Number(detail)); }, 200);
`;

describe('additional services', function () {
  this.timeout(120_000);
  let world: World;
  const journal = () => path.join(world.directory, 'journal');
  const said = (): readonly string[] => (existsSync(journal()) ? readFileSync(journal(), 'utf8').trim().split('\n') : []);
  beforeEach(async () => {
    world = await createWorld('services');
    await writeFile(path.join(world.repository, 'it.mjs'), program);
  });
  afterEach(() => world.close());

  /** Bounded by the time of the test. */
  const until = async (claim: () => boolean): Promise<void> => {
    while (!claim()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const call = { env: { JOURNAL: '' } };
  const configure = async (settings: Readonly<Record<string, string | number | boolean>>) => {
    call.env.JOURNAL = journal();
    await world.configure({ MAIN_FRONTEND_ENABLE: false, ENVCTL_BACKEND_START_CMD: 'node ../it.mjs backend', ...(String(settings['ENVCTL_ADDITIONAL_SERVICES']).startsWith('api') ? { ENVCTL_SERVICE_API_PORT_BASE: world.ports.frontend } : {}), ...settings });
  };
  const before = (first: string, second: string): void => {
    const lines = said();
    expect(lines, lines.join('\n')).to.include(first).and.to.include(second);
    expect(lines.indexOf(first), lines.join('\n')).to.be.below(lines.indexOf(second));
  };

  it('a server, a worker and a job come up in the order of what they need, are shown, and end the other way round', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,mailer,migrate',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_API_DEPENDS_ON: 'mailer',
      ENVCTL_SERVICE_MAILER_KIND: 'worker',
      ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer work',
      ENVCTL_SERVICE_MAILER_READY_LOG: '^up',
      ENVCTL_SERVICE_MAILER_DEPENDS_ON: 'migrate,backend',
      ENVCTL_SERVICE_MAILER_STOP_SIGNAL: 'SIGINT',
      ENVCTL_SERVICE_MIGRATE_KIND: 'job',
      ENVCTL_SERVICE_MIGRATE_START_CMD: 'node it.mjs migrate exit 3',
      ENVCTL_SERVICE_MIGRATE_SUCCESS_EXIT_CODES: '0,3',
    });
    const plan = await world.succeed(['explain-startup'], call);
    expect(plan.edges).to.deep.include({ project: 'Main', node: 'mailer', needs: 'migrate', condition: 'completed', optional: false });
    const start = await world.succeed(['start'], call);
    const services = start.projects[0]!.services.map(({ name, status }) => [name, status]);
    expect(services).to.deep.equal([['Main Backend', 'started'], ['Main Api', 'started'], ['Main Mailer', 'started'], ['Main Migrate', 'completed']]);
    before('migrate exits', 'mailer started');
    before('backend listens', 'mailer started');
    before('mailer started', 'api started');

    const health = await world.succeed(['health'], call);
    expect(Object.fromEntries((health['services'] as unknown as { name: string; status: string; level: string }[]).map(({ name, status, level }) => [name, [status, level]]))).to.deep.equal({
      'Main Backend': ['running', 'ok'],
      'Main Api': ['running', 'ok'],
      'Main Mailer': ['running', 'ok'],
      'Main Migrate': ['completed', 'ok'],
    });
    const endpoints = await world.succeed(['endpoints'], call);
    expect(endpoints['additional_services']).to.have.nested.property('api.status', 'running');
    expect(endpoints['additional_services']).to.have.nested.property('migrate.status', 'completed');
    // Nothing is left to be done: the job is not run again.
    expect((await world.succeed(['start'], call)).decision).to.include({ kind: 'reuse' });
    expect(said().filter((line) => line === 'migrate started')).to.have.length(1);

    expect((await world.envctl(['wait', '--until', 'healthy', '--service', 'migrate'], call)).code).to.equal(0);
    expect((await world.succeed(['logs', 'mailer'], call)).services.map(({ name, tail_lines }) => [name, tail_lines])).to.deep.equal([['Main Mailer', ['up']]]);
    const targets = (await world.succeed(['list-targets'], call)) as unknown as { projects: readonly { ports: Record<string, number>; actual_ports: Record<string, number> }[] };
    expect(targets.projects[0]!.ports).to.include({ api: world.ports.frontend }).and.not.have.any.keys('mailer', 'migrate');
    expect(targets.projects[0]!.actual_ports).to.have.property('api');
    expect((await world.envctl(['completion', 'resolve', '--', 'restart', '--service', 'Main M'], call)).stdout.trim().split('\n').sort()).to.deep.equal(['Main Mailer', 'Main Migrate']);
    await world.succeed(['restart', 'mailer'], call);
    expect(said().filter((line) => line === 'mailer started')).to.have.length(2);
    expect(said().filter((line) => line === 'migrate started')).to.have.length(1);
    await world.succeed(['stop'], call);
    before('api ended by SIGTERM', 'backend ended by SIGTERM');
    const lines = said();
    expect(lines.lastIndexOf('mailer ended by SIGINT')).to.be.below(lines.indexOf('backend ended by SIGTERM'));
    expect(lines.indexOf('api ended by SIGTERM')).to.be.below(lines.lastIndexOf('mailer ended by SIGINT'));
  });

  it('a job that fails keeps what needs it from starting, with the reason; nothing is left', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,migrate',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_API_DEPENDS_ON: 'migrate',
      ENVCTL_SERVICE_MIGRATE_KIND: 'job',
      ENVCTL_SERVICE_MIGRATE_START_CMD: 'node it.mjs migrate exit 4',
    });
    const { code, stderr } = await world.envctl(['start'], call);
    expect(code).to.equal(1);
    expect(stderr).to.match(/not started: api needs migrate, which failed: Main Migrate exited with code 4; .*Error: it broke/);
    expect(said()).to.not.include('api started');
    before('backend started', 'backend ended by SIGTERM');
  });

  it('what is not critical fails without failing the start, and so does what needs it; the next start tries again', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,cache,extra',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_API_DEPENDS_ON: 'cache?',
      ENVCTL_SERVICE_CACHE_KIND: 'worker',
      ENVCTL_SERVICE_CACHE_START_CMD: 'node it.mjs cache exit 5',
      ENVCTL_SERVICE_CACHE_READY_LOG: 'never written',
      ENVCTL_SERVICE_CACHE_CRITICAL: 'false',
      ENVCTL_SERVICE_EXTRA_KIND: 'worker',
      ENVCTL_SERVICE_EXTRA_START_CMD: 'node it.mjs extra work',
      ENVCTL_SERVICE_EXTRA_READY_LOG: '^up',
      ENVCTL_SERVICE_EXTRA_CRITICAL: 'false',
      ENVCTL_SERVICE_EXTRA_DEPENDS_ON: 'cache',
    });
    const start = await world.succeed(['start'], call);
    const [project] = start.projects;
    expect(project!.services.map(({ name, status }) => [name, status])).to.deep.equal([['Main Backend', 'started'], ['Main Api', 'started'], ['Main Cache', 'failed'], ['Main Extra', 'failed']]);
    expect((project as unknown as { notes: readonly string[] }).notes.join('\n')).to.match(/^cache is not there: Main Cache exited with code 5/m).and.to.match(/^extra is not there: not started: extra needs cache, which failed: Main Cache exited with code 5/m);
    expect(said()).to.not.include('extra started');
    before('cache exits', 'api started');
    const health = await world.succeed(['health'], call);
    expect(health['status_counts']).to.deep.equal({ ok: 2, warn: 2, bad: 0 });
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,cache,extra',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_CACHE_KIND: 'worker',
      ENVCTL_SERVICE_CACHE_START_CMD: 'node it.mjs cache work',
      ENVCTL_SERVICE_CACHE_READY_LOG: '^up',
      ENVCTL_SERVICE_EXTRA_KIND: 'worker',
      ENVCTL_SERVICE_EXTRA_START_CMD: 'node it.mjs extra work',
      ENVCTL_SERVICE_EXTRA_READY_LOG: '^up',
    });
    expect((await world.succeed(['start'], call)).projects[0]!.services.map(({ status }) => status)).to.deep.equal(['kept', 'kept', 'started', 'started']);
  });

  it('a dependency that nothing critical needs, and that cannot be had, is a warning with its reason; one that somebody needs is not', async () => {
    const broken = { MAIN_REDIS_ENABLE: true, ENVCTL_DEPENDENCY_REDIS_MODE: 'command', ENVCTL_REDIS_URL: 'redis://:given-pass@127.0.0.1:{port}/0', ENVCTL_REQUIREMENT_REDIS_CMD: 'node -e process.exit(3)' };
    await configure({ ...broken, ENVCTL_SERVICE_BACKEND_DEPENDS_ON: 'redis?' });
    const start = await world.succeed(['start'], call);
    expect(start.projects[0]!.notes.join('\n')).to.match(/^redis is not usable: .*; the services run without its variables \(nothing that is critical needs it\)$/m);
    const health = await world.succeed(['health'], call);
    expect([health.healthy, health['status_counts'], health.dependencies.map(({ status, level, critical }) => [status, level, critical])]).to.deep.equal([true, { ok: 1, warn: 1, bad: 0 }, [['unreachable', 'warn', false]]]);
    expect((await world.envctl(['health'], call)).stdout).to.include('healthy/running 1 | starting 0 | warnings 1 | issues 0');
    await configure({ ...broken, ENVCTL_REQUIREMENTS_STRICT: false });
    await world.succeed(['stop'], call);
    expect((await world.succeed(['start'], call)).projects[0]!.notes.join('\n')).to.include('(ENVCTL_REQUIREMENTS_STRICT=false)');
    const needed = await world.json(['health'], call);
    expect([needed.code, needed.document['status_counts']]).to.deep.equal([1, { ok: 1, warn: 0, bad: 1 }]);
  });

  for (const command of ['stop', 'stop-all']) {
    it(`${command} says of what had ended by itself that it had`, async () => {
      await configure({ ENVCTL_ADDITIONAL_SERVICES: 'migrate,mailer', ENVCTL_SERVICE_MIGRATE_KIND: 'job', ENVCTL_SERVICE_MIGRATE_START_CMD: 'node it.mjs migrate exit', ENVCTL_SERVICE_MAILER_KIND: 'worker', ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer work' });
      await world.succeed(['start'], call);
      const pid = (await world.succeed(['health'], call)).services.find(({ name }) => name === 'Main Mailer')!.pid;
      process.kill(pid, 'SIGKILL');
      await world.json(['wait', '--until', 'stopped', '--service', 'mailer'], call);
      const { stdout } = await world.envctl([command], call);
      expect(stdout).to.match(/stopped Main Backend$/m).and.to.match(/Main Mailer had ended already$/m).and.to.match(/Main Migrate had ended already$/m).and.not.to.match(/stopped Main M/);
    });
  }

  it('READY_LOG, READY_CMD and the health URL say when somebody may go on', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'teller,asked,after,healthy',
      ENVCTL_SERVICE_TELLER_KIND: 'worker',
      ENVCTL_SERVICE_TELLER_START_CMD: 'node it.mjs teller say "I am up"',
      ENVCTL_SERVICE_TELLER_READY_LOG: '^I am',
      ENVCTL_SERVICE_ASKED_KIND: 'worker',
      ENVCTL_SERVICE_ASKED_START_CMD: 'node it.mjs asked work',
      ENVCTL_SERVICE_ASKED_READY_LOG: '^up',
      ENVCTL_SERVICE_ASKED_READY_CMD: `test -f ${path.join(world.directory, 'ready')}`,
      ENVCTL_SERVICE_ASKED_DEPENDS_ON: 'teller:started',
      ENVCTL_SERVICE_AFTER_KIND: 'job',
      ENVCTL_SERVICE_AFTER_START_CMD: `touch ${path.join(world.directory, 'ready')}`,
      ENVCTL_SERVICE_AFTER_DEPENDS_ON: 'teller:log-ready',
      ENVCTL_SERVICE_HEALTHY_KIND: 'job',
      ENVCTL_SERVICE_HEALTHY_START_CMD: 'node it.mjs healthy exit',
      ENVCTL_SERVICE_HEALTHY_DEPENDS_ON: 'backend:healthy,asked:ready',
      ENVCTL_BACKEND_HEALTH_URL: '/well',
    });
    const start = await world.succeed(['start'], call);
    expect(start.projects[0]!.services.map(({ status }) => status)).to.deep.equal(['started', 'started', 'started', 'completed', 'completed']);
    before('teller started', 'teller says');
    before('teller says', 'healthy started');
  });

  it('RESTART starts a command again as often as it says, also where nobody looks, and not after a good end', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'broken,well,dies',
      ENVCTL_SERVICE_BROKEN_START_CMD: 'node it.mjs broken exit 5',
      ENVCTL_SERVICE_BROKEN_RESTART: 'on-failure',
      ENVCTL_SERVICE_BROKEN_RESTART_MAX: 2,
      ENVCTL_SERVICE_BROKEN_RESTART_BACKOFF: '10ms',
      ENVCTL_SERVICE_BROKEN_CRITICAL: false,
      ENVCTL_SERVICE_WELL_KIND: 'job',
      ENVCTL_SERVICE_WELL_START_CMD: 'node it.mjs well exit 7',
      ENVCTL_SERVICE_WELL_SUCCESS_EXIT_CODES: 7,
      ENVCTL_SERVICE_WELL_RESTART: 'on-failure',
      ENVCTL_SERVICE_WELL_RESTART_BACKOFF: '10ms',
      ENVCTL_SERVICE_DIES_KIND: 'worker',
      ENVCTL_SERVICE_DIES_START_CMD: 'node it.mjs dies work',
      ENVCTL_SERVICE_DIES_READY_LOG: '^up',
      ENVCTL_SERVICE_DIES_RESTART: 'always',
      ENVCTL_SERVICE_DIES_RESTART_BACKOFF: '10ms',
    });
    const start = await world.succeed(['start'], call);
    expect(start.projects[0]!.services.map(({ type, status }) => `${type} ${status}`)).to.deep.equal(['backend started', 'broken failed', 'well completed', 'dies started']);
    expect(['broken', 'well', 'dies'].map((name) => said().filter((line) => line === `${name} started`).length)).to.deep.equal([3, 1, 1]);
    const pid = (await world.succeed(['health'], call)).services.find(({ name }) => name === 'Main Dies')!.pid;
    process.kill(pid, 'SIGKILL');
    await until(() => said().filter((line) => line === 'dies started').length === 2);
    const after = (await world.succeed(['health'], call)).services.find(({ name }) => name === 'Main Dies')!;
    expect(after).to.include({ status: 'running', restarts: 1 }).and.not.include({ pid });
    await world.succeed(['stop'], call);
    expect(said().filter((line) => line === 'dies started')).to.have.length(2);
  });

  it('a service brings what it needs; flags say how much is meant', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,mailer',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_MAILER_KIND: 'worker',
      ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer work',
      ENVCTL_SERVICE_MAILER_READY_LOG: '^up',
      ENVCTL_SERVICE_API_DEPENDS_ON: 'mailer',
      MAIN_REDIS_ENABLE: true,
    });
    const planned = async (...words: readonly string[]) => {
      const [project] = (await world.succeed(['explain-startup', ...words], call)).projects;
      return [...project!.services.map(({ type }) => type), ...project!.dependencies.map(({ id }) => id)].join(' ');
    };
    expect(await planned()).to.equal('backend api mailer redis');
    expect(await planned('api')).to.equal('api mailer redis');
    expect(await planned('--service', 'Main Api')).to.equal('api mailer redis');
    expect(await planned('--backend')).to.equal('backend redis');
    expect(await planned('--only-backend')).to.equal('backend');
    expect(await planned('--deps')).to.equal('redis');
    expect(await planned('api', '--no-infra')).to.equal('api');
    const { code, document } = await world.json(['start', '--only-backend', '--deps'], call);
    expect([code, document.code]).to.deep.equal([1, 'ENVCTL_E_ARGV_INVALID']);
    const start = await world.succeed(['start', '--service', 'api', '--no-deps'], call);
    expect(start.projects[0]!.services.map(({ type }) => type)).to.deep.equal(['api']);
    // It is seen to listen before it is told so itself.
    await until(() => said().includes('api listens'));
    expect(said()).to.deep.equal(['api started', 'api listens']);
  });

  it('one that is started again takes along those that asked for it, and nobody else', async () => {
    await configure({
      ENVCTL_ADDITIONAL_SERVICES: 'api,web,mailer',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_API_DEPENDS_ON: 'mailer+restart',
      ENVCTL_SERVICE_WEB_KIND: 'worker',
      ENVCTL_SERVICE_WEB_START_CMD: 'node it.mjs web work',
      ENVCTL_SERVICE_WEB_READY_LOG: '^up',
      ENVCTL_SERVICE_WEB_DEPENDS_ON: 'mailer',
      ENVCTL_SERVICE_MAILER_KIND: 'worker',
      ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer work',
      ENVCTL_SERVICE_MAILER_READY_LOG: '^up',
    });
    await world.succeed(['start'], call);
    const again = await world.succeed(['restart', 'mailer'], call);
    expect(Object.fromEntries(again.projects[0]!.services.map(({ type, status }) => [type, status]))).to.deep.equal({ backend: 'kept', api: 'started', web: 'kept', mailer: 'started' });
    expect(['backend', 'api', 'web', 'mailer'].map((name) => said().filter((line) => line === `${name} started`).length)).to.deep.equal([1, 2, 1, 2]);
    const lines = said();
    expect(lines.indexOf('api ended by SIGTERM')).to.be.below(lines.indexOf('mailer ended by SIGTERM'));
    expect(lines.lastIndexOf('mailer started')).to.be.below(lines.lastIndexOf('api started'));
  });

  it('Ctrl-C of a start takes back what it started, in order, and leaves what was running before', async () => {
    const settings = {
      ENVCTL_ADDITIONAL_SERVICES: 'api,mailer,slow',
      ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api',
      ENVCTL_SERVICE_MAILER_KIND: 'worker',
      ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer work',
      ENVCTL_SERVICE_MAILER_READY_LOG: '^up',
      ENVCTL_SERVICE_MAILER_DEPENDS_ON: 'api',
      ENVCTL_SERVICE_SLOW_KIND: 'worker',
      ENVCTL_SERVICE_SLOW_START_CMD: 'node it.mjs slow work',
      ENVCTL_SERVICE_SLOW_READY_LOG: 'never written',
      ENVCTL_SERVICE_SLOW_DEPENDS_ON: 'mailer',
    };
    await configure(settings);
    const before = await world.succeed(['start', '--only-backend'], call);
    const start = world.spawn(['start'], call);
    await start.said(/Main\/slow: starting/);
    await until(() => said().includes('slow started'));
    start.process.kill('SIGINT');
    expect((await start.finished).code).to.equal(2);
    const lines = said();
    expect(lines.filter((line) => line.includes('ended')), lines.join('\n')).to.deep.equal(['slow ended by SIGTERM', 'mailer ended by SIGTERM', 'api ended by SIGTERM']);
    const health = await world.succeed(['health'], call);
    expect(health.services.map(({ name, status, pid }) => [name, status, pid])).to.deep.equal([['Main Backend', 'running', (await world.succeed(['show-state'], call) as unknown as { state: { services: Record<string, { pid: number }> } }).state.services['Main Backend']!.pid]]);
    expect(before.run_id).to.equal(health.run_id);
  });

  it('gets what its dependencies and the others offer, and none of it reaches the wrong one', async () => {
    await configure({ ENVCTL_ADDITIONAL_SERVICES: 'api', ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api', ENVCTL_SERVICE_API_PUBLIC_URL: 'https://api.test/{port}', MAIN_FRONTEND_ENABLE: true, ENVCTL_FRONTEND_START_CMD: 'node ../it.mjs frontend' });
    await writeFile(path.join(world.repository, '.envctl'), `${readFileSync(path.join(world.repository, '.envctl'), 'utf8')}FRONTEND_PORT_BASE=${world.ports.frontend + 1}\n# >>> envctl frontend launch env >>>\nVITE_API_URL=\${ENVCTL_SOURCE_SERVICE_API_PUBLIC_URL}\nVITE_WS=\${ENVCTL_SOURCE_SERVICE_API_PUBLIC_WS_URL}\n# <<< envctl frontend launch env <<<\n# >>> envctl service api launch env >>>\nME=\${ENVCTL_SOURCE_SERVICE_API_PORT}\n# <<< envctl service api launch env <<<\n`);
    const start = await world.succeed(['start'], call);
    const ports = Object.fromEntries(start.projects[0]!.services.map(({ type, port }) => [type, port]));
    const api = await environmentOf(ports['api']!);
    expect(api).to.include({ PORT: String(ports['api']), ME: String(ports['api']), BACKEND_URL: `http://localhost:${ports['backend']}` });
    expect(await environmentOf(ports['frontend']!)).to.include({ VITE_API_URL: `https://api.test/${ports['api']}`, VITE_WS: `wss://api.test/${ports['api']}` });
  });

  it('a circle is refused before anything starts, by explain-startup too, with its members', async () => {
    const circle = { ENVCTL_ADDITIONAL_SERVICES: 'api,mailer', ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api', ENVCTL_SERVICE_MAILER_START_CMD: 'node it.mjs mailer', ENVCTL_SERVICE_MAILER_DEPENDS_ON: 'api:started', MAIN_FRONTEND_ENABLE: true, ENVCTL_FRONTEND_START_CMD: 'node ../it.mjs frontend' };
    await configure({ ...circle, ENVCTL_SERVICE_API_DEPENDS_ON: 'mailer' });
    for (const command of ['explain-startup', 'start']) expect((await world.json([command], call)).document).to.have.property('message').that.matches(/ENVCTL_SERVICE_API_DEPENDS_ON="mailer" .* closes a circle: api → mailer → api\./);
    // One that a flag closes.
    await configure({ ...circle, ENVCTL_SERVICE_BACKEND_DEPENDS_ON: 'frontend' });
    for (const command of ['explain-startup', 'start']) expect((await world.json([command, '--service-sequential'], call)).document).to.have.property('message').that.matches(/in a circle: backend → frontend → backend$/);
    expect(said()).to.deep.equal([]);
  });

  it('a command that is missing, and one that a directory has not, refuse the start with the key to set', async () => {
    await configure({ ENVCTL_ADDITIONAL_SERVICES: 'api' });
    const { document } = await world.json(['start'], call);
    expect(JSON.stringify(document)).to.match(/ENVCTL_E_SERVICE_COMMAND_MISSING/).and.to.match(/envctl config --set ENVCTL_SERVICE_API_START_CMD=/);
    await configure({ ENVCTL_ADDITIONAL_SERVICES: 'api', ENVCTL_SERVICE_API_START_CMD: 'node it.mjs api', ENVCTL_SERVICE_API_DIR: 'nowhere' });
    expect(JSON.stringify((await world.json(['start'], call)).document)).to.match(/ENVCTL_SERVICE_API_DIR names .*nowhere, which is no directory/);
    expect(said()).to.deep.equal([]);
  });
});
