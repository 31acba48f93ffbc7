import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { World } from './e2e/world.js';
import { createInventoryWorld, observeArtifacts, observeCommands, observeExitCodes, observeModes, observeOptions, observeTexts, observeWords, type Original } from './inventory/observe.js';
import { observeDocuments } from './inventory/observe-documents.js';
import { observeKeys } from './inventory/observe-keys.js';
import type { Observation } from './inventory/observation.js';

/** A difference to the original that was decided: `decision` is what the product does now, in the words of the observation. */
interface Decision {
  readonly item: string;
  readonly decision: string;
  readonly reason: string;
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`../test/inventory/${file}`, import.meta.url), 'utf8'));
const original = read('original.json') as Original;
const decided = read('decided.json') as readonly Decision[];

/** A key's row in contracts/config-keys.json is its decision. */
const byItsRow = 'decided by its row';

describe('the inventory of the original', function () {
  this.timeout(300_000);
  let world: World;
  const observed: Observation[] = [];
  before(async () => (world = await createInventoryWorld()));
  after(() => world.close());

  const parts: readonly (readonly [string, () => Promise<readonly Observation[]>])[] = [
    ['words of commands and of the launcher', () => observeWords(world, original)],
    ['mode tokens', () => observeModes(world, original)],
    ['flags and assignments', () => observeOptions(world, original)],
    ['families, state policies, JSON, life without a configuration', () => observeCommands(world, original)],
    ['exit codes of commands', () => observeExitCodes(world, original)],
    ['configuration keys', () => observeKeys(world, original)],
    ['artifacts', () => observeArtifacts(world, original)],
    ['fields of JSON documents and artifacts', () => observeDocuments(original)],
    ['texts and exit codes', () => observeTexts(world, original)],
  ];
  for (const [title, observe] of parts) {
    it(`${title}: every difference is a decided one`, async () => {
      const found = await observe();
      observed.push(...found);
      const differences = found.filter(({ original: was, found: is }) => was !== is && is !== byItsRow);
      const undecided = differences.filter(({ item, found: is }) => decided.find((one) => one.item === item)?.decision !== is);
      expect(undecided).to.deep.equal([]);
    });
  }

  it('every decision is about a difference that is there, says why, and is there once', function () {
    if (observed.length === 0) this.skip();
    const different = new Set(observed.filter(({ original: was, found: is }) => was !== is).map(({ item }) => item));
    expect(decided.filter(({ item }) => !different.has(item)).map(({ item }) => item)).to.deep.equal([]);
    expect(decided.filter(({ reason }) => reason.length < 10)).to.deep.equal([]);
    expect(new Set(decided.map(({ item }) => item)).size).to.equal(decided.length);
  });
});
