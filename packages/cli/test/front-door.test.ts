import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DoorManifest } from '../../core/dist/boot/index.js';
import { createRoutingTables, normaliseArgv } from '../../core/dist/routing/index.js';
import { bin, createLinkedToyHome, createToyHome, type ToyHome } from './toy-home.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

describe('envctl', function () {
  this.timeout(60_000);
  let home: ToyHome;
  before(async () => { home = await createLinkedToyHome(); });
  after(() => home.remove());

  for (const argv of [['--version'], ['version'], ['--json=false', '--version']]) {
    it(`${argv.join(' ')} prints the version`, () => {
      expect(home.run(argv)).to.deep.include({ status: 0, stdout: `envctl ${version}\n`, stderr: '' });
    });
  }

  it('--version --json has the envelope', () => {
    expect(JSON.parse(home.run(['--version', '--json']).stdout)).to.deep.include({ contract_version: 'envctl.version.v1', ok: true, version });
  });

  it('takes no target from the input, which may be the list of a loop in a script', () => {
    const repository = mkdtempSync(join(home.directory, 'repository-'));
    spawnSync('git', ['init', '--quiet', repository]);
    const ask = (input: string) => spawnSync(process.execPath, [bin, 'start', '--dry-run', '--json', '--repo', repository], { env: home.env, encoding: 'utf8', input });
    const said = ({ stdout }: { readonly stdout: string }): unknown => (JSON.parse(stdout) as { readonly error?: unknown }).error;
    expect(said(ask('nonsense\n'))).to.deep.equal(said(ask('')));
  });

  it('plugins --json lists what each plugin brings', () => {
    const document = JSON.parse(home.run(['plugins', '--json']).stdout) as { plugins: { name: string; contributes: Record<string, string[]> }[] };
    expect(document).to.deep.include({ contract_version: 'envctl.plugins.v1', ok: true });
    expect(document.plugins.find(({ name }) => name === '@envctl/plugin-redis')?.contributes['dependencies']).to.deep.equal(['redis']);
  });

  it('help --json describes every command, a command with --help itself', () => {
    const all = JSON.parse(home.run(['help', '--json']).stdout) as { command: null; commands: { name: string; flags: string[] }[] };
    expect(all).to.deep.include({ contract_version: 'envctl.help.v1', ok: true, command: null });
    expect(all.commands.map(({ name }) => name)).to.include.members(['start', 'stop-all', 'plugins install']);
    expect(all.commands.filter(({ name }) => name === 'plugins')).to.have.length(1);
    const one = JSON.parse(home.run(['start', '--help', '--json']).stdout) as typeof all;
    expect(one.commands.map(({ name }) => name)).to.deep.equal(['start']);
    expect(one.commands[0]?.flags).to.include('--dry-run');
  });

  const failures: readonly (readonly [argv: readonly string[], code: string, message: string])[] = [
    [['nonsense'], 'ENVCTL_E_ARGV_UNKNOWN_COMMAND', 'Unsupported command: nonsense'],
    [['--nonsense'], 'ENVCTL_E_ARGV_UNKNOWN_OPTION', 'Unknown option: --nonsense'],
    [['stop', '--project'], 'ENVCTL_E_ARGV_INVALID', 'Missing value for --project'],
    ...['stop-all', 'blast-all', 'show-state', 'show-config', 'config', 'list-targets', 'list-commands', 'version', 'plugins'].flatMap((id) =>
      ['--project', '--service'].map((option) => [[id, `${option}=typo`], 'ENVCTL_E_ARGV_UNKNOWN_OPTION', `Unknown option: ${option}=typo`] as const),
    ),
    [['endpoints', '--service=backend'], 'ENVCTL_E_ARGV_UNKNOWN_OPTION', 'Unknown option: --service=backend'],
    [['list-commands', 'word'], 'ENVCTL_E_ARGV_INVALID', 'Unexpected word: word'],
    [['logs', '--logs-tail', 'abc'], 'ENVCTL_E_ARGV_INVALID', 'Invalid value for --logs-tail: abc (a whole number)'],
    [['wait', '--timeout='], 'ENVCTL_E_ARGV_INVALID', 'Missing value for --timeout'],
    [['start', 'PARALLEL_TREES_MAX=x'], 'ENVCTL_E_ARGV_INVALID', 'Invalid value for PARALLEL_TREES_MAX: x (a whole number)'],
    [['launcher', 'doctr'], 'ENVCTL_E_ARGV_UNKNOWN_COMMAND', 'Unsupported command: launcher doctr'],
    [['logs', '--logs-duration=0'], 'ENVCTL_E_ARGV_INVALID', 'Invalid value for --logs-duration: 0 (a whole number from 1)'],
    [['help', 'nonsense'], 'ENVCTL_E_ARGV_UNKNOWN_COMMAND', 'Unsupported command: nonsense'],
  ];
  for (const [argv, code, message] of failures) {
    it(`${argv.join(' ')} is one clear error`, () => {
      const text = home.run(argv);
      expect([text.status, text.stdout]).to.deep.equal([1, '']);
      const [first, ...rest] = text.stderr.trimEnd().split('\n');
      expect(first).to.equal(`Error: ${message}`);
      expect(rest.every((line) => line.startsWith('  → '))).to.equal(true);
      const document = JSON.parse(home.run([...argv, '--json']).stdout) as Record<string, unknown>;
      if (argv[0] !== 'help' && argv[1] !== '--project') expect(document).to.deep.include({ ok: false, code, message, error: code });
    });
  }

  for (const [word, hint] of [
    ['FROO=1', 'envctl show-config   (lists the settings)'],
    ['BACKEND_PORT_BSAE=1', 'did you mean the setting BACKEND_PORT_BASE: envctl config --set BACKEND_PORT_BASE=…'],
    ['BACKEND_PORT_BASE=8100', 'a setting stands before the program, BACKEND_PORT_BASE=… envctl …, or in the file: envctl config --set BACKEND_PORT_BASE=…'],
    ['ENVCTL_CONFIG_FILE=/x', 'a setting stands before the program, ENVCTL_CONFIG_FILE=… envctl …'],
    ['MAIN_N8N_ENABLE=true', 'envctl plugins install @envctl/plugin-n8n'],
    ['ENVCTL_UI_RICH=0', 'ENVCTL_UI_RICH is retired: one key says whether rows are redrawn. Set ENVCTL_UI_SPINNER_MODE=off instead.'],
  ] as const) {
    it(`start ${word} says where that belongs, in a way that works`, () => {
      const { status, stderr } = home.run(['start', word]);
      expect([status, ...stderr.trimEnd().split('\n')]).to.deep.equal([1, `Error: Unknown option: ${word}`, `  → ${hint}`, '  → envctl start --help']);
    });
  }

  it('plugins reset --hard on a list that is broken tells of it once, in words of ours', async () => {
    const broken = await createToyHome();
    try {
      mkdirSync(broken.dataDirectory, { recursive: true });
      writeFileSync(join(broken.dataDirectory, 'package.json'), '{broken');
      const { status, stderr } = broken.run(['plugins', 'reset', '--hard']);
      expect(status).to.equal(0);
      expect(stderr).to.match(/^Warning: the list of installed and linked plugins .* cannot be read/).and.not.match(/\(node:|SyntaxError/);
    } finally {
      await broken.remove();
    }
  });

  it('names the nearest command of plugins', () => {
    expect(home.run(['plugins', 'instal', 'x']).stderr).to.include('did you mean: envctl plugins install');
  });

  it('looks for the programs of a command before it does anything', () => {
    const { code, message, hints } = JSON.parse(home.run(['toy', 'tool', '--json']).stdout) as { code: string; message: string; hints: string[] };
    expect([code, message, hints.length]).to.deep.equal(['ENVCTL_E_PREREQUISITE_MISSING', 'Missing required executables: no-such-tool, nor-this-one', 2]);
  });

  it('holds a command to its state policy', () => {
    for (const [word, what] of [['anew', 'to start something'], ['look', 'for the recorded state']] as const) {
      const { code, message } = JSON.parse(home.run(['toy', 'peek', word, '--json']).stdout) as { code: string; message: string };
      expect([code, message]).to.deep.equal(['ENVCTL_E_BUG', `The command toy:peek declares the state policy skip-startup and asked ${what}.`]);
    }
  });

  it('gives the same words through both doors', async () => {
    const bare = await createToyHome();
    try {
      const fast = bare.run(['--version', '--json']);
      const slow = home.run(['version', '--json']);
      expect(slow).to.deep.include({ status: fast.status, stdout: fast.stdout });
    } finally {
      await bare.remove();
    }
  });

  it('finds its commands in a NODE_ENV=development shell', () => {
    expect(home.run(['list-commands', '--json'], { NODE_ENV: 'development' })).to.deep.include({ status: 0, stderr: '' });
  });

  it('shows a stack only when it is asked for', () => {
    expect(home.run(['toy', 'hello', 'crash'], { ENVCTL_DEBUG: '1' }).stderr).to.include('    at ');
  });

  it('keeps credentials in an error to itself, in words and in JSON', () => {
    for (const argv of [['toy', 'hello', 'leak'], ['toy', 'hello', 'leak', '--json']]) {
      const ran = home.run(argv, { ENVCTL_DEBUG: '1' });
      expect(ran.status).to.equal(1);
      expect(ran.stdout + ran.stderr).to.include('db.example').and.to.not.include('hunter2');
    }
  });

  it('keeps a secret of this command to itself, whatever its form', () => {
    for (const argv of [['toy', 'hello', 'blurt'], ['toy', 'hello', 'blurt', '--json']]) {
      const ran = home.run(argv, { ENVCTL_DEBUG: '1' });
      expect(ran.status).to.equal(1);
      expect(ran.stdout + ran.stderr).to.include('shelf.example').and.to.not.include('k3y-of-the-toy');
    }
  });

  it('tells of a runtime that cannot be given back, unless the command failed before', () => {
    const document = (...words: string[]) => JSON.parse(home.run(['toy', 'hello', 'stuck', ...words, '--json']).stdout) as Record<string, unknown>;
    expect(document()).to.deep.include({ ok: false, code: 'ENVCTL_E_DISPOSE' });
    expect(document('fail')).to.deep.include({ ok: false, code: 'ENVCTL_E_TOY' });
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`waits for the undoing after one ${signal} and ends with 2`, async () => {
      let sent = false;
      const ran = await home.start(['toy', 'hold'], (text, pid) => {
        if (sent || !text.includes('holding')) return;
        sent = true;
        process.kill(pid, signal);
      });
      expect([ran.status, ran.stdout]).to.deep.equal([2, '']);
      expect(ran.stderr).to.include('undone').and.to.include('Cancelled');
    });
  }

  it('dies at once of a second SIGINT', async () => {
    let sent = 0;
    const ran = await home.start(['toy', 'hold', 'stubborn'], (text, pid) => {
      const due = Number(text.includes('holding')) + Number(text.includes('undoing\n'));
      for (; sent < due; sent += 1) process.kill(pid, 'SIGINT');
    });
    expect([ran.status, ran.signal]).to.deep.equal([null, 'SIGINT']);
    expect(ran.stderr).to.not.include('undone');
  });

  it('ends with 2 at the first SIGINT when nothing has to be undone', async () => {
    let sent = false;
    const ran = await home.start(['toy', 'hold', 'careless'], (text, pid) => {
      if (sent || !text.includes('holding')) return;
      sent = true;
      process.kill(pid, 'SIGINT');
    });
    expect(ran.status).to.equal(2);
    expect(ran.stderr).to.include('Cancelled.');
  });

  for (const argv of [['list-commands'], ['toy', 'hello']]) {
    it(`${argv.join(' ')} is quiet when nobody reads its output`, async () => {
      const child = spawn(process.execPath, [bin, ...argv], { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
      await new Promise((resolve) => child.on('close', resolve));
      expect(stderr).to.not.include('EPIPE').and.to.not.include('Error');
    });
  }
});

describe('help', function () {
  this.timeout(60_000);
  let home: ToyHome;
  before(async () => { home = await createLinkedToyHome(); });
  after(() => home.remove());

  it('of every command has a summary and examples of that very command, which are lines that are understood', () => {
    const manifest = JSON.parse(readFileSync(new URL('../dist/door.json', import.meta.url), 'utf8')) as DoorManifest;
    const tables = createRoutingTables(manifest.commands);
    const { commands } = JSON.parse(home.run(['help', '--json']).stdout) as { commands: { name: string; plugin: string; summary: string | null; examples: string[] }[] };
    const bundled = commands.filter(({ name }) => tables.commands.has(name.replaceAll(' ', ':')));
    expect(bundled).to.have.length.greaterThan(25);
    for (const { name, plugin, summary, examples } of bundled) {
      expect(summary, `${plugin} ${name}`).to.be.a('string').that.is.not.empty;
      const ids = examples.flatMap((example) => [...example.matchAll(/(?<=^|[ (])envctl ?([^|)]*)/g)].map(([, line = '']) => normaliseArgv(wordsOf(line), tables).id));
      expect(ids, `${plugin} ${name}`).to.include(name.replaceAll(' ', ':'));
    }
  });

  it('of every page, of a topic too, shows examples and nothing of oclif', () => {
    for (const argv of [['help'], ['help', 'help'], ['help', 'launcher'], ['launcher', '--help'], ['launcher', '-h'], ['plugins', '--help'], ['plugins', 'reset', '--help'], ['plugins', 'update', '-h'], ['help', 'plugins', 'link'], ['stop', '--help']]) {
      const { status, stdout, stderr } = home.run(argv);
      expect([status, stderr], argv.join(' ')).to.deep.equal([0, '']);
      expect(stdout, argv.join(' ')).to.match(/^examples\n {2}(?:\$ )?envctl/im).and.to.not.match(/<%|will override|node-v\d|TOPICS/);
    }
  });

  it('groups the commands, those of a plugin too', () => {
    const { status, stdout, stderr } = home.run(['help']);
    expect([status, stderr]).to.deep.equal([0, '']);
    for (const title of ['Bring up', 'Stop and remove', 'Watch', 'Inspect', 'Configure']) expect(stdout).to.include(`\n${title}\n`);
    expect(stdout).to.match(/\n {2}toy hello +/);
    expect(home.run(['--help']).stdout).to.equal(stdout);
  });

  for (const argv of [['help', 's'], ['help', '--stop'], ['s', '--help']]) {
    it(`${argv.join(' ')} is the page of stop`, () => {
      const { status, stdout } = home.run(argv);
      expect(status).to.equal(0);
      expect(stdout).to.include('$ envctl stop ').and.to.include('EXAMPLES').and.to.include('OTHER NAMES\n  $ envctl s\n');
    });
  }

  it('has the page of a command of a plugin', () => {
    expect(home.run(['help', 'toy', 'hello']).stdout).to.include('$ envctl toy hello');
    expect(JSON.parse(home.run(['help', 'toy', 'hello', '--json']).stdout)).to.deep.include({ ok: true, command: 'toy:hello' });
  });
});

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}
