import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { readProcessTable, recordLaunchPorts, type LaunchSpec } from '../../dist/processes/index.js';
import type { ServiceRecord } from '../../dist/state/index.js';
import { examineService, readTruthMode, type ServiceTruth, type TruthOptions } from '../../dist/truth/index.js';
import { createBench, eventually, patienceMs, pidsIn, type Bench, type Started } from '../processes/support.js';

const startedAtMs = 1_000_000;
const graceMs = 15_000;

/** Listens on a port of the kernel's choice, and writes down the port and its pid. */
const listener = `
  const { createServer } = require('node:net');
  const { appendFileSync } = require('node:fs');
  const here = process.env.FIXTURE_DIRECTORY;
  const server = createServer().listen(0, '127.0.0.1', () => {
    appendFileSync(here + '/ports', server.address().port + '\\n');
    appendFileSync(here + '/pids', process.pid + '\\n');
  });`;
const listen = [process.execPath, '-e', listener];
/** Writes its pid and does nothing else. */
const silent = ['sh', '-c', 'echo $$ >>"$FIXTURE_DIRECTORY/pids"; exec sleep 1000'];

/** The times of files come from a clock that is a tick late: a stop right after an end would seem to be before it. */
async function fileTimeIsPast(atMs: number, path: string): Promise<void> {
  for (;;) {
    writeFileSync(path, '');
    if (statSync(path).mtimeMs > atMs) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('examineService', function () {
  this.timeout(2 * patienceMs);
  let bench: Bench;
  let strangers: Server[] = [];
  beforeEach(() => (bench = createBench()));
  afterEach(async () => {
    for (const stranger of strangers) stranger.close();
    strangers = [];
    await bench.close();
  });

  const record = (started: Started | undefined, change: Partial<ServiceRecord> = {}): ServiceRecord =>
    ({ name: 'Main Backend', type: 'backend', launch_directory: started?.spec.directory ?? null, listener_expected: true, requested_port: null, actual_port: null, started_at: startedAtMs / 1000, ...change }) as ServiceRecord;
  const examine = (service: ServiceRecord, options: Partial<TruthOptions> = {}): Promise<ServiceTruth> =>
    examineService(service, { table: readProcessTable, nowMs: startedAtMs + graceMs, graceMs, reboundMaxDelta: 200, ...options });
  const startListening = async (command: readonly string[] = listen, change: Partial<LaunchSpec> = {}) => {
    const started = await bench.start(command, change);
    const [port] = await eventually(bench.directory, () => pidsIn(join(bench.directory, 'ports'), 1));
    const [pid] = await bench.pids(1);
    return { started, port: port!, pid: pid! };
  };
  const startSilent = async () => {
    const started = await bench.start(silent);
    await bench.pids(1);
    return started;
  };
  const startToEnd = async (script: string) => {
    const started = await bench.start(['sh', '-c', script]);
    const { at } = await eventually(bench.directory, async () => (await started.read()).exit);
    await fileTimeIsPast(at, join(bench.directory, 'now'));
    await started.stop();
    return started;
  };

  it('runs when it listens on its port', async () => {
    const { started, port, pid } = await startListening();
    expect(await examine(record(started, { actual_port: port }))).to.deep.equal({ name: 'Main Backend', status: 'running', pid, listenerPids: [pid], actualPort: port, exit: undefined, restarts: 0, detached: [], detail: undefined });
  });

  it('runs when a child of the command listens', async () => {
    const { started, port, pid } = await startListening(['sh', '-c', '"$@"; true', 'sh', ...listen]);
    const truth = await examine(record(started, { actual_port: port }));
    expect(truth).to.deep.include({ status: 'running', listenerPids: [pid] });
    expect(truth.pid).to.not.equal(pid);
  });

  it('is the same to a look that finds what left it', async () => {
    const { started, port, pid } = await startListening();
    expect(await examine(record(started, { actual_port: port }), { findDetached: true })).to.deep.include({ status: 'running', pid, listenerPids: [pid], actualPort: port, detached: [] });
  });

  for (const [what, delta, expected] of [
    ['moved up a little is followed there', -200, 'running'],
    ['moved up too far is not', -201, 'unreachable'],
    ['listens below its port is not', 1, 'unreachable'],
  ] as const) {
    it(`one that ${what}`, async () => {
      const { started, port } = await startListening();
      const truth = await examine(record(started, { actual_port: port + delta }));
      expect(truth).to.include({ status: expected, actualPort: expected === 'running' ? port : port + delta });
    });
  }

  const silence: readonly (readonly [what: string, change: Partial<ServiceRecord>, options: Partial<TruthOptions>, status: string, hasDetail: boolean])[] = [
    ['is starting within the grace', {}, { nowMs: startedAtMs + graceMs - 1 }, 'starting', true],
    ['is unreachable after it', {}, {}, 'unreachable', true],
    ['is unreachable when nobody knows since when it runs', { started_at: null }, {}, 'unreachable', true],
    ['runs when listening is not enforced, and its silence is told', {}, { enforceListeners: false }, 'running', true],
    ['runs when it is not expected to listen', { listener_expected: false }, {}, 'running', false],
    ['runs when it has no port', { actual_port: null }, {}, 'running', false],
  ];
  for (const [what, change, options, status, hasDetail] of silence) {
    it(`a living service that does not listen ${what}`, async () => {
      const truth = await examine(record(await startSilent(), { actual_port: 9, ...change }), options);
      expect(truth).to.deep.include({ status, listenerPids: [], exit: undefined, detail: hasDetail ? 'nothing of it listens on port 9' : undefined });
      expect(truth.pid).to.be.a('number');
    });
  }

  it('a stranger on its port never counts, not even where listening is not enforced', async () => {
    const stranger = createServer();
    strangers.push(stranger);
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const alive = record(await startSilent(), { actual_port: port });
    expect(await examine(alive)).to.include({ status: 'unreachable' });
    const dead = record(await startToEnd('exit 0'), { actual_port: port });
    expect(await examine(dead)).to.deep.include({ status: 'stale', listenerPids: [] });
    expect(await examine(dead, { enforceListeners: false })).to.include({ status: 'stale' });
  });

  for (const [script, code, detail] of [
    ['exit 3', 3, 'exited with code 3'],
    ['kill -KILL $$', 137, 'was ended by SIGKILL'],
    ['kill -TERM $$', 143, 'was ended by SIGTERM'],
  ] as const) {
    it(`one that is gone (${script}) is stale and says how it ended`, async () => {
      const truth = await examine(record(await startToEnd(script), { requested_port: 9 }));
      expect(truth).to.deep.include({ status: 'stale', pid: null, actualPort: 9, detail });
      expect(truth.exit).to.include({ code });
    });
  }

  it('one whose runner waits to start it again is starting, and says how it ended', async () => {
    const started = await bench.start(['sh', '-c', 'exit 6'], { restart: { when: 'on-failure', max: 4, backoffMs: 600_000 } });
    await eventually(started.spec.directory, async () => ((await started.read()).between ? true : undefined));
    for (const listener_expected of [true, false]) {
      const truth = await examine(record(started, { actual_port: 9, listener_expected }));
      expect(truth.status).to.equal('starting');
      expect(truth.detail).to.match(/^exited with code 6 at 20\d\d-.*Z; waits for restart 1 of 4$/);
    }
  });

  it('one that will not be started again is gone, though its runner still waits for the rest of its log', async () => {
    const started = await bench.start(['sh', '-c', 'setsid sleep 1000 & exit 3'], { logRotation: 'running' });
    await eventually(started.spec.directory, async () => ((await started.read()).lastEnd ? true : undefined));
    expect(await examine(record(started, { actual_port: 9 }))).to.include({ status: 'stale', detail: 'exited with code 3' });
  });

  it('one that was restarted says so, while it runs and when it is gone', async () => {
    const { started, port } = await startListening(['sh', '-c', '[ -e "$FIXTURE_DIRECTORY/again" ] || { >"$FIXTURE_DIRECTORY/again"; exit 1; }; "$@"', 'sh', ...listen], { restart: { when: 'on-failure', max: 1, backoffMs: 1 } });
    const running = await examine(record(started, { actual_port: port }));
    expect(running).to.include({ status: 'running', restarts: 1 });
    expect(running.detail).to.match(/^restarted once, last exited with code 1 at 20\d\d-.*Z$/);
    process.kill((await started.read()).child!.pid, 'SIGKILL');
    const { at } = await eventually(started.spec.directory, async () => (await started.read()).exit);
    await fileTimeIsPast(at, join(bench.directory, 'now'));
    await started.stop();
    const gone = await examine(record(started, { actual_port: port }));
    expect(gone.detail).to.match(/^restarted once, last was ended by SIGKILL at 20/);
    expect(gone.lastEnd).to.include({ code: 137 });
  });

  it('one whose command ended is gone, whatever it left behind', async () => {
    const started = await bench.start(['sh', '-c', 'setsid sleep 1000 & exit 3']);
    await eventually(started.spec.directory, async () => (await started.read()).exit);
    expect(await examine(record(started, { listener_expected: false }))).to.include({ status: 'stale', detail: 'exited with code 3' });
  });

  it('runs when its command went to the background in a session of its own and listens on its leased port', async () => {
    const { started, port, pid } = await startListening(['sh', '-c', 'setsid "$@" >/dev/null 2>&1 </dev/null & exit 0', 'sh', ...listen]);
    await eventually(started.spec.directory, async () => (await started.read()).exit);
    await recordLaunchPorts(started.spec.directory, [port]);
    expect(await examine(record(started, { actual_port: port }))).to.deep.include({ status: 'running', pid, listenerPids: [pid] });
  });

  it('one without a launch record is stale where nothing of it runs; where something does its pid is told', async () => {
    const started = await startSilent();
    const { pid } = await examine(record(started));
    expect(await examine(record(undefined))).to.include({ status: 'stale', detail: 'its launch record is gone: a command that was to start it again did not finish, or somebody removed it' });
    const { directory } = started.spec;
    const files = ['launch.json', 'launch-copy.json'].map((name) => [join(directory, name), readFileSync(join(directory, name))] as const);
    for (const [file] of files) rmSync(file);
    const detail = `its launch record ${directory} is gone or damaged; pid ${pid} of it runs on: envctl start backend starts it anew`;
    expect(await examine(record(started))).to.deep.include({ status: 'unknown', pid, listenerPids: [], detail });
    for (const [file] of files) writeFileSync(file, '{ half a reco');
    expect(await examine(record(started))).to.deep.include({ status: 'unknown', pid, detail });
    for (const [file, content] of files) writeFileSync(file, content);
  });

  it('looks at the whole process table only where a glance does not tell', async () => {
    const { started, port } = await startListening();
    let looks = 0;
    const table = () => (looks++, readProcessTable());
    await examine(record(started, { actual_port: port }), { table });
    expect(looks).to.equal(0);
    await examine(record(started, { actual_port: port }), { table, findDetached: true });
    expect(looks).to.equal(1);
  });
});

describe('readTruthMode', () => {
  for (const [value, mode] of [['auto', 'auto'], ['strict', 'strict'], ['best_effort', 'best_effort'], [undefined, 'auto']] as const) {
    it(`${value ?? 'unset'} is ${mode}`, () => expect(readTruthMode({ string: () => value })).to.equal(mode));
  }
});
