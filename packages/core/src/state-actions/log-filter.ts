import { EnvctlError } from '../contract/index.js';
import { createBoundedMatch, MatchOverdueError, readTime, type LinesMatch } from '../services/index.js';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `--logs-since`: a duration (`90s`, `10m`, `1h30m`, `2d`; a bare number is seconds) or a time (`2026-11-22T17:05:00Z`, without a zone the
 * local time; `17:05` is the last time it was that o'clock). Epoch milliseconds. Throws ENVCTL_E_ARGV_INVALID.
 */
export function parseSince(text: string, now: number): number {
  const wanted = text.trim();
  const duration = readDuration(wanted);
  if (duration !== undefined) return now - duration;
  const time = readTime(`${wanted}${/^\d{4}-\d{2}-\d{2}$/.test(wanted) ? 'T00:00:00' : /T?\d{2}:\d{2}$/.test(wanted) ? ':00' : ''}`) ?? readClock(wanted, now);
  if (time !== undefined) return time;
  throw new EnvctlError('ENVCTL_E_ARGV_INVALID', `--logs-since: "${text}" is neither a duration nor a time.`, { hints: ['envctl logs --logs-since 10m', 'envctl logs --logs-since 2026-01-31T17:05:00'], data: { flag: 'logs-since', value: text } });
}

/** What an expression may take over the lines of one read, at most 64 KiB of a log or one line. */
const grepLimitMs = 2000;

/**
 * `--logs-grep`: a test of lines. Throws ENVCTL_E_ARGV_INVALID for what is no regular expression; so does the test, when the expression
 * takes more than two seconds over the lines of one read.
 */
export function parseGrep(pattern: string, limitMs = grepLimitMs): LinesMatch {
  const refused = (reason: string, hint: string): EnvctlError => new EnvctlError('ENVCTL_E_ARGV_INVALID', `--logs-grep: "${pattern}" ${reason}.`, { hints: [hint], data: { flag: 'logs-grep', value: pattern } });
  const match = createBoundedMatch(compile(), limitMs);
  return (lines) => {
    try {
      return match(lines);
    } catch (error) {
      if (!(error instanceof MatchOverdueError)) throw error;
      throw refused(`takes more than ${limitMs / 1000} s over a few lines`, "a repetition of a repetition, as in (a+)+, tries every way to divide a line; say it once, for example: envctl logs --logs-grep 'a+$'");
    }
  };

  function compile(): RegExp {
    try {
      return new RegExp(pattern);
    } catch (error) {
      throw refused(`is not a regular expression: ${reasonOf(error)}`, "escape special characters with \\, for example: envctl logs --logs-grep 'GET /api\\?id='");
    }
  }
}

function readDuration(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
}

function readClock(text: string, now: number): number | undefined {
  const [, hour, minute, second = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = new Date(now);
  time.setHours(Number(hour), Number(minute), Number(second), 0);
  if (time.getTime() > now) time.setDate(time.getDate() - 1);
  return time.getTime();
}

// "Invalid regular expression: /(/: Unterminated group"
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^.*: /s, '');
}
