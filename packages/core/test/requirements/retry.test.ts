import { expect } from 'chai';
import type { FailureClass } from '../../dist/contract/index.js';
import { decideRetry } from '../../dist/requirements/retry.js';

describe('decideRetry', () => {
  const limits = { bind: 8, transient: 3 };
  const table: readonly (readonly [FailureClass, { bind: number; transient: number }, object])[] = [
    ['bind_conflict_retryable', { bind: 0, transient: 0 }, { retry: true, port: 'next', counts: { bind: 1, transient: 0 } }],
    ['bind_conflict_retryable', { bind: 7, transient: 2 }, { retry: true, port: 'next', counts: { bind: 8, transient: 2 } }],
    ['bind_conflict_retryable', { bind: 8, transient: 0 }, { retry: false }],
    ['transient_probe_timeout_retryable', { bind: 8, transient: 2 }, { retry: true, port: 'same', counts: { bind: 8, transient: 3 } }],
    ['transient_probe_timeout_retryable', { bind: 0, transient: 3 }, { retry: false }],
    ['bootstrap_soft_failure', { bind: 0, transient: 0 }, { retry: false }],
    ['hard_start_failure', { bind: 0, transient: 0 }, { retry: false }],
  ];
  for (const [failureClass, counts, expected] of table) {
    it(`${failureClass} after ${JSON.stringify(counts)}`, () => {
      expect(decideRetry({ status: 'failed', class: failureClass, reasonCode: 'x', message: 'x' }, counts, limits)).to.deep.equal(expected);
    });
  }
});
