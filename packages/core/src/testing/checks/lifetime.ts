import type { DependencyDefinition } from '../../contract/index.js';
import { untilAborted, within } from '../world/launches.js';
import type { World, WorldRecord } from '../world/types.js';
import { registerDependencies } from './register.js';
import { bringUp, describe } from './start.js';
import { require, Skip, type Bench, type ConformanceCheck } from './types.js';

/** Checks of what happens between and after starts. */
export const lifetimeChecks: readonly ConformanceCheck[] = [
  { id: 'projects.apart', title: 'two projects come up at once, and neither can open what the other has', run: checkApart },
  { id: 'teardown.from-record', title: 'the recorded data alone is enough to remove a project, twice, and nothing of another', run: checkTeardown },
  { id: 'stop.whole', title: 'the declared ladder ends every process of the server', run: checkStop },
  { id: 'signals.declared', title: 'only declared events and fields are emitted, and no secret in them', run: checkSignals },
  { id: 'secrets.stay', title: 'no secret is in an argv, a log, the ledger or an outcome', run: checkSecrets },
  { id: 'external.given', title: 'the external driver uses the given server, starts nothing and never repeats a credential', run: checkExternal },
  { id: 'handles.closed', title: 'nothing stays open after a start and a probe', run: checkHandles },
];

async function checkApart(bench: Bench): Promise<void> {
  const world = await bench.open();
  const [one, two] = await Promise.all([bringUp(world, 'one'), bringUp(world, 'two')]);
  await Promise.all([bench.options.use(one.env), bench.options.use(two.env)]);
  const { trespass } = bench.options;
  if (trespass === undefined) return;
  require(!(await trespass(one.env, two.env)), 'the first project opens the data of the second');
  require(!(await trespass(two.env, one.env)), 'the second project opens the data of the first');
}

async function checkTeardown(bench: Bench): Promise<void> {
  const world = await bench.open();
  const one = await bringUp(world, 'one');
  const two = await bringUp(world, 'two');
  const records = (await world.records()).filter((record) => record.kind === 'logical');
  if (records.length === 0) throw new Skip('it has no logical resources');
  const mine = records.filter((record) => record.resource?.project === 'one').reverse();
  require(mine.length > 0, 'no logical resource names its project');
  await tearDown(bench, world, mine);
  require(!(await works(bench, one.env)), 'the removed project still works');
  await bench.options.use(two.env);
  await tearDown(bench, world, mine);
  await bench.options.use(two.env);
  const again = await bringUp(world, 'one');
  await bench.options.use(again.env);
}

async function tearDown(bench: Bench, world: World, records: readonly WorldRecord[]): Promise<void> {
  const { signal } = new AbortController();
  for (const record of records) {
    // A definition of its own for each step: nothing may be remembered in memory.
    const definition = await definitionOf(bench);
    require(definition.teardown !== undefined, 'it makes logical resources and has no teardown');
    await definition.teardown(await world.teardownContext(record, signal));
  }
}

async function checkStop(bench: Bench): Promise<void> {
  const world = await bench.open();
  await bringUp(world, 'Main');
  await world.stop();
  const left = await world.survivors();
  require(left.length === 0, `left after the stop: ${left.map((entry) => `${entry.pid} ${entry.command}`).join(', ')}`);
}

async function checkSignals(bench: Bench): Promise<void> {
  const world = await bench.open();
  await exercise(world);
  const declared = new Map((bench.options.manifest.contributes.signals ?? []).map((signal) => [signal.event, signal]));
  for (const { event, fields } of world.events) {
    const declaration = declared.get(event);
    require(declaration !== undefined, `the event ${event} is not declared`);
    for (const name of Object.keys(fields)) require(name in declaration.fields, `the event ${event} carries the undeclared field ${name}`);
    for (const secret of world.secrets) require(!JSON.stringify(fields).includes(secret), `the event ${event} carries a secret`);
  }
}

async function checkSecrets(bench: Bench): Promise<void> {
  const world = await bench.open();
  const outcomes = await exercise(world);
  const running = (await world.survivors()).map((entry) => entry.command).join('\n');
  const places: readonly (readonly [string, string])[] = [
    ['a command line', running],
    ['a log', await world.logs()],
    ['the ledger', JSON.stringify(await world.records())],
    ['an outcome', JSON.stringify(outcomes)],
  ];
  for (const secret of world.secrets) {
    for (const [place, text] of places) require(!text.includes(secret), `${place} carries a secret`);
  }
}

/** A life with its failures: up, adopted, a crash, up again. */
async function exercise(world: World): Promise<unknown[]> {
  const project = world.project('Main');
  const outcomes: unknown[] = [(await world.start(project)).outcome, (await world.start(project)).outcome];
  await world.crash();
  outcomes.push(await world.probe(project));
  outcomes.push((await world.start(project, { disturbance: { launch: 'exit' } })).outcome);
  outcomes.push((await world.start(project)).outcome);
  return outcomes;
}

async function checkExternal(bench: Bench): Promise<void> {
  const { external, use } = bench.options;
  if (external === undefined) throw new Skip('it has no external driver');
  const native = await bench.open();
  const server = await bringUp(native, 'Main');
  const given = await bench.open({ driver: 'external', config: external(server.env) });
  const attempt = await bringUp(given, 'Main');
  await use(attempt.env);
  require((await given.records()).length === 0, 'the external driver acquired something');
  await native.stop();
  const { outcome } = await given.start(given.project('Main'));
  require(outcome.status === 'failed', `without a server the external driver says ${describe(outcome)}`);
  for (const secret of native.secrets) require(!JSON.stringify(outcome).includes(secret), 'the outcome carries a credential');
}

async function checkHandles(bench: Bench): Promise<void> {
  const world = await bench.open();
  const before = openHandles();
  await bringUp(world, 'Main');
  await world.probe(world.project('Main'));
  // Closing takes a moment; what is still open after it stays open.
  const deadline = performance.now() + 3_000;
  while (openHandles() > before && performance.now() < deadline) await within(new Promise(() => undefined), 20);
  require(openHandles() <= before, `${openHandles() - before} connections stay open`);
}

function openHandles(): number {
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'TLSWrap']);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind)).length;
}

async function works(bench: Bench, env: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await untilAborted(bench.options.use(env), AbortSignal.timeout(20_000));
    return true;
  } catch {
    return false;
  }
}

async function definitionOf(bench: Bench): Promise<DependencyDefinition> {
  const factory = (await registerDependencies(bench.options.manifest, bench.options.extension)).get(bench.options.dependencyId);
  require(factory !== undefined, `${bench.options.dependencyId} is not registered`);
  return factory();
}
