import { expect } from 'chai';
import type { Finished } from '../../packaging/run.js';

/** One clear error: exit code 1, one line that says it, no stack and no bug of ours. */
export function expectOneError({ code, stdout, stderr }: Finished, pattern: RegExp = /./): void {
  const said = `${stdout}\n${stderr}`;
  expect(code, said).to.equal(1);
  expectNoStack({ code, stdout, stderr });
  const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
  expect(errors, said).to.have.length(1);
  expect(errors[0]).to.match(pattern);
}

/** Whatever the command did, it did not break. */
export function expectNoStack({ code, stdout, stderr }: Finished): void {
  const said = `${stdout}\n${stderr}`;
  expect(code, said).to.be.oneOf([0, 1]);
  expect(said).not.to.match(/^\s+at .+:\d+|Internal error|UnhandledPromise|ENVCTL_E_BUG/m);
}
