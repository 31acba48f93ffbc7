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
  it('tests a line', () => {
    const match = parseGrep('ERROR|timeout$');
    expect(['ERROR one', 'a timeout', 'timeouts'].map(match)).to.deep.equal([true, true, false]);
  });

  it('refuses what is no regular expression, saying why', () => {
    expect(() => parseGrep('(unclosed')).to.throw('--logs-grep: "(unclosed" is not a regular expression: Unterminated group.');
  });
});
