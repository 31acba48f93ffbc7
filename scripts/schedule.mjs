// Runs work side by side on so many jobs, in the order given as far as this holds:
// two pieces of one lane never run together, and beside a piece that `isAlone` nothing runs.

export async function schedule(work, { jobs }) {
  const waiting = [...work.filter(({ isAlone }) => !isAlone), ...work.filter(({ isAlone }) => isAlone)];
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
}

function takeNext(waiting, running, jobs) {
  const active = [...running.keys()];
  const isFree = (piece) => {
    if (active.length === 0) return true;
    if (piece.isAlone || active.some(({ isAlone }) => isAlone) || active.length >= jobs) return false;
    return piece.lane === undefined || active.every(({ lane }) => lane !== piece.lane);
  };
  const at = waiting.findIndex(isFree);
  return at === -1 ? undefined : waiting.splice(at, 1)[0];
}
