/** A seeded source of numbers: the same seed gives the same mutations, on every machine. */
export type Random = (below: number) => number;

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const interesting: readonly string[] = ['\0', '\n', '\r\n', '"', '{', '}', '[', ']', ',', ':', '=', '-', '--', '/', '../', '\\', '\\u0000', 'null', 'true', '1e999', '-1', '""', '{}', '[]', '__proto__', 'constructor', '\ud83d\ude00', '\ufeff'];

/** One to four changes to one of `seeds`: bits, bytes, cuts, copies, words of `dictionary`, pieces of another seed. */
export function mutate(seeds: readonly Buffer[], random: Random, dictionary: readonly string[] = []): Buffer {
  let bytes: Buffer = Buffer.from(pick(seeds, random));
  for (let changes = 1 + random(4); changes > 0; changes -= 1) bytes = change(bytes, seeds, random, dictionary);
  return bytes;
}

function change(bytes: Buffer, seeds: readonly Buffer[], random: Random, dictionary: readonly string[]): Buffer {
  const at = random(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random(24));
  const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random(8)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = flipped[at]! ^ (1 << random(8));
      return flipped;
    }
    case 1:
      return Buffer.concat([head, Buffer.from([random(256)]), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([head, tail]);
    case 3:
      return Buffer.concat([head, middle, middle, tail]);
    case 4:
      return head;
    case 5:
    case 6:
      return Buffer.concat([head, Buffer.from(pick([...interesting, ...dictionary], random)), random(2) === 0 ? tail : bytes.subarray(at)]);
    default: {
      const other = pick(seeds, random);
      const from = random(other.length + 1);
      return Buffer.concat([head, other.subarray(from, from + random(64)), tail]);
    }
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)]!;
}
