import type { DependencyOutcome, FailedOutcome } from '../../contract/index.js';
import { within } from '../world/waiting.js';
import type { Attempt, World } from '../world/types.js';
import { openStranger, type Stranger } from './strangers.js';
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
  const processes = await processesOf(world);
  const second = await world.start(world.project('Main'));
  require(second.outcome.status === 'adopted', `the second start says ${describe(second.outcome)}`);
  require((await processesOf(world)) === processes, 'the second start started another process');
  require(JSON.stringify(second.env) === JSON.stringify(first.env), 'the variables changed');
  await bench.options.use(second.env);
}

async function processesOf(world: World): Promise<string> {
  return (await world.records()).filter((record) => record.kind === 'process').map((record) => record.name).join(', ');
}

/** The port is stolen between its lease and the bind: only there can a plugin meet somebody else's server. */
async function checkTwin(bench: Bench): Promise<void> {
  const [resource] = bench.plugin.declaration.resources;
  if (resource === undefined) throw new Skip('it has no port');
  let theirs: Attempt | undefined;
  const steal = async (ports: Readonly<Record<string, number>>): Promise<void> => {
    const twin = await bench.open({ config: { [resource.configKey]: String(ports[resource.name]) } });
    theirs = await bringUp(twin, 'Main');
    require(theirs.instance.ports[resource.name] === ports[resource.name], 'the twin did not get the port');
  };
  const world = await bench.open();
  const attempt = await world.start(world.project('Main'), { disturbance: { beforeLaunch: steal } });
  if (theirs === undefined) throw new Error('nothing was launched');
  requireNextPort(attempt, theirs.instance.ports[resource.name]);
  await bench.options.use(theirs.env);
  await bench.options.use(attempt.env);
}

async function checkStranger(bench: Bench, manner: 'silent' | 'babbling'): Promise<void> {
  const name = bench.plugin.declaration.resources[0]?.name;
  if (name === undefined) throw new Skip('it has no port');
  const world = await bench.open();
  let stranger: Stranger | undefined;
  let stolen: number | undefined;
  const steal = async (ports: Readonly<Record<string, number>>): Promise<void> => {
    stolen = ports[name];
    stranger = await openStranger(stolen ?? 0, manner);
  };
  try {
    const attempt = await world.start(world.project('Main'), { disturbance: { beforeLaunch: steal } });
    requireNextPort(attempt, stolen);
    await bench.options.use(attempt.env);
  } finally {
    await stranger?.close();
  }
  await world.stop();
  await requireNothing(world, 'after the stop');
}

/** The plugin called it a bind conflict, so core went on with the next port. */
function requireNextPort(attempt: Attempt, stolen: number | undefined): void {
  const [first] = attempt.plugin.outcomes;
  require(first !== undefined && first !== 'rejected', 'the start rejected where the port was not its own');
  require(first.status === 'failed', `the start says ${describe(first)} although the port is not its own`);
  require(first.class === 'bind_conflict_retryable', `the class is ${first.class}: ${first.message}`);
  require(attempt.outcome.status === 'ready', `on the next port the start says ${describe(attempt.outcome)}`);
  require(attempt.retries > 0 && !Object.values(attempt.instance.ports).includes(stolen ?? 0), 'the port did not change');
}

async function checkTimesOut(bench: Bench): Promise<void> {
  const world = await bench.open();
  const { outcome, retries } = await world.start(world.project('Main'), { disturbance: { exhausted: true } });
  require(outcome.status === 'failed', `the start says ${describe(outcome)} although nothing answered`);
  require(outcome.class === 'transient_probe_timeout_retryable', `the class is ${outcome.class}: ${outcome.message}`);
  require(retries > 0, 'it was not tried again');
  requireWords(world, outcome);
  await requireNothing(world, 'after a start that ran out of time');
}

async function checkFailsHard(bench: Bench): Promise<void> {
  const world = await bench.open();
  const { outcome, retries } = await world.start(world.project('Main'), { disturbance: { launch: 'exit' } });
  require(outcome.status === 'failed', `the start says ${describe(outcome)} although the server ended`);
  require(outcome.class === 'hard_start_failure', `the class is ${outcome.class}`);
  require(outcome.message.includes('it will not work'), `the message does not carry the last words of the server: ${outcome.message}`);
  require(retries === 0, 'a hard failure was tried again');
  requireWords(world, outcome);
  await requireNothing(world, 'after a start that failed');
}

async function checkRefusedLaunch(bench: Bench): Promise<void> {
  const world = await bench.open();
  const { outcome } = await world.start(world.project('Main'), { disturbance: { launch: 'refuse' } });
  require(outcome.status === 'failed', `the start says ${describe(outcome)}`);
  await requireNothing(world, 'after a start that failed');
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
  const probe = async (when: string, honest: boolean): Promise<DependencyOutcome> => {
    const outcome = await within(world.probe(project), 30_000);
    require(outcome !== undefined, `${when} the probe does not end`);
    require((outcome.status === 'ready' || outcome.status === 'adopted') === honest, `${when} the probe says ${describe(outcome)}`);
    require(outcome.status !== 'failed' || outcome.reasonCode !== 'probe_failed', `${when} the probe throws: ${describe(outcome)}`);
    if (outcome.status === 'failed') requireWords(world, outcome);
    return outcome;
  };
  await probe('before the first start', false);
  await bringUp(world, 'Main');
  await probe('while it runs', true);
  await world.crash();
  await probe('after a crash', false);
  await bringUp(world, 'Main');
  await world.stop();
  await probe('after the stop', false);
}

/** Starts and insists on success. */
export async function bringUp(world: World, name: string): Promise<Attempt> {
  const attempt = await world.start(world.project(name));
  require(attempt.outcome.status === 'ready' || attempt.outcome.status === 'adopted', `the start of ${name} says ${describe(attempt.outcome)}`);
  return attempt;
}

/** Insists that nothing runs, and that nothing is held for anybody. */
export async function requireNothing(world: World, when: string): Promise<void> {
  const left = [...(await world.survivors()).map(({ pid, command }) => `process ${pid} is left: ${command}`), ...(await world.held())];
  require(left.length === 0, `${when}: ${left.join(', ')}`);
}

export function describe(outcome: DependencyOutcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  return outcome.status === 'failed' ? `failed (${outcome.class}, ${outcome.reasonCode}): ${outcome.message}` : outcome.status;
}

function requireWords(world: World, outcome: FailedOutcome): void {
  require(outcome.message.trim() !== '' && !outcome.message.includes('\n'), 'the message is not one line');
  require(/^[a-z][a-z0-9_]*$/.test(outcome.reasonCode), `${outcome.reasonCode} is no reason code`);
  for (const secret of world.secrets) require(!JSON.stringify(outcome).includes(secret), 'the outcome carries a secret');
}
