import { expect } from 'chai';
import { keepColours, stripEscapes } from '../../dist/services/index.js';

describe('escape sequences of a line', () => {
  const rows = [
    ['a colour', '\u001b[1;31mred\u001b[0m', 'red', '\u001b[1;31mred\u001b[0m\u001b[0m'],
    ['a colour with colons', '\u001b[38:2::1:2:3mred', 'red', '\u001b[38:2::1:2:3mred\u001b[0m'],
    ['a cleared screen', '\u001b[2J\u001b[Hup', 'up', 'up'],
    ['a full reset', '\u001bcup', 'up', 'up'],
    ['a saved cursor', '\u001b7up\u001b8', 'up', 'up'],
    ['another character set', '\u001b(0up\u001b)B', 'up', 'up'],
    ['a mode of the keyboard', '\u001b[>4;2mup\u001b[?25l', 'up', 'up'],
    ['a title and a link', '\u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link', 'link'],
    ['a picture', '\u001bPq#0;2;0;0;0\u001b\\up', 'up', 'up'],
    ['none', 'up [31m', 'up [31m', 'up [31m'],
  ] as const;
  for (const [title, line, plain, coloured] of rows) {
    it(`${title}: taken out, or kept if it is a colour`, () => expect([stripEscapes(line), keepColours(line)]).to.deep.equal([plain, coloured]));
  }

  it('take no time that grows with what follows', () => {
    for (const piece of ['\u001b]', '\u001bP', '\u001b[', '\u001b(', '\u001b[0;']) expect(stripEscapes(piece.repeat(1_000_000)).length).to.be.lessThan(5_000_000);
  });
});
