import { within } from '../world/waiting.js';
import type { PluginTrace, World } from '../world/types.js';
import { bringUp, requireNothing } from './start.js';
import { require, type Bench, type ConformanceCheck } from './types.js';

/** Aborts a start at every point at which it waits. */
export const abortChecks: readonly ConformanceCheck[] = [
  { id: 'start.aborts', title: 'an abort at any await ends the start at once, leaves nothing, and the next start succeeds', run: checkAborts },
];

/** The n-th passage of a point. */
interface Passage {
  readonly point: string;
  readonly count: number;
}

/**
 * One world for all points, in the order of a first start: each start finds what the aborted one before it left,
 * and comes a little further.
 */
async function checkAborts(bench: Bench): Promise<void> {
  const passages = await collectPassages(bench);
  const world = await bench.open();
  let aborted = 0;
  for (const passage of passages) aborted += (await abortAt(bench, world, passage)) ? 1 : 0;
  require(aborted > 0, 'no point was reached');
  for (const turns of [1, 2, 4, 8, 16]) await abortBetween(bench, world, turns);
  const attempt = await bringUp(world, 'Main');
  await bench.options.use(attempt.env);
}

/** Every call of the start context, and each seam of core once. */
async function collectPassages(bench: Bench): Promise<readonly Passage[]> {
  const world = await bench.open();
  const counts = new Map<string, number>();
  const passages: Passage[] = [];
  const at = (point: string): void => {
    const count = (counts.get(point) ?? 0) + 1;
    counts.set(point, count);
    if (count === 1 || (point.startsWith('ctx.') && point !== 'ctx.until.attempt')) passages.push({ point, count });
  };
  const { outcome } = await world.start(world.project('Main'), { disturbance: { at } });
  require(outcome.status === 'ready', `an undisturbed start says ${outcome.status}`);
  await world.dispose();
  return passages;
}

/** False when the point was not passed this time: what it does was done before. */
async function abortAt(bench: Bench, world: World, { point, count }: Passage): Promise<boolean> {
  const controller = new AbortController();
  let left = count;
  let trace: PluginTrace | undefined;
  let returnedBefore = false;
  const at = (passed: string): void => {
    if (passed !== point || --left !== 0) return;
    returnedBefore = (trace?.outcomes.length ?? 0) > 0;
    controller.abort(new Error('cancelled by the conformance kit'));
  };
  const onTrace = (found: PluginTrace): void => void (trace = found);
  const result = await start(bench, world, { signal: controller.signal, disturbance: { at }, onTrace });
  const where = `aborted at ${point}, passage ${count}`;
  require(result !== undefined, `${where}: the start goes on`);
  const last = trace?.outcomes.at(-1);
  if (controller.signal.aborted && !returnedBefore) {
    // What it had already finished core undoes; an abort is no failure of the server.
    require(typeof last !== 'object' || last.status !== 'failed', `${where}: the plugin returned failed instead of rejecting`);
    require(result === 'rejected', `${where}: the start ${result}`);
  }
  if (result !== 'rejected') await world.stop();
  await requireNothing(world, where);
  return controller.signal.aborted;
}

/** Between two calls of the context a plugin waits by itself: for a connection, an answer. */
async function abortBetween(bench: Bench, world: World, turns: number): Promise<void> {
  const controller = new AbortController();
  let armed = false;
  const at = (point: string): void => {
    if (point !== 'ctx.until.attempt' || armed) return;
    armed = true;
    void laterBy(turns).then(() => controller.abort(new Error('cancelled by the conformance kit')));
  };
  const result = await start(bench, world, { signal: controller.signal, disturbance: { at } });
  // The start may be done before the abort comes; what must not happen is a third way.
  require(result === 'rejected' || result === 'says ready', `aborted ${turns} turns into a wait: the start ${result ?? 'goes on'}`);
  if (result !== 'rejected') await world.stop();
  await requireNothing(world, `aborted ${turns} turns into a wait`);
}

async function start(bench: Bench, world: World, options: Parameters<World['start']>[1]): Promise<string | undefined> {
  return await within(
    world.start(world.project('Main'), options).then((attempt) => `says ${attempt.outcome.status}`, () => 'rejected'),
    (bench.options.startTimeoutMs ?? 60_000) + (bench.options.abortTimeoutMs ?? 5_000),
  );
}

async function laterBy(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
