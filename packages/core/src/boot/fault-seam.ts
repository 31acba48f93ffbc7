import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { noSeam, type FaultSeam } from '../contract/seam.js';

/**
 * Reads ENVCTL_TEST_SEAM, which counts only beside ENVCTL_TEST_SEAM_ENABLE=1. `record:<file>` appends the name of
 * each point passed; `stop:<n>:<file>` writes the n-th name (counted from 1) to the file and blocks the whole process there
 * until it is killed from outside; `pause:<n>:<file>` blocks the same way until `<file>.go` is there, and goes on.
 * With `<name>@` before `<n>` only points of that name count: `pause:lease.acquire.after-confirm@2:<file>`. Anything else,
 * and production, is a seam that does nothing.
 */
export function readFaultSeam(env: Readonly<Record<string, string | undefined>>): FaultSeam {
  const order = env['ENVCTL_TEST_SEAM'];
  if (env['ENVCTL_TEST_SEAM_ENABLE'] !== '1' || order === undefined) return noSeam;
  const record = /^record:(.+)$/.exec(order)?.[1];
  if (record !== undefined) return (point) => appendFileSync(record, `${point}\n`);
  const [, kind, name, count, file] = /^(stop|pause):(?:([^:@]+)@)?([1-9]\d*):(.+)$/s.exec(order) ?? [];
  return file === undefined ? noSeam : blockAt({ name, count: Number(count), file, goesOn: kind === 'pause' });
}

const lookEveryMs = 5;

function blockAt({ name, count, file, goesOn }: { readonly name: string | undefined; readonly count: number; readonly file: string; readonly goesOn: boolean }): FaultSeam {
  let passed = 0;
  return (point) => {
    if (name !== undefined && point !== name) return;
    passed += 1;
    if (passed !== count) return;
    // Whole or not at all: whoever watches for the file may kill us the moment it is there.
    writeFileSync(`${file}.tmp`, `${point}\n`);
    renameSync(`${file}.tmp`, file);
    // Synchronous: no timer, no signal handler and no other promise of this process runs on.
    const never = new Int32Array(new SharedArrayBuffer(4));
    do Atomics.wait(never, 0, 0, goesOn ? lookEveryMs : Infinity);
    while (!goesOn || !existsSync(`${file}.go`));
  };
}
