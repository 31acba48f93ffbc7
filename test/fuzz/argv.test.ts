import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { createRoutingTables, normaliseArgv, routeOfLine, type CommandEntry } from '../../packages/core/dist/routing/index.js';
import { cases, succeedsOrSaysWhy } from './clear-error.js';
import { createRandom, mutate } from './mutate.js';

const { commands } = JSON.parse(readFileSync(new URL('../../packages/cli/dist/door.json', import.meta.url), 'utf8')) as { commands: readonly CommandEntry[] };
const tables = createRoutingTables(commands);
const words = [...tables.words.keys(), ...tables.tokens.keys(), ...tables.anyFlag.keys(), ...commands.flatMap(({ envctl }) => Object.keys(envctl?.assignments ?? {}).map((key) => `${key}=true`))];
const others = [
  '--', '', '-', '=', '--=', '--=x', '-=', 'TREES=true', '--main=false', '--trees=maybe', '--repo', '--repo=/x', '--command', '--command=stop', '--action=', '--set=A=B', 'A=B', 'Main', 'backend', 'a,b', '-bh', '-hb',
  '--no-service-parallel=false', '--parallel-trees-max=x', '--logs-tail=-1', '__proto__', '--__proto__=1', 'constructor=1', '--toString', 'plugins', 'install', '--plan=x', '--docker', 'RESUME=true', '\u0000', '\ud800',
];

/** Refused clearly; or a route, and the normalised line says the same again. */
function check(argv: readonly string[]): boolean {
  return succeedsOrSaysWhy(() => {
    const line = normaliseArgv(argv, tables);
    if (line.foreign) return;
    const command = tables.commands.get(line.id);
    if (command === undefined) throw new Error(`no such command: ${line.id}`);
    routeOfLine(line, command);
    const again = normaliseArgv([line.id, ...line.args], tables);
    if (JSON.stringify([again.id, again.args, again.mode, again.repo]) !== JSON.stringify([line.id, line.args, line.mode, line.repo])) throw new Error(`${JSON.stringify(argv)} becomes ${JSON.stringify(line.args)}, then ${JSON.stringify(again.args)}`);
  });
}

describe('fuzz: the command line', function () {
  this.timeout(120_000);

  it('words of the real tables in any order, with any others', () => {
    let accepted = 0;
    const word = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, { weight: 2, arbitrary: fc.constantFrom(...others) }, fc.string({ maxLength: 8 }), fc.tuple(fc.constantFrom(...words), fc.string({ maxLength: 6 })).map(([name, value]) => `${name}=${value}`));
    const line = fc.tuple(fc.constantFrom('start', 'stop', 'logs', 'config', 'wait', '--json', 'resume'), fc.array(word, { maxLength: 6 })).map(([first, rest]) => [first, ...rest]);
    fc.assert(fc.property(line, (argv) => void (accepted += check(argv) ? 1 : 0)), { numRuns: cases, seed: 11 });
    expect(accepted).to.be.within(500, cases - 500);
  });

  it('lines with a few bytes changed', () => {
    const random = createRandom(12);
    const lines = [
      ['start', '--service-sequential', '--log-level', 'debug', 'PARALLEL_TREES_MAX=3'], ['--trees', 'stop', '--service', 'Main Backend', '--json'], ['logs', 'backend', '--logs-tail=5', '--', '--x'],
      ['config', '--set', 'BACKEND_PORT_BASE=8100'], ['--repo', '/tmp/x', 'wait', '--until', 'stopped'], ['--command=restart', '--no-parallel-trees', '-b'], ['resume', '--skip-startup', 'main=false'],
    ].map((argv) => Buffer.from(argv.join('\0')));
    let accepted = 0;
    for (let index = 0; index < cases; index += 1) accepted += check(mutate(lines, random, words).toString('utf8').split('\0')) ? 1 : 0;
    expect(accepted).to.be.within(500, cases - 500);
  });
});
