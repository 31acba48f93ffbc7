import { stripEscapes } from './strip-escapes.js';

export interface LogDiagnosis {
  /** `bind_conflict`: somebody else has the port; another port would help. `crash`: it would not. */
  readonly reason: 'bind_conflict' | 'crash';
  /** The most telling line, at most 240 characters. */
  readonly line: string | undefined;
  readonly hints: readonly string[];
}

const bindConflict = /EADDRINUSE|address already in use|port \d+ is (?:already )?in use|port is already allocated|Only one usage of each socket address/i;
const telling = /ModuleNotFoundError|ImportError|Traceback|ERROR|Error|Exception|No module named/;
const noise = /^(?:npm (?:ERR!|error|notice|warn)|\s+at |\s*\^+\s*$|\s*$|Node\.js v\d|Type '.*' for usage\.$|Try '.*' for help\.$)/;
const lineLimit = 240;

/**
 * Reads the last lines of the log of a service that ended, oldest first. `redact` takes secrets out of whole lines: half of one,
 * left by the cut to size, would be known to nobody.
 */
export function diagnoseLog(lines: readonly string[], redact: (text: string) => string): LogDiagnosis {
  const newestFirst = lines.map((line) => stripEscapes(line).replaceAll('\r', '')).reverse();
  const conflict = newestFirst.find((line) => bindConflict.test(line));
  if (conflict !== undefined) return { reason: 'bind_conflict', line: shorten(redact(conflict)), hints: [] };
  const own = newestFirst.filter((line) => !noise.test(line));
  const line = own.find((text) => telling.test(text) && !/^Traceback/.test(text)) ?? own[0] ?? newestFirst.find((text) => text.trim() !== '');
  return { reason: 'crash', line: line === undefined ? undefined : shorten(redact(withPlace(line, newestFirst))), hints: line === undefined ? [] : hintsFor(line) };
}

/** Python says the place of a mistake in the source on a line of its own, above. */
function withPlace(line: string, newestFirst: readonly string[]): string {
  if (!/^(?:SyntaxError|IndentationError|TabError): /.test(line)) return line;
  const above = newestFirst.slice(newestFirst.indexOf(line));
  const place = above.map((text) => /^\s*File "([^"]+)", line (\d+)\s*$/.exec(text)).find((match) => match !== null);
  return place === undefined ? line : `${line.trim()} (${place[1]!}:${place[2]!})`;
}

function hintsFor(line: string): readonly string[] {
  const python = /No module named ['"]?([\w.-]+)/.exec(line)?.[1];
  if (python !== undefined) return [`python3 -m pip install ${python.split('.')[0]!}`];
  if (/Couldn't import Django/.test(line)) return ['python3 -m venv .venv && .venv/bin/python -m pip install django'];
  const node = /Cannot find (?:module|package) '((?:@[^/']+\/)?[^@./'][^/']*)/.exec(line)?.[1];
  return node === undefined ? [] : [`npm install ${node}`];
}

function shorten(line: string): string {
  const text = line.trim();
  return text.length <= lineLimit ? text : `${text.slice(0, lineLimit - 1)}…`;
}
