import { expect } from 'chai';
import { parseGrep, parseSince } from '../../dist/state-actions/index.js';

const now = new Date(2026, 10, 22, 17, 5, 0).getTime();

describe('parseSince', () => {
  const rows: readonly (readonly [text: string, time: number])[] = [
    ['90', now - 90_000],
    ['500ms', now - 500],
    ['10m', now - 600_000],
    ['1h30m', now - 5_400_000],
    ['2d', now - 172_800_000],
    ['1.5h', now - 5_400_000],
    ['2026-11-22T17:00:00Z', Date.UTC(2026, 10, 22, 17)],
    ['2026-11-22T17:00', new Date(2026, 10, 22, 17).getTime()],
    ['2026-11-22', new Date(2026, 10, 22).getTime()],
    ['17:00', new Date(2026, 10, 22, 17).getTime()],
    ['18:00:30', new Date(2026, 10, 21, 18, 0, 30).getTime()],
  ];
  for (const [text, time] of rows) {
    it(`reads ${text}`, () => expect(parseSince(text, now)).to.equal(time));
  }
  for (const text of ['', 'yesterday', '10x', '25:00', '-5m', '2026-99-01', '5m later']) {
    it(`refuses "${text}" with what would do`, () => {
      expect(() => parseSince(text, now)).to.throw().with.property('code', 'ENVCTL_E_ARGV_INVALID');
    });
  }
});

describe('parseGrep', () => {
  for (const [pattern, expected] of [['ERROR|timeout$', [true, true, false]], ['ERR+OR|timeout$', [true, true, false]], ['(E)R{2}.\\1?', [true, false, false]]] as const) {
    it(`tests lines for ${pattern}`, () => expect(parseGrep(pattern)(['ERROR one', 'a timeout', 'timeouts'])).to.deep.equal(expected));
  }

  for (const pattern of ['(a+)+$', '(a|aa)+$', '^(?:a|a?b?)+$', '^(a+)+\\1b$']) {
    it(`interrupts ${pattern} over a line that it tries every way, and does not begin again`, () => {
      const match = parseGrep(pattern, 50);
      for (const lines of [['fine', `${'a'.repeat(59)}!`], ['fine']]) expect(() => match(lines)).to.throw(`--logs-grep: "${pattern}" takes more than 0.05 s over a few lines.`).with.property('code', 'ENVCTL_E_ARGV_INVALID');
    });
  }

  it('refuses what is no regular expression, saying why', () => {
    expect(() => parseGrep('(unclosed')).to.throw('--logs-grep: "(unclosed" is not a regular expression: Unterminated group.');
  });
});
