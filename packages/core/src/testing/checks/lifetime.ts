import { within } from '../world/waiting.js';
import type { World } from '../world/types.js';
import { bringUp, describe, requireNothing } from './start.js';
import { require, Skip, type Bench, type ConformanceCheck } from './types.js';

/** Checks of what happens between and after starts. */
export const lifetimeChecks: readonly ConformanceCheck[] = [
  { id: 'projects.apart', title: 'two projects come up at once, and neither can open what the other has', run: checkApart },
  { id: 'projects.leave', title: 'a project that stops takes nothing from one that goes on', run: checkLeave },
  { id: 'teardown.from-record', title: 'the recorded data alone is enough to remove a project, and nothing of another', run: checkTeardown },
  { id: 'stop.whole', title: 'the declared ladder ends every process of the server without a kill', run: checkStop },
  { id: 'data.removed', title: 'what was stored outlives a stop, and nothing outlives the removal of the data', run: checkRemoval },
  { id: 'signals.declared', title: 'only declared events and fields are emitted, and no secret in them', run: checkSignals },
  { id: 'secrets.stay', title: 'no secret is in an argv, a log, a state file or an outcome', run: checkSecrets },
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

async function checkLeave(bench: Bench): Promise<void> {
  const world = await bench.open();
  await bringUp(world, 'one');
  const two = await bringUp(world, 'two');
  await world.stop(['one']);
  await bench.options.use(two.env);
  const probe = await world.probe(world.project('two'));
  require(probe.status === 'ready' || probe.status === 'adopted', `when the other has left the probe says ${describe(probe)}`);
  await world.stop(['two']);
  await requireNothing(world, 'after the last project has left');
}

async function checkTeardown(bench: Bench): Promise<void> {
  const world = await bench.open();
  const one = await bringUp(world, 'one');
  const two = await bringUp(world, 'two');
  const resources = (await world.records()).filter((record) => record.kind === 'logical');
  if (resources.length === 0) throw new Skip('it has no logical resources');
  require(resources.some((record) => record.resource?.project === 'one'), 'no logical resource names its project');
  await world.tearDown(world.project('one'));
  const left = (await world.records()).filter((record) => record.resource?.project === 'one');
  require(left.length === 0, `it makes logical resources and does not remove them: ${left.map((record) => record.name).join(', ')}`);
  require(!(await works(bench, one.env)), 'the removed project still works');
  await bench.options.use(two.env);
  const again = await bringUp(world, 'one');
  await bench.options.use(again.env);
  await world.tearDown(world.project('one'));
  await bench.options.use(two.env);
}

async function checkStop(bench: Bench): Promise<void> {
  const world = await bench.open();
  const attempt = await bringUp(world, 'Main');
  await bench.options.use(attempt.env);
  const endings = await world.stop();
  await requireNothing(world, 'left after the stop');
  for (const { launch, code } of endings) require(code !== undefined && code !== 137, `${launch} had to be killed: its ladder does not end it`);
}

async function checkRemoval(bench: Bench): Promise<void> {
  const world = await bench.open();
  const before = await bringUp(world, 'Main');
  await world.stop();
  const again = await bringUp(world, 'Main');
  require(JSON.stringify(again.env) === JSON.stringify(before.env), 'after a stop the variables changed');
  await bench.options.use(again.env);
  await world.stop();
  await world.remove();
  const records = await world.records();
  require(records.length === 0, `on record when the data is removed: ${records.map((record) => `${record.kind} ${record.name}`).join(', ')}`);
  const anew = await bringUp(world, 'Main');
  require(anew.outcome.status === 'ready', `without its data the start says ${describe(anew.outcome)}`);
  await bench.options.use(anew.env);
}

async function checkSignals(bench: Bench): Promise<void> {
  const world = await bench.open();
  await exercise(world);
  const declared = new Map((bench.plugin.manifest.contributes.signals ?? []).map((signal) => [signal.event, signal]));
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
    ['a state file', await world.written()],
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
  const attempt = await given.start(given.project('Main'));
  require(attempt.plugin.acquired.length === 0, `the external driver acquired something: ${attempt.plugin.acquired.join(', ')}`);
  require(attempt.outcome.status === 'ready', `the start on a given server says ${describe(attempt.outcome)}`);
  require((await given.records()).length === 0, 'something of a given server is on record');
  await use(attempt.env);
  await given.stop();
  await use(attempt.env);
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
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'TLSWrap', 'FSEventWrap', 'ProcessWrap']);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind)).length;
}

async function works(bench: Bench, env: Readonly<Record<string, string>>): Promise<boolean> {
  return (await within(bench.options.use(env).then(() => true, () => false), 20_000)) ?? false;
}
