import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { followLog, scanLogIssues, tailLines } from '../../dist/services/index.js';
import type { RunState, ServiceRecord } from '../../dist/state/index.js';
import { clearLogs } from '../../dist/state-actions/index.js';
import { createBench, type Bench } from '../processes/support.js';

const count = 30_000;
/**
 * Numbered lines of 60 characters, at most 25,000 a second and never so far before the reader that one is rotated away
 * unread, with an error among them; then it waits.
 */
const script = `
const { readFileSync } = require('fs');
let index = 0;
const timer = setInterval(() => {
  let text = '';
  for (let end = Math.min(index + 250, Number(readFileSync(process.argv[1], 'utf8')) + 5000, ${count}); index < end; index += 1) text += String(index).padEnd(60, '.') + '\\n';
  process.stdout.write(text);
  if (index === ${count}) {
    clearInterval(timer);
    console.error('TypeError: after all\\n    at somewhere (file.js:1:2)');
    setInterval(() => process.stdout.write('tick\\n'), 20);
  }
}, 10);`;

describe('the log of a runner that rotates it', function () {
  this.timeout(120_000);
  let bench: Bench;
  before(() => (bench = createBench()));
  after(() => bench.close());

  it('is followed without a line lost or doubled, read backwards across the rotation, searched for errors, and cleared while it is written to', async () => {
    const read = join(bench.directory, 'read');
    writeFileSync(read, '0');
    const { spec } = await bench.start([process.execPath, '-e', script, read], { logMaxBytes: 512 * 1024, logRotation: 'running' });
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const lines of followLog(spec.logPath, { from: 'start', signal: stop.signal })) {
      seen.push(...lines);
      writeFileSync(`${read}.new`, String(seen.length));
      renameSync(`${read}.new`, read);
      if (seen.some((line) => line === 'tick')) break;
    }
    expect(seen.slice(0, count).map((line) => Number(line.slice(0, 5).replaceAll('.', '')))).to.deep.equal(Array.from({ length: count }, (_, index) => index));
    expect(seen[count]).to.equal('TypeError: after all');
    expect(existsSync(`${spec.logPath}.1`)).to.equal(true);
    const tail = (await tailLines(spec.logPath, 9000)).filter((line) => /^\d+\.+$/.test(line));
    expect(tail.map((line) => Number(line.slice(0, 5).replaceAll('.', '')))).to.deep.equal(Array.from({ length: tail.length }, (_, index) => count - tail.length + index));
    const { issues } = await scanLogIssues(spec.logPath, (text) => text);
    expect(issues.map(({ rule, headline, excerpt }) => [rule, headline, excerpt.length])).to.deep.equal([['node.error', 'TypeError: after all', 2]]);

    const cleared = await clearLogs({ run_id: 'run-1', mode: 'main' } as RunState, [{ name: 'a', log_path: spec.logPath } as ServiceRecord]);
    expect(cleared.services[0]).to.include({ status: 'cleared', removed: 1 });
    expect(existsSync(`${spec.logPath}.1`)).to.equal(false);
    const after = new AbortController();
    for await (const lines of followLog(spec.logPath, { from: 'start', signal: after.signal })) {
      expect(lines[0]).to.equal('tick');
      break;
    }
    stop.abort();
  });
});
