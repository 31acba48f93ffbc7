import { expect } from 'chai';
import { lineTime } from '../../dist/services/line-time.js';

const instant = Date.UTC(2026, 10, 22, 17, 5, 3);
const local = new Date(2026, 10, 22, 17, 5, 3).getTime();

describe('lineTime', () => {
  const rows: readonly (readonly [line: string, time: number | undefined])[] = [
    ['2026-11-22T17:05:03Z started', instant],
    ['2026-11-22T17:05:03.250Z started', instant + 250],
    ['2026-11-22T17:05:03.123456789Z started', instant + 123],
    ['2026-11-22T19:05:03+02:00 started', instant],
    ['[2026-11-22 17:05:03 +0000] [12] [INFO] Booting worker', instant],
    ['2026-11-22 17:05:03,250 INFO root: ready', local + 250],
    ['2026/11/22 17:05:03 listening on :8000', local],
    ['INFO  2026-11-22 17:05:03 ready', local],
    ['127.0.0.1 - - [22/Nov/2026:17:05:03 +0000] "GET / HTTP/1.1" 200', instant],
    ['[22/Nov/2026 17:05:03] "GET / HTTP/1.1" 200 12', local],
    ['{"level":30,"time":1795367103000,"msg":"up"}', 1_795_367_103_000],
    ['{"ts":1795367103.5,"msg":"up"}', 1_795_367_103_500],
    ['{"timestamp":"2026-11-22T17:05:03Z","message":"2020-01-01T00:00:00Z"}', instant],
    ['ready on port 8000', undefined],
    ['17:05:03 [vite] hmr update', undefined],
    ['2026-13-22T17:05:03Z a month that is none', undefined],
    ['0001-01-01T00:00:00Z a zero value', undefined],
    ['{"msg":"2026-11-22T17:05:03Z"}', undefined],
    [`${'x'.repeat(300)} 2026-11-22T17:05:03Z`, undefined],
  ];
  for (const [line, time] of rows) {
    it(`${time === undefined ? 'finds none in' : 'reads'} ${line.slice(0, 60)}`, () => {
      expect(lineTime(line)).to.equal(time);
    });
  }
});
