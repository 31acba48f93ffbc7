import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { Client } from 'pg';
import { temporaryName } from '../../packages/core/dist/fs/index.js';
import { portsOf, statusesOf, type Document } from './document.js';
import { createWorld, environmentOf, isAlive, processesIn, servedBy, type World } from './world.js';

/** The table of docs/lifecycle.md: what each way of stopping does to services, servers, databases, data, leases, state and history. */
interface Remains {
  readonly services: readonly string[];
  readonly servers: readonly string[];
  readonly data: boolean;
  readonly leases: 'held' | 'reserved' | 'none';
  readonly state: readonly string[];
  readonly history: number;
  /** The row a test wrote before, read after another start. */
  readonly row: boolean;
}

const everything: Remains = { services: ['backend', 'frontend'], servers: ['postgres', 'redis'], data: true, leases: 'held', state: ['Main Backend', 'Main Frontend'], history: 1, row: true };
const stopped: Remains = { ...everything, services: [], servers: [], leases: 'reserved', state: [] };

const table: readonly (readonly [string, readonly string[], Remains])[] = [
  ['stop of one service', ['stop', 'frontend'], { ...everything, services: ['backend'], state: ['Main Backend'] }],
  ['stop', ['stop'], stopped],
  ['stop-all', ['stop-all'], { ...stopped, leases: 'none' }],
  ['stop-all --remove-volumes', ['stop-all', '--remove-volumes'], { ...stopped, leases: 'none', data: false, row: false }],
  ['blast-all', ['blast-all'], { ...stopped, leases: 'none', history: 0 }],
  ['blast-all --blast-remove-main-volumes', ['blast-all', '--blast-remove-main-volumes'], { ...stopped, leases: 'none', data: false, row: false, history: 0 }],
];

