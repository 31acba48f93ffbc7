import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { noSeam, type FaultSeam } from '../contract/seam.js';

/**
 * Reads ENVCTL_TEST_SEAM, which counts only beside ENVCTL_TEST_SEAM_ENABLE=1. `record:<file>` appends the name of
 * each point passed; `stop:<n>:<file>` writes the n-th name (counted from 1) to the file and blocks the whole process there
 * until it is killed from outside. Anything else, and production, is a seam that does nothing.
 */
export function readFaultSeam(env: Readonly<Record<string, string | undefined>>): FaultSeam {
  const order = env['ENVCTL_TEST_SEAM'];
  if (env['ENVCTL_TEST_SEAM_ENABLE'] !== '1' || order === undefined) return noSeam;
  const record = /^record:(.+)$/.exec(order)?.[1];
  if (record !== undefined) return (point) => appendFileSync(record, `${point}\n`);
  const stop = /^stop:([1-9]\d*):(.+)$/.exec(order);
  return stop === null ? noSeam : stopAt(Number(stop[1]), stop[2] ?? '');
}

function stopAt(count: number, file: string): FaultSeam {
  let passed = 0;
  return (point) => {
    passed += 1;
    if (passed !== count) return;
    // Whole or not at all: whoever watches for the file may kill us the moment it is there.
    writeFileSync(`${file}.tmp`, `${point}\n`);
    renameSync(`${file}.tmp`, file);
    // Synchronous: no timer, no signal handler and no other promise of this process runs on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}
