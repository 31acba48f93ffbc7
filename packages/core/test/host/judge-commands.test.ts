import { expect } from 'chai';
import { judgeCommands } from '../../dist/host/index.js';

const contract = { family: 'toys', bootstrap: 'skip', statePolicy: 'none', mutates: false };
const plugin = (...commands: readonly object[]) => ({ name: 'toy', version: '1.2.3', commands });

describe('judgeCommands', () => {
  it('keeps what can be routed, and the order', () => {
    const toy = plugin({ id: 'b', flags: {}, envctl: contract }, { id: 'a', flags: { x: { type: 'option', options: ['1'] } } });
    const { commandsOf, warnings } = judgeCommands([toy]);
    expect(commandsOf(toy)).to.deep.equal(toy.commands);
    expect(warnings).to.deep.equal([]);
  });

  const table: readonly (readonly [string, object, RegExp])[] = [
    ['aliases that are no list', { envctl: { ...contract, aliases: 'play' } }, /oclif\.manifest\.json\.bad\.envctl\.aliases/],
    ['spare aliases that are no list', { envctl: { ...contract, spareAliases: 'play' } }, /\.envctl\.spareAliases/],
    ['a spare alias of two words', { envctl: { ...contract, spareAliases: ['play now'] } }, /\.envctl\.spareAliases\.0/],
    ['an assignment that is nothing', { envctl: { ...contract, assignments: { A: null } } }, /\.assignments\.A/],
    ['a token without dashes', { envctl: { ...contract, flagTokens: { now: { flag: 'x', value: true } } } }, /\.flagTokens/],
    ['a pair flag that the command has not', { envctl: { ...contract, pairFlags: { move: ['A', 'B'] } } }, /names the flag move, which the command has not/],
    ['a family that is missing', { envctl: { bootstrap: 'skip', statePolicy: 'none', mutates: false } }, /\.envctl\.family/],
    ['flags that are none', { flags: 7 }, /\.flags/],
  ];
  for (const [title, change, where] of table) {
    it(`sets a command aside for ${title}, and only that one`, () => {
      const toy = plugin({ id: 'bad', flags: {}, ...change }, { id: 'good', flags: {}, envctl: contract });
      const { commandsOf, warnings } = judgeCommands([toy]);
      expect(commandsOf(toy).map((command) => (command as { id: string }).id)).to.deep.equal(['good']);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(where).and.to.contain('toy@1.2.3').and.to.contain('ENVCTL_E_PLUGIN_MANIFEST');
    });
  }
});
