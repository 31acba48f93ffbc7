/**
 * The time that a line of a log says it was written at. A log file keeps no time of its lines; most servers print one.
 * Read are RFC 3339 and its relatives at the beginning of a line, the access log form, and the time of a JSON line.
 */
const beginningChars = 160;
const jsonChars = 4096;

// 2026-11-22T17:05:03.123Z, 2026-11-22 17:05:03,123, 2026/11/22 17:05:03; without a zone it is the local time.
const written = /(?<![\d-])(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}:?\d{2})?/;
// 22/Nov/2026:17:05:03 +0000 and 22/Nov/2026 17:05:03
const access = /(\d{2})\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/(\d{4})[: ](\d{2}):(\d{2}):(\d{2})(?: ([+-]\d{4}))?/;
const jsonTime = /"(?:time|ts|timestamp|@timestamp)"\s*:\s*(?:"([^"]{10,40})"|(\d{10}(?:\.\d+)?|\d{13}))/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Epoch milliseconds, or undefined for a line that says none. `line` is without escape sequences. */
export function lineTime(line: string): number | undefined {
  if (line.startsWith('{')) {
    const [, text, number] = jsonTime.exec(line.slice(0, jsonChars)) ?? [];
    if (number !== undefined) return toPlausible(number.length === 13 ? Number(number) : Number(number) * 1000);
    return text === undefined ? undefined : readTime(text);
  }
  return readTime(line.slice(0, beginningChars));
}

/** A time as a log or a person writes it; without a zone it is the local time. */
export function readTime(text: string): number | undefined {
  const iso = written.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, fraction = '', zone] = iso;
    return toTime([year, month, day, hour, minute, second].map(Number), Number(fraction.padEnd(3, '0').slice(0, 3)), zone);
  }
  const common = access.exec(text);
  if (common === null) return undefined;
  const [, day, month, year, hour, minute, second, zone] = common;
  return toTime([Number(year), months.indexOf(month ?? '') + 1, ...[day, hour, minute, second].map(Number)], 0, zone);
}

function toTime(parts: readonly number[], milliseconds: number, zone: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  if (zone === undefined) return toPlausible(new Date(year, month - 1, day, hour, minute, second, milliseconds).getTime());
  return toPlausible(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offsetMs(zone));
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function toPlausible(time: number): number | undefined {
  return time >= Date.UTC(2000, 0) && time < Date.UTC(2100, 0) ? time : undefined;
}
