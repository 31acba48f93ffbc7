import { expect } from 'chai';
import { assertStatePolicy, type StateUse } from '../../dist/runtime/state-policy.js';

describe('the state policy of a command', () => {
  const table: readonly (readonly ['none' | 'load' | 'skip-startup' | undefined, readonly StateUse[]])[] = [
    ['none', ['start', 'restore', 'read']],
    ['load', ['restore', 'read']],
    ['skip-startup', []],
    [undefined, ['start', 'restore', 'read']],
  ];
  for (const [policy, permitted] of table) {
    for (const use of ['start', 'restore', 'read'] as const) {
      it(`${policy ?? 'undeclared'}: ${use} is ${permitted.includes(use) ? 'permitted' : 'refused'}`, () => {
        const ask = (): void => assertStatePolicy('toy', policy, use);
        if (permitted.includes(use)) expect(ask).to.not.throw();
        else expect(ask).to.throw(`The command toy declares the state policy ${policy ?? ''} and asked`).with.property('code', 'ENVCTL_E_BUG');
      });
    }
  }
});
