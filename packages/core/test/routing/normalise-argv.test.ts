import { expect } from 'chai';
import fc from 'fast-check';
import { isEnvctlError, type EnvctlError } from '../../dist/contract/index.js';
import { createRoutingTables, normaliseArgv, type CommandEntry, type FlagEntry } from '../../dist/routing/index.js';

const boolean: FlagEntry = { type: 'boolean' };
const list: FlagEntry = { type: 'option', multiple: true, delimiter: ',' };
const globals = {
  json: boolean, repo: { type: 'option' }, main: boolean, trees: boolean, interactive: boolean,
  project: { ...list, aliases: ['projects'] }, service: list,
  headless: { ...boolean, char: 'b', aliases: ['batch', 'non-interactive', 'no-interactive'] },
} as const;
const ours = { family: 'x', bootstrap: 'skip', statePolicy: 'none', mutates: false } as const;
const command = (id: string, envctl: object = {}, flags: Record<string, FlagEntry> = {}): CommandEntry => ({ id, plugin: '@envctl/core', strict: id === 'toy:hello', flags: { ...globals, ...flags }, envctl: { ...ours, ...envctl } });
const tables = createRoutingTables([
  command('start', {
    assignments: { BACKEND: { flag: 'backend', kind: 'boolean' }, FRESH: { flag: 'fresh', kind: 'if-true' }, RENEW_ALL: { flag: 'fresh', kind: 'if-true' }, WORKERS: { flag: 'workers', kind: 'value' } },
    flagTokens: { '--sequential': { flag: 'parallel', value: false }, '--side-by-side': { flag: 'parallel', value: true } },
    pairFlags: { 'setup-worktrees': ['FEATURE', 'COUNT'] },
  }, { backend: { type: 'boolean', allowNo: true }, fresh: boolean, workers: { type: 'option' }, 'dry-run': boolean, parallel: { type: 'boolean', allowNo: true }, 'setup-worktrees': { type: 'option', multiple: true } }),
  command('restart', { aliases: ['r'] }),
  command('stop', { aliases: ['s'] }, { all: { ...boolean, char: 'a' }, force: { ...boolean, char: 'f' } }),
  command('stop-all', { aliases: ['stopall'] }, { 'remove-volumes': boolean }),
  command('config', { tokens: ['--init'], ownWords: true }, { set: { type: 'option', multiple: true } }),
  command('list-commands'), command('health', { aliases: ['h'] }), command('logs', { aliases: ['l'] }, { tail: { type: 'option', aliases: ['logs-tail'] } }),
  command('errors', { aliases: ['e'] }), command('wait', {}, { until: { type: 'option', options: ['healthy', 'stopped'] } }), command('version'), command('toy:hello'),
  { id: 'plugins', plugin: 'p', flags: {} }, { id: 'plugins:install', plugin: 'p', flags: { force: boolean } }, { id: 'help', plugin: 'h', flags: {} },
]);
const words = (argv: readonly string[]): readonly string[] => {
  const line = normaliseArgv(argv, tables);
  return [line.id, ...line.args];
};
const failure = (argv: readonly string[]): EnvctlError => {
  try {
    normaliseArgv(argv, tables);
  } catch (error) {
    if (isEnvctlError(error)) return error;
    throw error;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
};

describe('normaliseArgv', () => {
  const lines: readonly (readonly [argv: string, line: string])[] = [
    ['', 'start'],
    ['start', 'start'],
    ['--json', 'start --json'],
    ['r', 'restart'],
    ['h --json', 'health --json'],
    ['--list-commands --json', 'list-commands --json'],
    ['--json --list-commands', 'list-commands --json'],
    ['--init', 'config'],
    ['--version', 'version'],
    ['--version --json', 'version --json'],
    ['stopall --remove-volumes', 'stop-all --remove-volumes'],
    ['--stopall', 'stop-all'],
    ['--command stop --all', 'stop --all'],
    ['--action=restart', 'restart'],
    ['stop start', 'start'],
    ['TREE=true', 'start --trees'],
    ['trees=true stop', 'stop --trees'],
    ['--main=false stop', 'stop --trees'],
    ['stop --trees=false', 'stop --main'],
    ['--trees --main stop', 'stop --main'],
    ['stop --repo /x --all', 'stop --repo=/x --all'],
    ['--repo=/x', 'start --repo=/x'],
    ['stop --repo -- --all', '!ENVCTL_E_ARGV_INVALID'],
    ['stop a b', 'stop a b'],
    ['stop a,b c', 'stop a b c'],
    ['start backend,,frontend,', 'start backend frontend'],
    ['stop -- a,--b', 'stop -- a --b'],
    ['stop a,start,b', 'stop a -- start b'],
    ['stop ,', 'stop ,'],
    ['config a,b', 'config a,b'],
    ['toy hello a,b', 'toy:hello a,b'],
    ['stop --project a,b --projects=c', 'stop --project=a,b --project=c'],
    ['stop --service start', 'stop --service=start'],
    ['stop -fa', 'stop --force --all'],
    ['stop --non-interactive', 'stop --headless'],
    ['-b', 'start --headless'],
    ['logs --logs-tail 5', 'logs --tail=5'],
    ['logs -- stop --all', 'logs -- stop --all'],
    ['BACKEND=off', 'start --no-backend'],
    ['start backend=1', 'start --backend'],
    ['FRESH=yes', 'start --fresh'],
    ['FRESH=off', 'start'],
    ['fresh=true', 'start --fresh'],
    ['FRESH=maybe', '!ENVCTL_E_ARGV_INVALID'],
    ['trees=yes stop', 'stop --trees'],
    ['--trees=off stop', 'stop --main'],
    ['stop MAIN=0', 'stop --trees'],
    ['TREES=maybe', '!ENVCTL_E_ARGV_INVALID'],
    ['stop --trees=maybe', '!ENVCTL_E_ARGV_INVALID'],
    ['--sequential', 'start --no-parallel'],
    ['start --side-by-side', 'start --parallel'],
    ['start --side-by-side=no', 'start --no-parallel'],
    ['stop --sequential', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['--setup-worktrees login 2 start', 'start --setup-worktrees=login,2'],
    ['start --setup-worktrees=login,2 --setup-worktrees cart 1', 'start --setup-worktrees=login,2 --setup-worktrees=cart,1'],
    ['start --setup-worktrees=a,b,2', 'start --setup-worktrees=a,b,2'],
    ['start --setup-worktrees login', '!ENVCTL_E_ARGV_INVALID'],
    ['start --setup-worktrees login -b', '!ENVCTL_E_ARGV_INVALID'],
    ['start --setup-worktrees=login', '!ENVCTL_E_ARGV_INVALID'],
    ['start --setup-worktrees login 1,2', '!ENVCTL_E_ARGV_INVALID'],
    ['wait --until stopped', 'wait --until=stopped'],
    ['wait --until=helthy', '!ENVCTL_E_ARGV_INVALID'],
    ['FRESH=true', 'start --fresh'],
    ['WORKERS=3', 'start --workers=3'],
    ['config start PORT=1 TREE=true', 'config start PORT=1 TREE=true'],
    ['stop --project a b', 'stop b --project=a'],
    ['stop --project a -- b', 'stop --project=a -- b'],
    ['config start --stop', 'stop -- start'],
    ['stop --json=false', 'stop'],
    ['plugins install --force ./x', 'plugins:install --force ./x'],
    ['plugins:install x', 'plugins:install x'],
    ['toy hello --json', 'toy:hello --json'],
    ['help stop', 'help stop'],
    ['--help', 'help'],
    ['-h', 'help'],
    ['stop --help', 'stop --help'],
    ['nonsense', '!ENVCTL_E_ARGV_UNKNOWN_COMMAND'],
    ['--command nonsense', '!ENVCTL_E_ARGV_UNKNOWN_COMMAND'],
    ['doctor', '!ENVCTL_E_ARGV_UNKNOWN_COMMAND'],
    ['--nonsense', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['-z', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['stop --dry-run', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['NONSENSE=1', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['stop --project', '!ENVCTL_E_ARGV_INVALID'],
    ['stop --project --all', '!ENVCTL_E_ARGV_INVALID'],
    ['--repo', '!ENVCTL_E_ARGV_INVALID'],
    ['stop --all=perhaps', '!ENVCTL_E_ARGV_INVALID'],
    ['stop --constructor', '!ENVCTL_E_ARGV_UNKNOWN_OPTION'],
    ['__proto__', '!ENVCTL_E_ARGV_UNKNOWN_COMMAND'],
  ];
  for (const [argv, line] of lines) {
    it(`reads "${argv}" as ${line}`, () => {
      const typed = argv === '' ? [] : argv.split(' ');
      if (line.startsWith('!')) expect(failure(typed).code).to.equal(line.slice(1));
      else expect(words(typed).join(' ')).to.equal(line);
    });
  }

  it('names the nearest command and the nearest option', () => {
    expect(failure(['strat']).hints).to.include('did you mean: envctl start');
    expect(failure(['stop', '--forse']).hints).to.include('did you mean: --force');
    expect(failure(['--list-comands']).hints).to.include('did you mean: --list-commands');
  });

  it('names the package of a command that is not installed', () => {
    expect(failure(['--doctor']).hints).to.deep.equal(['envctl plugins install @envctl/plugin-doctor']);
  });

  it('names the package of an option or an assignment that is not installed, unless somebody here has it', () => {
    for (const token of ['--test-parallel', '--pr-base=main', 'TEST_PARALLEL=true']) {
      expect(failure([token]), token).to.include({ code: 'ENVCTL_E_ARGV_UNKNOWN_OPTION' });
      expect(failure([token]).hints, token).to.deep.equal(['envctl plugins install @envctl/plugin-actions']);
    }
    expect(failure(['--keep-plan']).message).to.contain('@envctl/plugin-worktrees');
    expect(failure(['stop', '--setup-worktrees=a,1']).hints).to.include('--setup-worktrees is an option of: start');
    expect(failure(['stop', 'FRESH=true']).hints).to.include('FRESH is an option of: start');
  });

  it('says what to do instead of an option that was given up', () => {
    expect(failure(['start', '--docker']).hints[0]).to.contain('ENVCTL_DEPENDENCY_<ID>_MODE=docker');
    expect(failure(['start', 'RESUME=true']).hints).to.include('envctl resume');
    expect(failure(['start', '--force']).message).to.equal('Unknown option: --force');
  });

  it('names the nearest value, the short options, and where a setting belongs', () => {
    expect(failure(['wait', '--until=helthy']).hints).to.include('did you mean: --until=healthy');
    expect(failure(['FRESH=ture']).hints).to.include('did you mean: FRESH=true');
    for (const typed of ['--renew-all', '--renwe-all']) expect(failure(['start', typed]).hints, typed).to.include('did you mean: RENEW_ALL=true');
    expect(failure(['stop', '--renew-all']).hints.join(' ')).to.not.contain('did you mean');
    expect(failure(['FRSH=true']).hints).to.include('did you mean: FRESH=true');
    expect(failure(['stop', '-z']).hints).to.include('short options here: -b, -a, -f, -h');
    for (const [typed, nearest] of [['-B', '-b'], ['-force', '--force'], ['-j', '--json'], ['-p', '--project']] as const) expect(failure(['stop', typed]).hints, typed).to.include(`did you mean: ${nearest}`);
    expect(failure(['stop', '-z']).hints.join(' ')).to.not.contain('did you mean');
    expect(failure(['PORT=81'])).to.deep.include({ data: { option: 'PORT', setting: 'PORT' } });
    expect(JSON.stringify(failure(['DB_PASSWORD=geheim']).data)).to.not.contain('geheim');
  });

  it('names nothing that has no letter in common with what was typed', () => {
    expect(failure(['-']).hints).to.deep.equal(['envctl list-commands']);
    expect(failure(['?']).hints).to.deep.equal(['envctl list-commands']);
  });

  for (const [typed, name, hint] of [
    [['stop', '--project='], '--project', 'write --project VALUE or --project=VALUE'],
    [['stop', '--project', ''], '--project', 'write --project VALUE or --project=VALUE'],
    [['wait', '--until='], '--until', 'write --until VALUE or --until=VALUE'],
    [['start', 'WORKERS='], 'WORKERS', 'write WORKERS=VALUE'],
  ] as const) {
    it(`an empty value is one that is missing: ${typed.join(' ')}`, () => {
      expect(failure(typed)).to.deep.include({ message: `Missing value for ${name}`, hints: [hint] });
    });
  }

  it('names what was typed, the commands of a topic, and words of packages that are not here', () => {
    expect(failure(['--batch=maybe']).message).to.equal('Invalid value for --batch: maybe');
    expect(failure(['dashbord']).hints[0]).to.equal('did you mean: envctl dashboard   (comes with @envctl/plugin-dashboard)');
    expect(failure(['toy', 'helo']).message).to.equal('Unsupported command: toy helo');
    expect(failure(['toy', 'helo']).hints).to.deep.equal(['did you mean: envctl toy hello']);
    expect(failure(['toy']).hints).to.deep.equal(['envctl toy hello']);
  });

  it('says which value is missing in the words of the original', () => {
    expect(failure(['stop', '--project']).message).to.equal('Missing value for --project');
    expect(failure(['--wrong']).message).to.equal('Unknown option: --wrong');
  });

  it('keeps the typed words for messages', () => {
    expect(normaliseArgv(['r', 'TREE=true'], tables).original).to.deep.equal(['r', 'TREE=true']);
  });

  it('changes nothing when it is applied to its own answer', () => {
    const vocabulary = [...lines.flatMap(([argv]) => argv.split(' ')), '--', '', '-', 'a,b', 'Main Backend', '--set', 'A=1', '--set=-x', '-ab', 'x:y', 'plugins', '--repo=-y', '--no-backend', 'x,2', '--side-by-side', '--sequential=true'];
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...vocabulary), fc.string({ maxLength: 6 })), { maxLength: 7 }), (argv) => {
        let once: readonly string[];
        try {
          once = words(argv);
        } catch (error) {
          expect(isEnvctlError(error), String(error)).to.equal(true);
          return;
        }
        accepted += 1;
        expect(words(once)).to.deep.equal(once);
      }),
      { numRuns: 6000, seed: 20 },
    );
    expect(accepted).to.be.greaterThan(300);
  });
});

describe('createRoutingTables', () => {
  it('lets the earlier command keep a word and reports the other', () => {
    const made = createRoutingTables([command('one', { aliases: ['x'] }), { ...command('two', { aliases: ['x', 'one'] }), plugin: 'late' }]);
    expect(made.words.get('x')).to.equal('one');
    expect(made.words.get('one')).to.equal('one');
    expect(made.clashes.map(({ word, loses }) => [word, loses])).to.deep.include(['x', 'two']);
  });

  it('reports two flags of one command with the same spelling; the first keeps it', () => {
    const made = createRoutingTables([command('one', { flagTokens: { '--now': { flag: 'later', value: false } } }, { now: boolean, later: { type: 'boolean', allowNo: true } })]);
    expect(made.clashes).to.deep.equal([{ word: 'one --now', keeps: '--now', loses: '--later' }]);
    expect(made.commands.get('one')?.flags.get('--now')?.name).to.equal('now');
  });

  it('keeps the first of two commands with one id and names both packages', () => {
    const made = createRoutingTables([command('one'), { ...command('one'), plugin: 'late' }]);
    expect(made.clashes).to.deep.equal([{ word: 'one', keeps: '@envctl/core', loses: 'late' }]);
  });
});
