import { expect } from 'chai';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf } from '../../dist/processes/index.js';
import { runStart } from '../../dist/startup/index.js';
import { absentComponent, type RequirementComponent, type RunState, type ServiceRecord } from '../../dist/state/index.js';
import { dependencyLevel, dependencyStatuses, reconcile, serviceLevel, serviceStatuses } from '../../dist/truth/index.js';
import { skip } from '../skip.js';
import { createStartWorld, everything, type Settings, type StartWorld } from '../startup/start-world.js';

const modes = ['auto', 'strict', 'best_effort'] as const;
const page = readFileSync(new URL('../../../../docs/truth.md', import.meta.url), 'utf8');

/** The rows of the table below a heading: what is seen, and the status under each mode. */
function tableBelow(heading: string): readonly (readonly [what: string, statuses: readonly string[]])[] {
  const section = page.split(`### ${heading}\n`)[1]?.split('\n#')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  expect(rows[0], heading).to.deep.equal(['what is seen', ...modes.map((mode) => `\`${mode}\``)]);
  return rows.slice(2).map(([what = '', ...statuses]) => [what, statuses]);
}

/** docs/truth.md against the product: each row is arranged, each cell looked at. */
describe('the tables of docs/truth.md', function () {
  this.timeout(60_000);
  let world: StartWorld;
  let state: RunState;
  let elsewhere: string;
  /** A process in a pid namespace of its own, and the name of that. */
  let container: { readonly process: ChildProcess; readonly namespace: string } | undefined;
  let sleeper: ChildProcess;
  before(async () => {
    world = await createStartWorld();
    await world.command('start', everything, (context) => runStart(context, { command: 'start', mode: 'main', projects: [world.project('Main')], services: [], replace: new Set(), signal: new AbortController().signal }));
    state = (await world.recorded())!;
    elsewhere = mkdtempSync(join(tmpdir(), 'envctl-test-truth-'));
    container = await startContainer();
    sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
    await world.crash('Main Frontend');
    await world.occupy(portOf('Main Frontend'));
  });
  after(async () => {
    container?.process.kill('SIGKILL');
    sleeper.kill('SIGKILL');
    rmSync(elsewhere, { recursive: true, force: true });
    await world.close();
  });

  const portOf = (name: string): number => state.services[name]!.actual_port!;
  const backend = (change: Partial<ServiceRecord> = {}): ServiceRecord => ({ ...state.services['Main Backend']!, ...change });
  const frontend = (change: Partial<ServiceRecord> = {}): ServiceRecord => ({ ...state.services['Main Frontend']!, ...change });
  const look = (recorded: RunState, settings: Partial<Settings>) =>
    world.command('health', { ...everything, ...settings }, (context) => reconcile(context, recorded, { source: 'test', signal: new AbortController().signal }));
  const original = { legacy_state: true };

  async function startContainer(): Promise<typeof container> {
    if (spawnSync('unshare', ['-pf', 'true']).status !== 0) return undefined;
    const process = spawn('unshare', ['-pf', '--kill-child', 'sh', '-c', 'readlink /proc/self/ns/pid; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    return { process, namespace: String((await once(process.stdout, 'data'))[0]).trim() };
  }

  /** The launch of the backend as if it had been started in there. */
  function otherContainer(): string {
    const directory = join(elsewhere, 'launch');
    // The pipe of a log is no file to copy.
    cpSync(backend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    for (const name of ['launch.json', 'launch-copy.json']) {
      const text = readFileSync(join(directory, name), 'utf8');
      writeFileSync(join(directory, name), text.replaceAll(/pid:\[\d+\]/g, container!.namespace));
    }
    return directory;
  }

  /** The launch of the backend, of which neither the record nor its copy can be read. */
  function damaged(): string {
    const directory = join(mkdtempSync(join(elsewhere, 'damaged-')), 'launch');
    cpSync(backend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    for (const name of ['launch.json', 'launch-copy.json']) writeFileSync(join(directory, name), '{ half a reco');
    return directory;
  }

  /** The launch of the backend as if its command had ended for good, and left behind what listens. */
  function leftBehind(code: number): string {
    const directory = join(mkdtempSync(join(elsewhere, 'left-')), 'launch');
    cpSync(backend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    writeFileSync(join(directory, 'journal'), `child 0 ${2 ** 22 - 1} 1\nended 0 ${code} ${Date.now()}\nexit ${code} ${Date.now()}\n`, { flag: 'a' });
    return directory;
  }

  /** The launch of the frontend, which has ended, as if a stop had been what ended it. */
  function stopped(): string {
    const directory = join(mkdtempSync(join(elsewhere, 'stopped-')), 'launch');
    cpSync(frontend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    writeFileSync(join(directory, 'stop'), '');
    writeFileSync(join(directory, 'journal'), `exit 143 ${Date.now() + 1000}\n`, { flag: 'a' });
    return directory;
  }

  /** The launch of the backend as if its command had been started again as that process, and what listens was of the start before. */
  function startedAgain(pid: number, startTicks: string, rest = ''): string {
    const directory = join(mkdtempSync(join(elsewhere, 'again-')), 'launch');
    cpSync(backend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    writeFileSync(join(directory, 'journal'), `ended 0 1 ${Date.now()}\nchild 1 ${pid} ${startTicks}\n${rest}`, { flag: 'a' });
    return directory;
  }

  /** The launch of the backend as if its command had just ended. */
  function betweenRestarts(): string {
    const directory = join(mkdtempSync(join(elsewhere, 'between-')), 'launch');
    cpSync(backend().launch_directory!, directory, { recursive: true, filter: (source) => !lstatSync(source).isFIFO() });
    const record = JSON.parse(readFileSync(join(directory, 'launch.json'), 'utf8')) as object;
    writeFileSync(join(directory, 'launch.json'), JSON.stringify({ ...record, restart: { when: 'always', max: 5, backoffMs: 1000 } }));
    writeFileSync(join(directory, 'journal'), `ended 0 1 ${Date.now()}\n`, { flag: 'a' });
    return directory;
  }

  const services: Readonly<Record<string, () => { readonly service: ServiceRecord; readonly metadata?: RunState['metadata'] }>> = {
    'it lives and listens on its port': () => ({ service: backend() }),
    'it listens up to `ENVCTL_SERVICE_REBOUND_MAX_DELTA` (200) above its port': () => ({ service: backend({ actual_port: portOf('Main Backend') - 200, started_at: 0 }) }),
    'its command has ended well, and something of it listens on its port': () => ({ service: backend({ launch_directory: leftBehind(0) }) }),
    'its command has ended badly, and something of it listens on its port': () => ({ service: backend({ launch_directory: leftBehind(1) }) }),
    'its command was started again and has ended, well or badly, and something of an earlier start listens on its port': () => ({ service: backend({ launch_directory: startedAgain(2 ** 22 - 1, '9'.repeat(12), `ended 1 0 ${Date.now()}\nexit 0 ${Date.now()}\n`) }) }),
    'its command was started again and does not listen, and something of an earlier start listens on its port': () => ({ service: backend({ launch_directory: startedAgain(sleeper.pid!, identityOf(sleeper.pid!)!.startTicks) }) }),
    'it listens farther above': () => ({ service: backend({ actual_port: portOf('Main Backend') - 201, started_at: 0 }) }),
    'it lives and does not listen, `ENVCTL_SERVICE_STARTUP_GRACE_SECONDS` (15) after its start not over': () => ({ service: backend({ actual_port: portOf('Main Backend') + 1, started_at: Date.now() / 1000 }) }),
    'it lives and does not listen, later': () => ({ service: backend({ actual_port: portOf('Main Backend') + 1, started_at: Date.now() / 1000 - 15.5 }) }),
    'it lives and is not expected to listen (`MAIN_BACKEND_EXPECT_LISTENER=false`)': () => ({ service: backend({ listener_expected: false, requested_port: null, actual_port: null }) }),
    'its command has ended, and its runner waits to start it again (`RESTART`)': () => ({ service: backend({ launch_directory: betweenRestarts(), actual_port: portOf('Main Backend') + 1 }) }),
    'it is a job, and its command runs': () => ({ service: backend({ kind: 'job', listener_expected: false, requested_port: null, actual_port: null }) }),
    // A crash of the world is a SIGKILL.
    'it is a job, and has ended with one of `SUCCESS_EXIT_CODES`': () => ({ service: frontend({ kind: 'job', success_exit_codes: [0, 137] }) }),
    'it is a job, and has ended otherwise': () => ({ service: frontend({ kind: 'job', success_exit_codes: [0] }) }),
    'a start went on without it (`CRITICAL=false`)': () => ({ service: frontend({ launch_directory: null, status: 'failed', failure_detail: 'it would not' }) }),
    'it has ended': () => ({ service: frontend({ actual_port: 1 }) }),
    'a command stopped it, and did not start it again': () => ({ service: frontend({ launch_directory: stopped(), actual_port: 1 }) }),
    'it has ended, and a stranger listens on its port': () => ({ service: frontend() }),
    'its launch record is gone': () => ({ service: backend({ launch_directory: join(elsewhere, 'nothing') }) }),
    'its launch record is gone or damaged, and something of it runs: told with its pid; `start` starts it anew': () => ({ service: backend({ launch_directory: damaged() }) }),
    'it was started in another container': () => ({ service: backend({ launch_directory: otherContainer() }) }),
    'the original recorded it, and its own process listens': () => ({ service: backend({ launch_directory: null }), metadata: original }),
    'the original recorded it, and its process does not listen': () => ({ service: backend({ launch_directory: null, actual_port: portOf('Main Backend') + 1 }), metadata: original }),
    'the original recorded it, and a stranger listens on its port': () => ({ service: frontend({ launch_directory: null }), metadata: original }),
  };

  describe('services', () => {
    const rows = tableBelow('Services');
    it('are all arranged', () => expect(rows.map(([what]) => what)).to.have.members(Object.keys(services)));
    for (const [what, statuses] of rows) {
      for (const [index, truth] of modes.entries()) {
        it(`${truth}: ${what}: ${statuses[index] ?? ''}`, async function () {
          if (what.endsWith('another container') && container === undefined) skip(this, 'platform: pid namespaces are not permitted here');
          const { service, metadata = {} } = services[what]!();
          const seen = await look({ ...state, services: { [service.name]: service }, requirements: {}, metadata: { ...state.metadata, ...metadata } }, { truth });
          expect(seen.services[0]).to.include({ status: statuses[index] });
        });
      }
    }
  });

  describe('statuses', () => {
    const rowsBelow = (heading: string) => (page.split(`### ${heading}\n`)[1]?.split('\n#')[0] ?? '').split('\n').filter((line) => line.startsWith('|')).slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    it('are all those there are', () => {
      expect(rowsBelow('Of services').map(([status]) => status)).to.deep.equal(Object.keys(serviceStatuses));
      expect(rowsBelow('Of dependencies').map(([status]) => status)).to.deep.equal(Object.keys(dependencyStatuses));
    });
    for (const [status, level, tolerated] of rowsBelow('Of services')) {
      it(`a service that is ${status}: ${level}, ${tolerated} when it is not critical`, () => expect([serviceLevel(status!, { critical: true }), serviceLevel(status!, { critical: false })]).to.deep.equal([level, tolerated]));
    }
    for (const [status, level, tolerated] of rowsBelow('Of dependencies')) {
      it(`a dependency that is ${status}: ${level}, ${tolerated} when it is not critical`, () => expect([dependencyLevel(status!, { critical: true }), dependencyLevel(status!, { critical: false })]).to.deep.equal([level, tolerated]));
    }
    it('one that nobody knows is bad', () => expect([serviceLevel('fine', { critical: true }), dependencyLevel('constructor', { critical: true })]).to.deep.equal(['bad', 'bad']));
  });

  it('what runs without listening is told as an event too', async () => {
    const told: unknown[] = [];
    const service = backend({ actual_port: 1, started_at: 0 });
    for (const truth of modes) {
      await world.command('health', { ...everything, truth }, (context) =>
        reconcile({ ...context, events: { emit: (event, fields) => void (event === 'service.truth.degraded' && told.push({ truth, ...fields })) } }, { ...state, services: { [service.name]: service }, requirements: {} }, { source: 'test', signal: new AbortController().signal }),
      );
    }
    expect(told).to.deep.equal([{ truth: 'best_effort', service: 'Main Backend', port: 1, reason_code: 'listener_not_seen' }]);
  });

  const component = (id: string): RequirementComponent => ({ ...absentComponent(id), enabled: true, success: true });
  const dependencies: Readonly<Record<string, { readonly id: string; readonly settings?: Partial<Settings>; readonly metadata?: RunState['metadata']; readonly arrange?: () => void; readonly undo?: () => void }>> = {
    'it answers': { id: 'alpha' },
    'it answers, without an optional part': { id: 'beta', arrange: () => world.spoil('beta', 'degrades'), undo: () => world.mend('beta') },
    'its server lives and does not answer': { id: 'beta', arrange: () => world.spoil('beta', 'fails'), undo: () => world.mend('beta') },
    'its server does not live': { id: 'alpha', settings: { managed: true } },
    'no installed package brings it': { id: 'gamma' },
    'the original recorded it': { id: 'alpha', metadata: original },
  };

  describe('dependencies', () => {
    const rows = tableBelow('Dependencies');
    it('are all arranged', () => expect(rows.map(([what]) => what)).to.have.members(Object.keys(dependencies)));
    for (const [what, statuses] of rows) {
      for (const [index, truth] of modes.entries()) {
        it(`${truth}: ${what}: ${statuses[index] ?? ''}`, async () => {
          const { id, settings = {}, metadata = {}, arrange, undo } = dependencies[what]!;
          arrange?.();
          const recorded: RunState = { ...state, services: {}, requirements: { Main: { project: 'Main', health: 'healthy', failures: [], components: { [id]: component(id) } } }, metadata: { ...state.metadata, ...metadata } };
          const seen = await look(recorded, { ...settings, truth }).finally(undo);
          expect(seen.dependencies[0]).to.include({ status: statuses[index] });
        });
      }
    }
  });
});
