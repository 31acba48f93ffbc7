// Medians of interleaved pairs, with a bound that a resampling of the pairs stays below in 95 of 100 cases.

/** `of` says what is compared: the subject over the base, or the subject less the base. */
export function comparePairs(pairs, of) {
  const judge = (sample) => {
    const subject = median(sample.map((pair) => pair.subject));
    const base = median(sample.map((pair) => pair.base));
    return of === 'ratio' ? subject / base : subject - base;
  };
  const random = mulberry32(pairs.length);
  const resampled = Array.from({ length: 2000 }, () => judge(pairs.map(() => pairs[Math.floor(random() * pairs.length)]))).sort((a, b) => a - b);
  return {
    pairs: pairs.length,
    subject_ms: round(median(pairs.map((pair) => pair.subject))),
    base_ms: round(median(pairs.map((pair) => pair.base))),
    [of]: round(judge(pairs)),
    upper_95: round(resampled[Math.floor(resampled.length * 0.95)]),
  };
}

/** Adds the verdict: met when the median is within the budget, proven when the bound is too. */
export function withBudget(comparison, of, budget) {
  return { ...comparison, budget, met: comparison[of] <= budget, proven: comparison.upper_95 <= budget };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(value) {
  return Math.round(value * 100) / 100;
}

/** A small generator with a seed, so that the same pairs always give the same bound. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
