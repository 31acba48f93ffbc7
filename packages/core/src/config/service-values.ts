import path from 'node:path';
import type { EdgeCondition, StopStep } from '../contract/index.js';

/** `DEPENDS_ON` as it is written; a condition that is left out follows from what is named. */
export interface WrittenNeed {
  readonly name: string;
  readonly condition: EdgeCondition | undefined;
  readonly optional: boolean;
  readonly restart: boolean;
}

const need = /^([a-z0-9][a-z0-9_-]*)(?::(started|ready|healthy|completed|log-ready))?(\?)?(\+restart)?$/;
const duration = /^(\d{1,9})(ms|s|m|h)?$/;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const longestMs = 86_400_000;
const signals: readonly StopStep['signal'][] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGKILL'];

/** Milliseconds of `500ms`, `10s`, `2m`, `1h`, or of a bare number of seconds; undefined when it is none or over a day. */
export function parseDuration(text: string): number | undefined {
  const match = duration.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * unitMs[match[2] ?? 's']!;
  return ms <= longestMs ? ms : undefined;
}

/** `SIGINT`, `int`; undefined for what is no signal that ends a service. */
export function parseStopSignal(text: string): StopStep['signal'] | undefined {
  const name = text.toUpperCase();
  return signals.find((signal) => signal === name || signal === `SIG${name}`);
}

/** `0, 3`; undefined when it is no list of exit codes. */
export function parseExitCodes(text: string): readonly number[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const codes = words.map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : NaN));
  return codes.every((code) => code <= 255) ? [...new Set(codes)] : undefined;
}

/** `postgres, migrate:completed, cache?, api:healthy+restart`; undefined when some part is none. */
export function parseNeeds(text: string): readonly WrittenNeed[] | undefined {
  const needs = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => need.exec(word));
  if (needs.some((match) => match === null)) return undefined;
  return needs.map((match) => ({ name: match![1]!, condition: match![2] as EdgeCondition | undefined, optional: match![3] !== undefined, restart: match![4] !== undefined }));
}

/** What a value of an option must be besides having its type, when `text` is not; undefined: it is fine. */
export function expectedOfOption(option: string, text: string): string | undefined {
  switch (option) {
    case 'READY_TIMEOUT':
      return (parseDuration(text) ?? 0) > 0 ? undefined : 'a duration above 0 such as 500ms, 10s or 2m, a bare number for seconds, at most a day';
    case 'DIR':
      return /^\.\.(?:[/\\]|$)/.test(path.normalize(text)) ? 'a directory in the project, relative to it, or an absolute path' : undefined;
    case 'STOP_TIMEOUT':
    case 'RESTART_BACKOFF':
      return parseDuration(text) !== undefined ? undefined : 'a duration such as 500ms, 10s or 2m, a bare number for seconds, at most a day';
    case 'STOP_SIGNAL':
      return parseStopSignal(text) !== undefined ? undefined : `one of ${signals.join(', ')}`;
    case 'SUCCESS_EXIT_CODES':
      return parseExitCodes(text) !== undefined ? undefined : 'a comma list of exit codes from 0 to 255';
    case 'DEPENDS_ON':
      return expectedNeeds(text);
    case 'READY_LOG':
      return isRegularExpression(text) ? undefined : 'a regular expression';
    case 'HEALTH_URL':
      return text.startsWith('/') || isWebUrl(text) ? undefined : 'a path that begins with /, or a URL that begins with http:// or https://';
    case 'PUBLIC_URL':
      return isWebUrl(text) ? undefined : 'a URL that begins with http:// or https://';
    default:
      return undefined;
  }
}

function expectedNeeds(text: string): string | undefined {
  const form = 'a comma list of names of services and dependencies, each as <name>[:started|ready|healthy|completed|log-ready][?][+restart]';
  const needs = parseNeeds(text);
  if (needs === undefined) return form;
  const twice = needs.find(({ name }, index) => needs.findIndex((other) => other.name === name) < index);
  return twice === undefined ? undefined : `${form}, each name once`;
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text).source !== '';
  } catch {
    return false;
  }
}

function isWebUrl(text: string): boolean {
  const url = text.replaceAll('{port}', '1');
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}
