import { within } from '../world/launches.js';
import { bringUp, describe } from './start.js';
import { require, type Bench, type ConformanceCheck } from './types.js';

/** Aborts a start at every point at which it waits. */
export const abortChecks: readonly ConformanceCheck[] = [
  { id: 'start.aborts', title: 'an abort at any await ends the start at once, leaves no process, and the next start succeeds', run: checkAborts },
];

async function checkAborts(bench: Bench): Promise<void> {
  const points = await collectPoints(bench);
  for (const [index, point] of points.entries()) {
    // What the next start finds depends on the kind of point, not on its place: once for each is enough.
    await abortAt(bench, index, `${index + 1} of ${points.length}, ${point}`, points.indexOf(point) === index);
  }
  await abortBetween(bench);
}

/** The points of an undisturbed start, in order; attempts of one wait count once. */
async function collectPoints(bench: Bench): Promise<readonly string[]> {
  const world = await bench.open();
  const points: string[] = [];
  const attempt = await world.start(world.project('Main'), { disturbance: { at: (point) => void (points.at(-1) === point || points.push(point)) } });
  require(attempt.outcome.status === 'ready', `an undisturbed start says ${describe(attempt.outcome)}`);
  await world.dispose();
  return points;
}

async function abortAt(bench: Bench, wanted: number, name: string, recover: boolean): Promise<void> {
  const world = await bench.open();
  const controller = new AbortController();
  let seen = -1;
  let last = '';
  const at = (point: string): void => {
    if (point !== last) seen += 1;
    last = point;
    if (seen === wanted) controller.abort(new Error('cancelled by the conformance kit'));
  };
  await requireAborted(bench, world.start(world.project('Main'), { signal: controller.signal, disturbance: { at } }), name);
  require((await world.survivors()).length === 0, `aborted at ${name}: a process is left`);
  if (recover) await bringUp(world, 'Main');
  // Closed here and not at the end of the check: there are many points, and each world may hold a server.
  await world.dispose();
}

/** Between two calls of the context a plugin waits by itself: for a connection, an answer. */
async function abortBetween(bench: Bench): Promise<void> {
  for (const turns of [1, 2, 4, 8, 16]) {
    const world = await bench.open();
    const controller = new AbortController();
    let armed = false;
    const at = (point: string): void => {
      if (point !== 'until.attempt' || armed) return;
      armed = true;
      void laterBy(turns).then(() => controller.abort(new Error('cancelled by the conformance kit')));
    };
    // The start may be done before the abort comes; what must not happen is a third way.
    const outcome = await within(
      world.start(world.project('Main'), { signal: controller.signal, disturbance: { at } }).then((attempt) => attempt.outcome.status, () => 'aborted'),
      bench.options.startTimeoutMs ?? 60_000,
    );
    require(outcome === 'aborted' || outcome === 'ready', `aborted ${turns} turns into a wait: the start says ${String(outcome)}`);
    if (outcome === 'aborted') require((await world.survivors()).length === 0, `aborted ${turns} turns into a wait: a process is left`);
    await world.dispose();
  }
}

async function requireAborted(bench: Bench, start: Promise<{ readonly outcome: { readonly status: string } }>, name: string): Promise<void> {
  const result = await within(
    start.then((attempt) => `returned ${attempt.outcome.status}`, () => 'rejected'),
    (bench.options.startTimeoutMs ?? 60_000) + (bench.options.abortTimeoutMs ?? 5_000),
  );
  require(result !== undefined, `aborted at ${name}: the start goes on`);
  require(result === 'rejected', `aborted at ${name}: the start ${result} instead of rejecting`);
}

async function laterBy(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
