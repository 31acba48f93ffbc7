/**
 * Takes a lock again and again, each time adding one to a counter it reads and writes in two steps, and
 * leaving a witness while it is inside. Arguments: directory, rounds. Prints each value it wrote.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerationLock, writeFileAtomic } from '../../dist/fs/index.js';
import { isAlive, ownIdentity } from './support.js';

const [directory = '', rounds = '0'] = process.argv.slice(2);
const identity = ownIdentity();
const lock = createGenerationLock({ directory, name: 'hammer', identity, isAlive });
const counter = join(directory, 'counter');
const witness = join(directory, 'witness');

for (let round = 0; round < Number(rounds); round += 1) {
  const value = await lock.hold(`round ${round}`, { timeoutMs: 60_000 }, async () => {
    enter();
    const next = Number(readFileSync(counter, 'utf8')) + 1;
    await new Promise((resolve) => { setImmediate(resolve); });
    await writeFileAtomic(counter, String(next), { durable: false });
    rmSync(witness);
    return next;
  });
  writeSync(1, `${value}\n`);
}

function enter(): void {
  try {
    const other = JSON.parse(readFileSync(witness, 'utf8')) as { pid: number; startTicks: string };
    if (isAlive(other)) {
      writeFileSync(join(directory, 'violation'), `${identity.pid} met ${other.pid}`);
      process.exitCode = 3;
    }
  } catch {
    // No witness, or one whose writer was killed while writing it.
  }
  const file = openSync(witness, 'w');
  writeSync(file, JSON.stringify(identity));
  closeSync(file);
}