describe('what stopping does (docs/lifecycle.md)', function () {
  this.timeout(180_000);
  const settings = { MAIN_POSTGRES_ENABLE: true, MAIN_REDIS_ENABLE: true };
  let world: World;
  let other: World;
  let neighbour: number;

  before(async () => {
    world = await createWorld('lifecycle', { settings });
    other = await createWorld('neighbour', { settings: { MAIN_REDIS_ENABLE: true }, beside: world });
    neighbour = await servedBy(portsOf(await other.succeed(['start']))['backend']!);
  });
  after(async () => {
    await other.close();
    await world.close();
  });

  for (const [title, words, expected] of table) {
    it(title, async () => {
      await world.succeed(['blast-all', '--blast-remove-main-volumes']);
      const started = await world.succeed(['start']);
      const url = await databaseUrl(started);
      await withClient(url, (client) => client.query('create table kept as select 1 as row'));
      const directories = dataDirectories(world);
      expect(directories).to.have.length(2);

      expect(await world.succeed(words)).to.include({ ok: true });

      const ports = portsOf(started);
      expect({
        services: await reachable(ports, ['backend', 'frontend']),
        servers: await reachable(ports, ['postgres', 'redis']),
        data: directories.every((directory) => existsSync(directory)),
        leases: leasesOf(world, ports['backend']!),
        state: Object.keys(((await world.json(['show-state'])).document.state as Document['state'] | undefined)?.services ?? {}).sort(),
        history: world.files('state', 'engine').filter((name) => name.includes('/runs/') && name.startsWith(world.scopeId) && name.endsWith('/run_state.json')).length,
        row: await hasRow(world, started),
      }).to.deep.equal(expected);
      // The repository beside it has seen nothing of all this.
      expect(await servedBy(portsOf((await other.json(['start'])).document)['backend']!)).to.equal(neighbour);
    });
  }

  it('what waits for a start that is under way says at once for whom', async () => {
    await world.succeed(['blast-all']);
    const gate = path.join(world.directory, 'gate-of-waiting');
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${gate}` });
    const start = world.spawn(['start']);
    await start.said(/Main\/backend: starting/);
    const waiting = [['stop'], ['stop-all'], ['blast-all', '--json']].map((words) => world.spawn(words));
    const told = new RegExp(`^Waiting for envctl \\(pid ${String(start.process.pid)}\\): start, since \\d\\d:\\d\\d:\\d\\d \\(\\d+ s\\)\n {2}to cancel it: kill -INT ${String(start.process.pid)}$`, 'm');
    await Promise.all(waiting.map((command) => command.said(told)));
    await writeFile(gate, '');
    expect((await start.finished).code).to.equal(0);
    expect((await Promise.all(waiting.map(({ finished }) => finished))).map(({ code }) => code)).to.deep.equal([0, 0, 0]);
    expect(JSON.parse((await waiting[2]!.finished).stdout)).to.include({ ok: true });
    expect(processesIn(world.repository)).to.deep.equal([]);
    await world.configure();
  });

  it('a plain stop after a killed start leaves no temporary file of it, and those of a living process alone', async () => {
    const temporary = () => world.files('state').filter((name) => path.basename(name).startsWith('.envctl-tmp-'));
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'gate-that-stays-shut')}` });
    const start = world.spawn(['start']);
    await start.said(/Main\/backend: starting/);
    start.process.kill('SIGKILL');
    await start.finished;
    expect(temporary().join(' ')).to.match(/locks\/project-main\.lock\/\.envctl-tmp-/);
    await world.succeed(['stop']);
    expect(temporary()).to.deep.equal([]);
    // Of a command that found nothing to stop too.
    const scope = path.join(world.directory, 'state', 'engine', world.scopeId);
    const living = temporaryName(path.join(scope, 'locks', 'project-main.lock', '7'));
    for (const file of [living, temporaryName(living, { pid: 2 ** 22 + 7, startTicks: '1' }), temporaryName(path.join(scope, 'run_state.json'), { pid: 2 ** 22 + 7, startTicks: '1' })]) await writeFile(file, '');
    expect(temporary()).to.have.length(3);
    await world.succeed(['stop']);
    expect(temporary().map((name) => path.basename(name))).to.deep.equal([path.basename(living)]);
    await rm(living);
    await world.configure();
  });

  it('a start that hangs is cancelled as the one who waits for it is told', async () => {
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'gate-that-stays-shut')}` });
    const start = world.spawn(['start']);
    await start.said(/Main\/backend: starting/);
    const stop = world.spawn(['stop-all']);
    await stop.said(/kill -INT \d+/);
    process.kill(start.process.pid!, 'SIGINT');
    expect((await start.finished).code).to.equal(2);
    expect((await stop.finished).code).to.equal(0);
    expect(processesIn(world.repository)).to.deep.equal([]);
    await world.configure();
  });

  it('a stopped service comes back to its port', async () => {
    const ports = portsOf(await world.succeed(['start']));
    expect((await world.succeed(['stop', 'backend'])).stopped).to.deep.equal(['Main Backend']);
    expect((await world.succeed(['stop'])).stopped.map((name) => name.replace(/\/.*/, '')).sort()).to.deep.equal(['Main Frontend', 'postgres', 'redis-main']);
    expect(portsOf(await world.succeed(['start']))).to.deep.equal(ports);
  });

  it('stop-all leaves no process of the repository, and none of it twice', async () => {
    await world.succeed(['start']);
    expect((await world.succeed(['stop-all'])).stopped).to.include.members(['Main Backend', 'Main Frontend']);
    expect(processesIn(world.repository)).to.deep.equal([]);
    expect(await world.succeed(['stop-all'])).to.include({ message: 'No active runtime state found.' });
    expect(await world.succeed(['blast-all'])).to.include({ ok: true });
    expect(await world.succeed(['stop'])).to.include({ message: 'No active runtime state found.' });
  });

  it('a server that died is not told as alive, nor are its ports', async () => {
    await world.succeed(['stop-all']);
    const ports = portsOf(await world.succeed(['start']));
    const before = (await world.succeed(['endpoints']))['dependencies'] as unknown as Readonly<Record<string, unknown>>;
    expect(before['redis']).to.include({ status: 'healthy', observed: true, port: ports['redis'] });
    const target = (await world.succeed(['list-targets'])).projects[0] as unknown as { readonly ports: Readonly<Record<string, number>>; readonly actual_ports: Readonly<Record<string, number>> };
    expect(target.actual_ports).to.deep.equal({ backend: ports['backend'], frontend: ports['frontend'], db: ports['postgres'], redis: ports['redis'] });
    // The one beside it has that port.
    expect(target.ports['redis']).to.equal(world.ports.redis);
    expect(target.actual_ports['redis']).to.not.equal(world.ports.redis);
    expect((await world.envctl(['list-targets'])).stdout).to.include(`redis=${String(ports['redis'])}`);

    for (const pid of processesOf(world, 'redis-server')) process.kill(pid, 'SIGKILL');
    const { dependencies } = (await world.succeed(['endpoints'])) as unknown as { readonly dependencies: Readonly<Record<string, unknown>> };
    expect(dependencies['redis']).to.include({ status: 'unreachable', port: ports['redis'] });
    expect(dependencies['postgres']).to.include({ status: 'healthy' });
    const text = (await world.envctl(['endpoints'])).stdout;
    expect(text).to.match(/redis +port \d+ \(unreachable\)/);
    expect(text).to.match(/postgres +port \d+$/m);
  });

  it('a look that falls back over a damaged state names the file on stderr', async () => {
    const started = await world.succeed(['start']);
    const latest = path.join(world.directory, 'state', 'engine', world.scopeId, 'run_state.json');
    await writeFile(latest, '{');
    for (const words of [['show-state'], ['show-state', '--json'], ['health']]) {
      const { code, stdout, stderr } = await world.envctl(words);
      expect(code, words.join(' ')).to.equal(0);
      expect(stdout).to.include(started.run_id);
      expect(stderr.split('\n').filter((line) => line.startsWith(`Warning: ${latest} was passed over: not JSON`)), stderr).to.have.length(1);
    }
  });

  it('a project of dependencies alone is stopped by its name', async () => {
    await world.succeed(['stop-all']);
    await world.configure({ MAIN_BACKEND_ENABLE: false, MAIN_FRONTEND_ENABLE: false, MAIN_POSTGRES_ENABLE: false });
    const started = await world.succeed(['start']);
    expect(statusesOf(started)).to.deep.equal({ redis: 'started' });
    expect((await world.succeed(['start'])).decision.kind).to.equal('reuse');
    const end = await world.succeed(['stop', 'main']);
    expect(end.released_projects).to.deep.equal(['Main']);
    expect(end.stopped.join(' ')).to.match(/^redis-main\/\S+$/);
    expect(await reachable(portsOf(started), ['redis'])).to.deep.equal([]);
    await world.configure();
  });
});

describe('a server that was made by a task', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('made', { settings: { MAIN_POSTGRES_ENABLE: true } })));
  after(() => world.close());

  it('is nothing that the task left behind', async () => {
    const { run_id: run } = await world.succeed(['start', '--dependencies']);
    const events = readFileSync(path.join(world.directory, 'state/engine', world.scopeId, 'runs', run, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { readonly event: string; readonly launch_id?: string });
    const stopped = events.filter(({ event }) => event === 'process.launch.stopped').map(({ launch_id: id }) => id);
    expect(stopped.some((id) => /initdb/.test(id ?? '')), stopped.join()).to.equal(true);
    expect(events.filter(({ event }) => event === 'process.launch.detached')).to.deep.equal([]);
    expect((await world.succeed(['health'])).healthy).to.equal(true);
  });
});

describe('a change of the settings', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('settings', { settings: { MAIN_REDIS_ENABLE: true, MAIN_POSTGRES_ENABLE: false } })));
  after(() => world.close());

  it('tells of what runs only while something does: a service, or a server alone', async () => {
    let spacing = 20;
    const change = async () => (await world.envctl(['config', '--set', `PORT_SPACING=${spacing++}`])).stdout;
    const [silent, told] = [/^Saved \S+\n$/, /^Saved \S+\nWhat already runs keeps its settings: envctl restart\n$/];
    expect(await change()).to.match(silent);
    for (const words of [['start', 'backend', '--no-deps'], ['start', '--dependencies']]) {
      await world.succeed(words);
      expect(await change(), words.join(' ')).to.match(told);
      expect(await world.succeed(['config', '--set', `PORT_SPACING=${spacing++}`])).to.include({ changed: true, running: true });
      await world.succeed(['stop']);
    }
    expect(await change()).to.match(silent);
    expect(await world.succeed(['config', '--set', 'PORT_SPACING=50'])).to.include({ running: false });
  });

  it('tells of what runs without a record that can be read, and of nothing when what is on record has died', async () => {
    await world.succeed(['start', 'backend', '--no-deps']);
    const records = world.files('state', 'engine').filter((name) => /\/launches\/.*\/launch(?:-copy)?\.json$/.test(name)).map((name) => path.join(world.directory, 'state', 'engine', name));
    const contents = await Promise.all(records.map((file) => readFile(file)));
    for (const file of records) await writeFile(file, '{ half a reco');
    expect(await world.succeed(['config', '--set', 'PORT_SPACING=55'])).to.include({ running: true });
    for (const [index, file] of records.entries()) await writeFile(file, contents[index]!);
    const { services } = (await world.json(['health'])).document;
    for (const { pid } of services) process.kill(pid, 'SIGKILL');
    await world.json(['wait', '--until', 'stopped']);
    expect(services).to.have.length(1);
    expect((await world.envctl(['config', '--set', 'PORT_SPACING=60'])).stdout).to.match(/^Saved \S+\n$/);
  });
});

describe('a start that fails', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('failing', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());

  it('leaves nothing when nothing ran: neither the healthy sibling nor the server', async () => {
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    const { code, document, stderr } = await world.json(['start']);
    expect(code).to.equal(1);
    expect(document).to.include({ ok: false, code: 'ENVCTL_E_START_FAILED' });
    expect(document.message).to.match(/Main Backend exited with code 7.*this service is broken/);
    expect(stderr).to.match(/Main\/backend: failed/);
    const log = /log_path: (\S+?);/.exec(document.message)![1]!;
    expect(document.hints).to.deep.equal([`less ${log}`]);
    expect(await readFile(log, 'utf8')).to.include('this service is broken');
    expect((await world.envctl(['start'])).stderr).to.match(/\n {2}→ less \S+\.log\n$/);
    const health = await world.json(['health']);
    expect(health).to.include({ code: 1 });
    expect(health.document).to.include({ ok: false, healthy: false, contract_version: 'envctl.health.v1' });
    expect(JSON.stringify(health.document['issues'])).to.include('exited with code 7');
    const [told, failure] = [health.document, 'Main Backend exited with code 7'];
    expect(told.services.find(({ name }) => name === 'Main Backend')).to.include({ status: 'failed', port: null, pid: null, url: null }).and.to.have.property('detail').that.includes(failure);
    expect(told['status_counts']).to.deep.equal({ ok: 0, warn: 0, bad: told.services.length });
    expect(told.hints).to.deep.equal(['envctl logs', 'envctl start']);
    const text = (await world.envctl(['health'])).stdout;
    expect(text).to.match(new RegExp(`issues ${told.services.length}\\n`)).and.to.match(/last start failed: .*exited with code 7; log_path: \S+\.log/).and.to.match(/\n {2}→ envctl logs\n {2}→ envctl start\n$/);
    expect(text.split(failure)).to.have.length(2);
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(world.files('state', 'leases').filter((name) => name.endsWith('.json'))).to.deep.equal([]);
    expect((await world.json(['show-state'])).document).to.include({ found: false, error: 'state_not_found' });
  });

  it('shows the logs of what it launched, by name too', async () => {
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    const failed = await world.json(['start', 'backend']);
    const logPath = /log_path: (\S+?);/.exec(failed.document.message)?.[1] ?? 'none';
    for (const words of [['logs'], ['logs', 'backend'], ['logs', '--service', 'Main Backend']]) {
      const { code, document, stderr } = await world.json(words);
      expect(code, words.join(' ')).to.equal(0);
      expect(document.services, words.join(' ')).to.have.length(1);
      expect(document.services[0], words.join(' ')).to.deep.include({ name: 'Main Backend', status: 'failed', log_path: logPath, exists: true });
      expect(document.services[0]!.tail_lines.join(' ')).to.include('this service is broken');
      expect(stderr).to.match(/^Nothing runs: these are the logs of the start that failed \(run-\S+\)\. Why it failed: envctl errors$/m);
    }
    expect((await world.envctl(['logs'])).stdout).to.include(`Main Backend: log=${logPath}\n`).and.to.include('this service is broken');
    expect(await world.json(['logs', 'bakend'])).to.nested.include({ code: 1, 'document.code': 'ENVCTL_E_TARGET_UNKNOWN' });
    const followed = await world.envctl(['logs', '--logs-follow', '--logs-duration', '1']);
    expect(followed).to.include({ code: 0 });
    expect(followed.stdout).to.include('this service is broken');
    expect((await world.json(['show-state'])).document).to.include({ found: false });
  });

  it('that launched no service says so when its logs are asked for', async () => {
    await world.configure({ ENVCTL_DEPENDENCY_REDIS_MODE: 'external', ENVCTL_REDIS_URL: 'redis://127.0.0.1:1/0' });
    expect((await world.json(['start', 'backend'])).code).to.equal(1);
    const { code, document } = await world.json(['logs']);
    expect([code, document.error, document.hints]).to.deep.equal([1, 'state_not_found', ['envctl errors', 'envctl start']]);
    const health = (await world.json(['health'])).document;
    expect(health.dependencies.map(({ component, status }) => [component, status])).to.deep.equal([['redis', 'failed']]);
    expect([health.services, health['status_counts'], health.hints]).to.deep.equal([[], { ok: 0, warn: 0, bad: 1 }, ['envctl start']]);
    expect(document.message).to.match(/^There are no logs of services: the last start failed before it launched one: Main\/redis: /);
  });

  it('shows no secret that the service said with its last words, nor keeps it', async () => {
    await writeFile(path.join(world.repository, 'backend', 'blurt.mjs'), "console.error('Error: rejected: k3y-of-the-backend');\nprocess.exit(7);\n");
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node blurt.mjs', DB_PASSWORD: 'k3y-of-the-backend' });
    const started = await world.json(['start']);
    expect(started.document.message).to.match(/rejected: /);
    const errors = await world.json(['errors']);
    expect(errors.document.recent_failures.join(' ')).to.include('rejected: ');
    expect(errors.document['log_issues']).to.have.length(1).and.to.have.nested.property('[0].headline', 'Error: rejected: <redacted>');
    const records = world.files('state', 'engine').filter((name) => name.endsWith('.json') || name.endsWith('.jsonl'));
    expect(records.join(' ')).to.include('error_report.json');
    const kept = records.map((name) => readFileSync(path.join(world.directory, 'state', 'engine', name), 'utf8')).join('\n');
    expect(JSON.stringify([started, errors]) + kept).to.not.include('k3y-of-the-backend');
    for (const words of [['logs'], ['logs', '--json'], ['logs', '--logs-duration', '1'], ['logs', '--logs-duration', '1', '--json']]) {
      expect((await world.envctl(words)).stdout, words.join(' ')).to.include('rejected: <redacted>').and.not.include('k3y-of-the-backend');
      expect((await world.envctl([...words, '--reveal'])).stdout, words.join(' ')).to.include('rejected: k3y-of-the-backend');
    }
  });

  it('keeps the last good state and what runs; errors tells of the failure', async () => {
    await world.configure();
    const first = await world.succeed(['start', 'frontend']);
    const frontend = await servedBy(portsOf(first)['frontend']!);
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    expect((await world.json(['start'])).code).to.equal(1);
    expect(await servedBy(portsOf(first)['frontend']!)).to.equal(frontend);
    expect((await world.succeed(['show-state'])).state.run_id).to.equal(first.run_id);
    const errors = (await world.json(['errors'])).document;
    expect(errors.ok).to.equal(false);
    expect(errors.recent_failures.join(' ')).to.include('exited with code 7');
    expect((await world.succeed(['health'])).healthy).to.equal(true);
    await world.configure();
    expect(statusesOf(await world.succeed(['start']))).to.deep.equal({ backend: 'started', frontend: 'kept', redis: 'kept' });
    expect((await world.succeed(['errors'])).recent_failures).to.deep.equal([]);
  });

  it('a failed restart keeps the ports for the next one, and what it stopped runs again', async () => {
    const ports = portsOf(await world.succeed(['start']));
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    expect((await world.json(['restart', 'backend'])).code).to.equal(1);
    const health = (await world.json(['health'])).document;
    expect(health.services.map(({ name, status }) => `${name} ${status}`)).to.deep.equal(['Main Backend running', 'Main Frontend running']);
    await world.configure();
    expect(portsOf(await world.succeed(['restart']))).to.deep.equal(ports);
  });

  it('a service that is never healthy is given up and told with its answer', async () => {
    await world.succeed(['stop-all']);
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --health ${path.join(world.directory, 'never')}`, ENVCTL_BACKEND_HEALTH_URL: '/health', ENVCTL_BACKEND_READY_TIMEOUT: 6 });
    const { document } = await world.json(['start']);
    expect(document.message).to.match(/was not healthy within 6 s: HTTP 503/);
    expect(processesIn(world.directory)).to.deep.equal([]);
    await world.configure();
  });
});

