import { expect } from 'chai';
import { readStartScope, type StartScope } from '../../dist/startup/index.js';

describe('readStartScope', () => {
  const read = (flags: readonly string[], services: readonly string[] = []) => readStartScope({ flags: Object.fromEntries(flags.map((name) => [name, true])), services: [...services] });
  const everything: StartScope = { services: [], alone: false, dependenciesOnly: false };
  const table: readonly (readonly [flags: readonly string[], expected: StartScope])[] = [
    [[], everything],
    [['entire-system'], everything],
    [['backend'], { ...everything, services: ['backend'] }],
    [['frontend'], { ...everything, services: ['frontend'] }],
    [['fullstack'], { ...everything, services: ['backend', 'frontend'] }],
    [['backend', 'frontend'], { ...everything, services: ['backend', 'frontend'] }],
    [['dependencies'], { ...everything, dependenciesOnly: true }],
    [['backend', 'dependencies'], { ...everything, services: ['backend'] }],
    [['only-backend'], { services: ['backend'], alone: true, dependenciesOnly: false }],
    [['only-frontend', 'no-deps'], { services: ['frontend'], alone: true, dependenciesOnly: false }],
    [['no-deps'], { ...everything, alone: true }],
    [['backend', 'no-deps'], { services: ['backend'], alone: true, dependenciesOnly: false }],
  ];
  for (const [flags, expected] of table) it(flags.map((name) => `--${name}`).join(' ') || 'nothing', () => expect(read(flags)).to.deep.equal(expected));

  it('--dependencies beside a named service means both', () => expect(read(['dependencies'], ['worker'])).to.include({ dependenciesOnly: false }));

  const refused: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['entire-system', 'backend'], []],
    [['only-backend', 'only-frontend'], []],
    [['only-backend', 'frontend'], []],
    [['only-backend'], ['worker']],
    [['dependencies', 'no-deps'], []],
  ];
  for (const [flags, services] of refused) {
    it(`refuses ${[...flags, ...services].join(' with ')}`, () => expect(() => read(flags, services)).to.throw('contradict each other').with.property('code', 'ENVCTL_E_ARGV_INVALID'));
  }
});
