import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf } from './document.js';
import { openTerminal, type Terminal } from './terminal.js';
import { bin, createWorld, processesIn, servedBy, type World } from './world.js';

describe('in a terminal', function () {
  this.timeout(120_000);
  let world: World;
  let terminal: Terminal | undefined;
  const envctl = `node ${bin}`;
  before(async () => (world = await createWorld('terminal', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());
  afterEach(async () => {
    await terminal?.close();
    terminal = undefined;
    await world.succeed(['stop-all']);
    await world.configure();
  });
  const open = async (columns: number): Promise<Terminal> => (terminal = await openTerminal({ columns, cwd: world.repository, env: world.env }));

  for (const columns of [60, 100]) {
    it(`shows one live row per node at ${columns} columns, then the summary`, async () => {
      const shell = await open(columns);
      const gate = path.join(world.directory, `open-${columns}`);
      await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${gate}` });
      await shell.type(`clear; ${envctl} start; echo code=$?`);
      const during = await shell.shows(/✓ Main\/redis[^]*• Main\/backend[^]*✓ Main\/frontend/);
      expect(rows(during)).to.deep.equal(['✓ Main/redis', '• Main/backend', '✓ Main/frontend']);
      await writeFile(gate, '');
      const after = await shell.shows(/code=0/);
      const ports = portsOf(await world.succeed(['start']));
      expect(rows(after)).to.deep.equal(['✓ Main/redis', '✓ Main/backend', '✓ Main/frontend']);
      expect(after.map(steady).filter((line) => /^ {2}\w/.test(line)).slice(0, 3)).to.deep.equal([
        `  backend    http://localhost:${ports['backend']}`,
        `  frontend   http://localhost:${ports['frontend']}`,
        `  redis      port ${ports['redis']}`,
      ]);
    });
  }

  for (const [where, before] of [['at the top of the screen', 'clear'], ['at its bottom', 'clear; seq 60']] as const) {
    it(`Enter while the rows are live leaves no row twice ${where}`, async () => {
      const gate = path.join(world.directory, `enter-${before.length}`);
      await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${gate}` });
      const shell = await open(100);
      await shell.type(`${before}; ${envctl} start; echo code=$?`);
      await shell.shows(/✓ Main\/redis[^]*• Main\/backend[^]*✓ Main\/frontend/);
      for (const key of ['Enter', 'Enter', 'x', 'Enter']) await shell.press(key);
      const seen = (await shell.screen()).join('\n');
      await until(async () => (await shell.screen()).join('\n') !== seen);
      await writeFile(gate, '');
      const after = await shell.shows(/code=0/);
      expect(rows(after)).to.deep.equal(['✓ Main/redis', '✓ Main/backend', '✓ Main/frontend']);
      expect(after.filter((line) => /^\d+$/.test(line)).at(-1)).to.equal(before === 'clear' ? undefined : '60');
    });
  }

  it('Ctrl-C once undoes this command’s work and leaves what ran before', async () => {
    const frontend = await servedBy(portsOf(await world.succeed(['start', 'frontend']))['frontend']!);
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'never')}` });
    const shell = await open(100);
    await shell.type(`clear; ${envctl} start; echo code=$?`);
    await shell.shows(/• Main\/backend/);
    const before = processesIn(world.repository);
    await shell.press('C-c');
    const lines = await shell.shows(/code=2/);
    // The note of the signal stands above the rows, and no row is there twice.
    expect(rows(lines).filter((row) => row.includes('backend'))).to.have.length(1);
    expect(lines.join('\n')).to.match(/^Cancelling and undoing[^]*Main\/backend/);
    expect(lines.join('\n')).to.include('Cancelled; what this start had started was stopped again.');
    const { document } = await world.json(['health']);
    expect(document.services.map(({ name, status }) => `${name} ${status}`)).to.deep.equal(['Main Frontend running']);
    expect(await servedBy(document.services[0]!.port)).to.equal(frontend);
    expect(before.length).to.be.greaterThan(processesIn(world.repository).length);
  });

  it('Ctrl-C twice ends it at once; stop-all finds the rest', async () => {
    const pidFile = path.join(world.directory, 'stubborn');
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node stubborn.mjs ${pidFile}` });
    const shell = await open(100);
    await shell.type(`clear; ${envctl} start`);
    await shell.shows(/• Main\/backend/);
    await until(() => exists(pidFile));
    await shell.press('C-c');
    expect((await shell.shows(/^Cancelling and undoing[^]*Main\/redis/m)).filter((line) => line.includes('Main/redis'))).to.have.length(1);
    await shell.press('C-c');
    // It dies of the signal, as the shell expects it.
    await shell.shows(/run: envctl stop-all/);
    await shell.shows(/\$$/);
    await shell.type('echo code=$?');
    await shell.shows(/code=130/);
    expect(processesIn(world.repository)).to.include(Number(readFileSync(pidFile, 'utf8')));
    await world.succeed(['blast-all']);
    expect(processesIn(world.repository).filter((pid) => pid === Number(readFileSync(pidFile, 'utf8')))).to.deep.equal([]);
  });

  describe('in a repository without an .envctl', () => {
    const start = `clear; ENVCTL_BACKEND_START_CMD='node server.mjs' ENVCTL_FRONTEND_START_CMD='node server.mjs' ${envctl} start; echo code=$?`;
    const file = (): string => path.join(world.repository, '.envctl');
    beforeEach(() => rm(file()));

    it('start asks, saves what was answered and goes on', async () => {
      const shell = await open(100);
      await shell.type(start);
      await shell.shows(/How do you want to set it up\?/);
      await shell.press('Enter');
      await shell.shows(/Which mode do commands mean/);
      await shell.press('Enter');
      await shell.shows(/What runs in mode main\?/);
      await shell.press('Down');
      await shell.press('Enter');
      await shell.shows(/What runs in mode trees\?/);
      await shell.press('Down');
      await shell.press('Down');
      await shell.press('Enter');
      await shell.shows(/Save to .*\.envctl\?/);
      await shell.press('Enter');
      const screen = await shell.shows(/code=0/);
      expect(rows(screen)).to.deep.equal(['✓ Main/backend', '✓ Main/frontend']);
      expect(readFileSync(file(), 'utf8')).to.equal('# >>> envctl managed startup config >>>\nENVCTL_DEFAULT_MODE=main\n\nTREES_STARTUP_ENABLE=false\n# <<< envctl managed startup config <<<\n');
      // The set-up belongs to the run it led to; a later change to the run that is there.
      await world.succeed(['config', '--set', 'ENVCTL_DEFAULT_MODE=main', '--set', 'PORT_SPACING=30']);
      const events = readFileSync(path.join(world.directory, 'state/engine', world.scopeId, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { readonly event: string; readonly run_id: string });
      const told = events.filter(({ event }) => event.startsWith('config.'));
      expect(told.map(({ event }) => event)).to.deep.equal(['config.bootstrap.required', 'config.bootstrap.saved', 'config.command.open', 'config.command.saved']);
    });

    it('start that is cancelled while it asks writes nothing and starts nothing', async () => {
      const shell = await open(100);
      await shell.type(start);
      await shell.shows(/How do you want to set it up\?/);
      await shell.press('Escape');
      const screen = await shell.shows(/code=1/);
      expect(screen.join('\n')).to.include('The set-up was cancelled');
      expect(exists(file())).to.equal(false);
    });

    for (const [what, command] of [['BATCH in the environment', start.replace('ENVCTL_BACKEND', 'BATCH=1 ENVCTL_BACKEND')], ['--headless', start.replace('start;', 'start --headless;')]] as const) {
      it(`start with ${what} asks nobody and says how to configure`, async () => {
        const shell = await open(100);
        await shell.type(command);
        // A long line is cut by the terminal where it likes.
        const screen = (await shell.shows(/code=1/)).join('').replaceAll(' ', '');
        for (const text of ['Missing repo-local .envctl and no interactive TTY is available.', 'envctl config --repo', '--set ENVCTL_DEFAULT_MODE=main']) expect(screen).to.include(text.replaceAll(' ', ''));
        expect(exists(file())).to.equal(false);
      });
    }
  });

  it('NO_COLOR takes the colours away, not the rows', async () => {
    const shell = await open(100);
    await shell.type(`clear; NO_COLOR=1 ${envctl} start 2>&1 | cat; clear; NO_COLOR=1 script -qec '${envctl} restart' ${path.join(world.directory, 'typescript')} >/dev/null; echo code=$?`);
    await shell.shows(/code=0/);
    const written = readFileSync(path.join(world.directory, 'typescript'), 'utf8');
    expect(written).to.match(/✓ Main\/backend/);
    expect(written).to.not.match(/\u001B\[\d+m/);
  });

  it('a pipe gets plain lines and no control characters', async () => {
    const { stdout, stderr } = await world.envctl(['start']);
    expect(stdout + stderr).to.not.include('\u001B');
    expect(stderr.split('\n').filter((line) => line.startsWith('Main/backend'))).to.have.length(2);
    expect(stdout).to.match(/^run_id: run-/);
  });
});

/** The rows of nodes on a screen: glyph and name. */
function rows(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => /^[·•✓✗↺-] Main\/\w+/.exec(line)?.[0] ?? []);
}

function steady(line: string): string {
  return line.replace(/ \(kept\)$/, '').trimEnd();
}

function exists(file: string): boolean {
  try {
    return readFileSync(file, 'utf8') !== '';
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(90_000);
  while (!(await condition())) {
    if (deadline.aborted) throw new Error('it never happened');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
