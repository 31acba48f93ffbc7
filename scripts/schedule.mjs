// Runs work side by side on so many jobs, in the order given as far as this holds: two pieces of one lane never run
// together. A piece that `isBackground` starts first and takes no job: it yields the processors to all others by itself.

export async function schedule(work, { jobs }) {
  const background = work.filter(({ isBackground }) => isBackground).map((piece) => piece.run());
  const waiting = work.filter(({ isBackground }) => !isBackground);
  const running = new Map();
  while (waiting.length + running.size > 0) {
    for (let next = takeNext(waiting, running, jobs); next !== undefined; next = takeNext(waiting, running, jobs)) {
      const piece = next;
      running.set(
        piece,
        Promise.resolve(piece.run()).finally(() => running.delete(piece)),
      );
    }
    await Promise.race(running.values());
  }
  await Promise.all(background);
}

function takeNext(waiting, running, jobs) {
  const active = [...running.keys()];
  if (active.length >= jobs) return undefined;
  const at = waiting.findIndex(({ lane }) => lane === undefined || active.every((piece) => piece.lane !== lane));
  return at === -1 ? undefined : waiting.splice(at, 1)[0];
}