describe('health, errors, logs and wait', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('looking')));
  after(() => world.close());

  it('follow what lives: a killed service is stale, its URL is gone, wait tells', async () => {
    const healthy = path.join(world.directory, 'healthy');
    await writeFile(healthy, '');
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --health ${healthy}`, ENVCTL_BACKEND_HEALTH_URL: '/health' });
    const started = await world.succeed(['start']);
    expect((await world.succeed(['wait', '--timeout', '20']))).to.include({ ok: true });
    const log = (await world.succeed(['logs', 'backend', '--logs-tail', '1'])).services[0]!;
    expect(log.tail_lines).to.deep.equal([`listening on ${portsOf(started)['backend']}`]);
    expect(await readFile(log.log_path, 'utf8')).to.match(/^starting \d+\n/);

    const pid = await servedBy(portsOf(started)['backend']!);
    process.kill(pid, 'SIGKILL');
    const late = await world.json(['wait', '--timeout', '0']);
    expect(late.document).to.include({ ok: false, code: 'ENVCTL_E_WAIT_TIMEOUT' });
    const health = await world.json(['health']);
    expect(health.code).to.equal(1);
    expect(health.document.services.find(({ name }) => name === 'Main Backend')).to.include({ status: 'stale', url: null, detail: 'was ended by SIGKILL' });
    expect((await world.json(['errors', 'backend'])).document.failed_services.map(({ name }) => name)).to.deep.equal(['Main Backend']);
    expect(await world.succeed(['errors', 'frontend'])).to.include({ ok: true });
    expect((await world.succeed(['endpoints'])).backend).to.include({ status: 'stale', public_url: null, local_url: null });
    expect((await world.succeed(['restart', 'backend'])).ok).to.equal(true);
    expect(isAlive(pid)).to.equal(false);
    await world.succeed(['stop-all']);
    await world.configure();
  });

  it('logs goes on with the process a restart starts; Ctrl-C ends it quietly with 2', async () => {
    await world.succeed(['start']);
    const following = world.spawn(['logs', 'backend', '--logs-follow', '--logs-tail', '1']);
    let told = '';
    const shows = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(told)) await once(following.process.stdout!, 'data');
    };
    following.process.stdout!.on('data', (text: Buffer) => (told += text.toString()));
    await shows(/listening/);
    await world.succeed(['restart', 'backend']);
    await shows(/listening[^]*\nMain Backend: log=[^]*\nstarting \d+\nlistening/);
    following.process.kill('SIGINT');
    expect(await following.finished).to.include({ code: 2, stderr: '' });
    await world.succeed(['stop-all']);
  });

  it('logs narrows by time and pattern, refuses a bad one, and follows as JSON lines through a rotation', async () => {
    await world.succeed(['start']);
    const log = (await world.succeed(['logs', 'backend', '--logs-grep', '^listening'])).services[0]!;
    expect(log.tail_lines).to.have.lengthOf(1);
    await appendFile(log.log_path, `2020-01-01T00:00:00Z long ago\n${new Date().toISOString()} just now\n`);
    expect((await world.succeed(['logs', 'backend', '--logs-since', '1h'])).services[0]).to.deep.include({ since_basis: 'lines' }).and.to.have.nested.property('tail_lines[0]').that.matches(/just now$/);
    expect(await world.succeed(['errors'])).to.include({ ok: true });
    await appendFile(log.log_path, 'Traceback (most recent call last):\n  File "app.py", line 1\nValueError: of a service that runs\n');
    const errors = (await world.json(['errors', 'backend'])).document as unknown as { readonly ok: boolean; readonly log_issues: readonly object[] };
    expect(errors.ok).to.equal(false);
    expect(errors.log_issues[0]).to.include({ service: 'Main Backend', rule: 'python.traceback', file: log.log_path, headline: 'ValueError: of a service that runs', count: 1 });
    expect((await world.json(['clear-logs', 'backend'])).document).to.include({ ok: true });
    expect(await world.succeed(['errors'])).to.include({ ok: true });
    await appendFile(log.log_path, `${new Date().toISOString()} just now\n`);
    for (const words of [['--logs-grep', '('], ['--logs-since', 'soon']]) {
      expect((await world.json(['logs', ...words])).document, words.join(' ')).to.include({ ok: false, code: 'ENVCTL_E_ARGV_INVALID' });
    }
    const following = world.spawn(['logs', 'backend', '--logs-follow', '--json', '--logs-tail', '1']);
    let told = '';
    following.process.stdout!.on('data', (text: Buffer) => (told += text.toString()));
    while (!/just now/.test(told)) await once(following.process.stdout!, 'data');
    await rename(log.log_path, `${log.log_path}.1`);
    await appendFile(`${log.log_path}.1`, 'old one\n');
    await writeFile(log.log_path, 'new one\n');
    while (!/new one/.test(told)) await once(following.process.stdout!, 'data');
    following.process.kill('SIGINT');
    expect(await following.finished).to.include({ code: 2, stderr: '' });
    const lines = told.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.slice(1)).to.deep.equal(['old one', 'new one'].map((text) => ({ contract_version: 'envctl.logs.line.v1', service: 'Main Backend', stream: 'combined', text })));
    await world.succeed(['stop-all']);
  });

  it('a frontend gets no credential from the shell of the caller, whether dependencies are off, on or up; a backend keeps its own', async () => {
    const secrets = { DATABASE_URL: 'postgresql://me@elsewhere/db', REDIS_PASSWORD: 'mine', PGPASSWORD: 'mine', MY_DB_URL: 'postgres://u:pw123456@h/x', GITHUB_TOKEN: 'yyy', AWS_SECRET_ACCESS_KEY: 'zzz', NPM_TOKEN: 'nnn' };
    const open = { EDITOR: 'vi', VITE_MAP_KEY: 'shown', HTTPS_PROXY: 'http://u:pw@proxy.invalid' };
    const env = { ...secrets, ...open };
    const planned = (await world.succeed(['explain-startup'], { env })).projects[0]!.services.find(({ type }) => type === 'frontend')!.environment!;
    expect(planned.withheld).to.include.members(Object.keys(secrets)).and.not.include.members(Object.keys(open));
    const ports = portsOf(await world.succeed(['start'], { env }));
    const given = await environmentOf(ports['frontend']!);
    expect(given).to.include(open);
    expect(given).to.not.have.any.keys(...planned.withheld);
    expect(await environmentOf(ports['backend']!)).to.include(env);
    await world.succeed(['stop-all']);
    await world.configure({ MAIN_REDIS_ENABLE: true, MAIN_POSTGRES_ENABLE: true });
    for (const words of [['start'], ['restart', 'frontend']]) {
      const seen = await environmentOf(portsOf(await world.succeed(words, { env }))['frontend']!);
      expect(seen, words.join(' ')).to.include(open);
      expect(seen, words.join(' ')).to.not.have.any.keys(...Object.keys(secrets));
    }
    await world.succeed(['stop-all']);
    await world.configure();
  });

  it('a backend that does not listen is a worker: it lives, has no port and no URL', async () => {
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --worker', MAIN_BACKEND_EXPECT_LISTENER: false });
    const started = await world.succeed(['start']);
    expect(started.projects[0]!.services.find(({ type }) => type === 'backend')).to.include({ status: 'started', port: null, url: null });
    const health = await world.succeed(['health']);
    expect(health.services.map(({ status }) => status)).to.deep.equal(['running', 'running']);
    expect(await environmentOf(portsOf(started)['frontend']!)).to.not.have.property('VITE_BACKEND_URL');
    await world.succeed(['stop-all']);
    expect(processesIn(world.directory)).to.deep.equal([]);
    await world.configure();
  });
});

async function databaseUrl(started: Document): Promise<string> {
  return (await environmentOf(portsOf(started)['backend']!))['DATABASE_URL']!;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function hasRow(world: World, earlier: Document): Promise<boolean> {
  const started = await world.succeed(['start']);
  expect(portsOf(started), 'a later start comes back to the ports').to.deep.equal(portsOf(earlier));
  return withClient(await databaseUrl(started), async (client) => (await client.query<{ there: boolean }>("select to_regclass('kept') is not null as there")).rows[0]!.there);
}

async function reachable(ports: Readonly<Record<string, number>>, names: readonly string[]): Promise<readonly string[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')));
  const listening = tables.join('\n').split('\n').filter((line) => / 0A /.test(line)).map((line) => Number.parseInt(line.trim().split(/\s+/)[1]!.split(':').at(-1)!, 16));
  return names.filter((name) => listening.includes(ports[name]!));
}

function dataDirectories(world: World): readonly string[] {
  return world.files('store').filter((name) => name.startsWith(world.scopeId) && name.endsWith('envctl-secrets.json')).map((name) => path.join(world.directory, 'store', path.dirname(name)));
}

function leasesOf(world: World, port: number): string {
  try {
    return (JSON.parse(readFileSync(path.join(world.directory, 'state/leases', `${port}.json`), 'utf8')) as { readonly state: string }).state;
  } catch {
    return 'none';
  }
}

/** Living processes of this program whose data or records lie in the world. */
function processesOf(world: World, program: string): readonly number[] {
  return processesIn(path.join(world.directory, 'store', world.scopeId)).filter((pid) => readFileSync(`/proc/${String(pid)}/comm`, 'latin1').trim() === program);
}
