import { expect } from 'chai';
import { inServiceColour, renderLog, renderLogLines } from '../../dist/ui/index.js';

describe('renderLogLines', () => {
  it('gives a service the same colour whatever else is shown, and other services others', () => {
    const first = renderLogLines('Main Backend', ['up'], { width: 12, colour: true });
    expect(renderLogLines('Main Backend', ['up'], { width: 12, colour: true })).to.equal(first);
    expect(inServiceColour('Main Backend', '', true)).not.to.equal(inServiceColour('Main Frontend', '', true));
    expect(first).to.match(/^\u001b\[\d+mMain Backend \|\u001b\[0m up\n$/);
  });

  it('has no escape sequence without colour', () => {
    expect(renderLogLines('Main Backend', ['a', 'b'], { width: 13, colour: false })).to.equal('Main Backend  | a\nMain Backend  | b\n');
  });

  it('names no service where there is one only', () => {
    expect(renderLogLines('Main Backend', ['a'], { width: undefined, colour: true })).to.equal('a\n');
  });
});

describe('showControls', () => {
  for (const [text, shown] of [
    ['10%\r20%', '10%␍20%'],
    ['a\u0000b\tc\bd\u0007e\u000ef', 'a␀b\tc␈d␇e␎f'],
    ['\u009b2J\u007f', '\ufffd2J␡'],
    ['\u001b[31mred\u001b[0m \u001b[38:2::1:2:3mtrue\u001b[m', '\u001b[31mred\u001b[0m \u001b[38:2::1:2:3mtrue\u001b[m'],
    ['\u001b', '␛'],
    ['größer 😀', 'größer 😀'],
  ] as const) {
    it(`shows ${JSON.stringify(text)}`, () => expect(renderLogLines('a', [text], { width: undefined, colour: true })).to.equal(`${shown}\n`));
  }
});

describe('renderLog', () => {
  it('says what has to be known of the lines', () => {
    const log = { name: 'Main Backend', log_path: '/logs/b.log', tail_lines: ['one'], since_basis: 'file', tail_cut: true } as const;
    expect(renderLog(log, false).split('\n')).to.deep.equal(['Main Backend: log=/logs/b.log (its lines say no time: earlier ones of a file that was written to since then are among them; earlier lines are left out: more than 8 MiB)', 'one']);
  });
});
