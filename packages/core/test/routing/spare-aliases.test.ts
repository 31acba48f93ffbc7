import { expect } from 'chai';
import { createRoutingTables, type CommandEntry } from '../../dist/routing/index.js';

const entry = (id: string, more: object): CommandEntry => ({ id, plugin: id, flags: {}, envctl: { family: 'x', bootstrap: 'skip', statePolicy: 'none', mutates: false, ...more } });
const lender = entry('launcher:doctor', { spareAliases: ['doctor'] });

describe('a spare alias', () => {
  it('names its command while nobody else has the word, and gives no flat token', () => {
    const { words, tokens } = createRoutingTables([lender]);
    expect([words.get('doctor'), tokens.has('--doctor')]).to.deep.equal(['launcher:doctor', false]);
  });

  for (const owner of [entry('doctor', {}), entry('inspect', { aliases: ['doctor'] })]) {
    it(`yields to the command ${owner.id} without a clash`, () => {
      const { words, clashes } = createRoutingTables([lender, owner]);
      expect([words.get('doctor'), clashes]).to.deep.equal([owner.id, []]);
    });
  }
});
