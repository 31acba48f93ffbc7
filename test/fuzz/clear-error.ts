import { expect } from 'chai';
import { isEnvctlError } from '../../packages/core/dist/contract/index.js';

/** How many cases each input gets of each kind: made by an arbitrary, and mutated from what is real; 20,000 together. */
export const cases = 10_000;

/** Runs `work`; whatever it throws must be one error that a user can act on. True when it succeeded. */
export function succeedsOrSaysWhy(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    expectClear(error);
    return false;
  }
}

export async function succeedsOrSaysWhyAsync(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    expectClear(error);
    return false;
  }
}

function expectClear(error: unknown): void {
  if (!isEnvctlError(error)) throw error;
  // Cheap checks first: this is asked tens of thousands of times.
  if (error.kind !== 'bug' && error.message !== '' && !/\bundefined\b|\[object |\bat .+:\d+:\d+/.test(error.message)) return;
  expect.fail(`not a clear error: ${error.code} ${error.message}`);
}
