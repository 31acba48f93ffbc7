import type { CommandLine } from './normalise-argv.js';
import type { Route } from './route.js';
import type { RoutedCommand } from './tables.js';

const globals: readonly string[] = ['json', 'repo', 'main', 'trees', 'project', 'service', 'headless'];

/**
 * The route of a normalised line without oclif: undefined as soon as a flag needs more than its spelling to be understood
 * (a value of the command's own, whose parser only its class has). Nobody is asked anything on this way: it is headless.
 */
export function routeOfLine(line: CommandLine, command: RoutedCommand): Route | undefined {
  const flags = new Map<string, true | string[]>();
  const words: string[] = [];
  let protectedFrom = line.args.indexOf('--');
  if (protectedFrom === -1) protectedFrom = line.args.length;
  for (const token of line.args.slice(0, protectedFrom)) {
    if (!token.startsWith('--')) {
      words.push(token);
      continue;
    }
    const equals = token.indexOf('=');
    const flag = command.flags.get(equals === -1 ? token : token.slice(0, equals));
    if (flag === undefined || flag.negated || (flag.type === 'option' && !globals.includes(flag.name))) return undefined;
    if (flag.type === 'boolean') flags.set(flag.name, true);
    else flags.set(flag.name, [...listOf(flags.get(flag.name)), ...split(token.slice(equals + 1), flag.multiple === true ? flag.delimiter : undefined)]);
  }
  words.push(...line.args.slice(protectedFrom + 1));
  if (words.length > 0 && command.entry.strict !== false) return undefined;
  const own = [...flags].filter(([name]) => !globals.includes(name));
  return {
    command: line.id,
    mode: line.mode,
    rawArgs: line.original,
    projects: listOf(flags.get('project')),
    services: listOf(flags.get('service')),
    flags: Object.fromEntries(own),
    passthroughArgs: words,
    repo: line.repo,
    headless: true,
    json: line.json,
  };
}

function listOf(value: true | string[] | undefined): string[] {
  return Array.isArray(value) ? value : [];
}

function split(value: string, delimiter: string | undefined): string[] {
  return delimiter === undefined ? [value] : value.split(delimiter).map((part) => part.trim());
}
