import type { DependencyOutcome, FailedOutcome } from '../../contract/index.js';
import { freePort } from '../world/free-port.js';
import { within } from '../world/launches.js';
import type { Attempt, World } from '../world/types.js';
import { openStranger } from './strangers.js';
import { require, Skip, type Bench, type ConformanceCheck } from './types.js';

/** Checks of `start` and `probe` against real servers. */
export const startChecks: readonly ConformanceCheck[] = [
  { id: 'start.ready', title: 'ready means that an application can use it with the projected variables', run: checkReady },
  { id: 'start.adopts', title: 'a later command adopts the running server and projects the same variables', run: checkAdopts },
  { id: 'start.refuses-twin', title: 'a server of the same kind that is not ours is refused and left alone', run: checkTwin },
  { id: 'start.refuses-stranger', title: 'a port on which something else answers is a bind conflict', run: (bench) => checkStranger(bench, 'babbling') },
  { id: 'start.bind-conflict', title: 'a port that is silently held is a bind conflict', run: (bench) => checkStranger(bench, 'silent') },
  { id: 'start.times-out', title: 'a server that does not answer in time is worth another try', run: checkTimesOut },
  { id: 'start.fails-hard', title: 'a server that ends at once is a hard failure with its own words', run: checkFailsHard },
  { id: 'start.refused-launch', title: 'a program that cannot be started is no ready server', run: checkRefusedLaunch },
  { id: 'start.restarts', title: 'after the server was killed the next start brings it up again', run: checkRestarts },
  { id: 'probe.honest', title: 'a probe tells what is true now and never throws', run: checkProbe },
];

async function checkReady(bench: Bench): Promise<void> {
  const world = await bench.open();
  const attempt = await bringUp(world, 'Main');
  await bench.options.use(attempt.env);
  for (const record of await world.records()) require(record.confirmed, `${record.kind} ${record.name} was acquired and not confirmed`);
}

async function checkAdopts(bench: Bench): Promise<void> {
  const world = await bench.open();
  const first = await bringUp(world, 'Main');
  const processes = (await world.records()).filter((record) => record.kind === 'process').length;
  const second = await world.start(world.project('Main'));
  require(second.outcome.status === 'adopted', `the second start says ${describe(second.outcome)}`);
  require((await world.records()).filter((record) => record.kind === 'process').length === processes, 'the second start started another process');
  require(JSON.stringify(second.env) === JSON.stringify(first.env), 'the variables changed');
  await bench.options.use(second.env);
}

async function checkTwin(bench: Bench): Promise<void> {
  const twin = await bench.open();
  const theirs = await bringUp(twin, 'Main');
  const world = await bench.open();
  const { outcome } = await world.start(world.project('Main'), { disturbance: { ports: theirs.instance.ports } });
  requireConflict(outcome);
  await bench.options.use(theirs.env);
}

async function checkStranger(bench: Bench, manner: 'silent' | 'babbling'): Promise<void> {
  const world = await bench.open();
  const name = bench.declaration.resources[0]?.name;
  if (name === undefined) throw new Skip('it has no port');
  const port = await freePort();
  const stranger = await openStranger(port, manner);
  try {
    const { outcome } = await world.start(world.project('Main'), { disturbance: { ports: { [name]: port } } });
    requireConflict(outcome);
    require((await world.survivors()).length === 0, 'a process is left');
  } finally {
    await stranger.close();
  }
  // The next attempt, on another port, must find nothing in its way.
  await bringUp(world, 'Main');
}

async function checkTimesOut(bench: Bench): Promise<void> {
  const world = await bench.open();
  const { outcome } = await world.start(world.project('Main'), { disturbance: { exhausted: true } });
  require(outcome.status === 'failed', `the start says ${describe(outcome)} although nothing answered`);
  require(outcome.class === 'transient_probe_timeout_retryable', `the class is ${outcome.class}`);
  requireWords(world, outcome);
}

async function checkFailsHard(bench: Bench): Promise<void> {
  const world = await bench.open();
  const { outcome } = await world.start(world.project('Main'), { disturbance: { launch: 'exit' } });
  require(outcome.status === 'failed', `the start says ${describe(outcome)} although the server ended`);
  require(outcome.class === 'hard_start_failure', `the class is ${outcome.class}`);
  require(outcome.message.includes('it will not work'), `the message does not carry the last words of the server: ${outcome.message}`);
  requireWords(world, outcome);
}

async function checkRefusedLaunch(bench: Bench): Promise<void> {
  const world = await bench.open();
  const outcome = await world.start(world.project('Main'), { disturbance: { launch: 'refuse' } }).then(
    (attempt) => attempt.outcome,
    () => undefined,
  );
  require(outcome === undefined || outcome.status === 'failed', `the start says ${describe(outcome)}`);
}

async function checkRestarts(bench: Bench): Promise<void> {
  const world = await bench.open();
  await bringUp(world, 'Main');
  await world.crash();
  const attempt = await bringUp(world, 'Main');
  require(attempt.outcome.status === 'ready', `the start after a crash says ${describe(attempt.outcome)}`);
  await bench.options.use(attempt.env);
}

async function checkProbe(bench: Bench): Promise<void> {
  const world = await bench.open();
  const project = world.project('Main');
  const probe = async (): Promise<DependencyOutcome> => {
    const outcome = await within(world.probe(project), 30_000);
    require(outcome !== undefined, 'the probe does not end');
    return outcome;
  };
  const before = await probe();
  require(before.status === 'failed', `before the first start the probe says ${describe(before)}`);
  await bringUp(world, 'Main');
  const running = await probe();
  require(running.status === 'ready' || running.status === 'adopted', `while it runs the probe says ${describe(running)}`);
  await world.stop();
  const after = await probe();
  require(after.status === 'failed', `after the stop the probe says ${describe(after)}`);
  requireWords(world, after);
}

/** Starts and insists on success. */
export async function bringUp(world: World, name: string): Promise<Attempt> {
  const attempt = await world.start(world.project(name));
  require(attempt.outcome.status === 'ready' || attempt.outcome.status === 'adopted', `the start of ${name} says ${describe(attempt.outcome)}`);
  return attempt;
}

export function describe(outcome: DependencyOutcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  return outcome.status === 'failed' ? `failed (${outcome.class}, ${outcome.reasonCode}): ${outcome.message}` : outcome.status;
}

function requireConflict(outcome: DependencyOutcome): void {
  require(outcome.status === 'failed', `the start says ${describe(outcome)} although the port is not its own`);
  require(outcome.class === 'bind_conflict_retryable', `the class is ${outcome.class}: ${outcome.message}`);
}

function requireWords(world: World, outcome: FailedOutcome): void {
  require(outcome.message.trim() !== '' && !outcome.message.includes('\n'), 'the message is not one line');
  require(/^[a-z][a-z0-9_]*$/.test(outcome.reasonCode), `${outcome.reasonCode} is no reason code`);
  for (const secret of world.secrets) require(!JSON.stringify(outcome).includes(secret), 'the outcome carries a secret');
}
