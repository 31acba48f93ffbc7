/**
 * Generated projects of all frameworks, one after the other, with the newest versions of their generators. Writes one result per
 * project into test/nightly/results/apps.json and ends with 1 when one of them failed.
 *
 *   node dist-test/nightly/apps.js              all of them
 *   node dist-test/nightly/apps.js next django  only these; the results of the others stay
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedApps } from '../apps/generated/index.js';
import { checkGenerated } from '../apps/generated/check-generated.js';

interface Result {
  readonly id: string;
  readonly generator: string;
  /** Of the generator. */
  readonly version: string | null;
  /** ISO 8601, UTC, to the day. */
  readonly date: string;
  readonly node: string;
  readonly outcome: 'passed' | 'failed';
  readonly seconds: number;
  /** The first lines of what went wrong. */
  readonly failure?: string;
}

const file = fileURLToPath(new URL('../../test/nightly/results/apps.json', import.meta.url));
const names = process.argv.slice(2);
const chosen = generatedApps.filter(({ id }) => names.length === 0 || names.includes(id));
let results = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Result[]) : [];

for (const app of chosen) {
  const startedMs = performance.now();
  const outcome = await checkGenerated(app).then(
    (version) => ({ version, outcome: 'passed' as const }),
    (error: unknown) => ({ version: null, outcome: 'failed' as const, failure: String(error).split('\n').slice(0, 20).join('\n') }),
  );
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const result: Result = { id: app.id, generator: app.generator, date: new Date().toISOString().slice(0, 10), node: process.version, seconds, ...outcome };
  results = [...results.filter(({ id }) => id !== app.id), result].sort((one, other) => (one.id < other.id ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${result.outcome} ${app.id} ${result.version ?? ''} ${seconds} s\n${result.failure === undefined ? '' : `${result.failure}\n`}`);
}
process.exitCode = results.some(({ id, outcome }) => outcome === 'failed' && chosen.some((app) => app.id === id)) ? 1 : 0;
