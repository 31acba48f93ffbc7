import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { isAlive } from './e2e/world.js';

interface RawStack {
  writeRawStack(options: { readonly runtime: string; readonly store: string; readonly directory: string; readonly healthUrl: string; readonly frontendPort: number }): unknown;
  endRawStack(directory: string, timeoutMs?: number): void;
}

const { writeRawStack, endRawStack } = (await import(new URL('../test/bench/lib/raw-stack.mjs', import.meta.url).href)) as RawStack;

describe('the shell script of the benchmark', function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'envctl-test-raw-'));
    for (const name of ['engine/scope/launches', 'store/scope/launches', 'raw']) mkdirSync(join(directory, name), { recursive: true });
  });
  afterEach(() => {
    endRawStack(join(directory, 'raw'), 1000);
    rmSync(directory, { recursive: true, force: true });
  });

  const node = (script: string): readonly string[] => [process.execPath, '-e', `${script}; setInterval(() => {}, 1 << 30)`];
  const server = node("process.on('SIGINT', () => process.exit(0)); console.log('ready to accept connections')");

  /** Four processes as the benchmark's script starts them; a backend that is never well lets it wait for ever. */
  async function startAndGiveUp(servers: Readonly<Record<string, readonly string[]>>, PATH = process.env['PATH']): Promise<readonly number[]> {
    for (const [name, command] of Object.entries({ 'Main Backend': node(''), 'Main Frontend': node(''), redis: server, postgres: server, ...servers })) {
      const launch = join(directory, 'engine/scope/launches', name.replace(' ', '-'));
      mkdirSync(launch);
      writeFileSync(join(launch, 'launch.json'), JSON.stringify({ name, command, cwd: directory }));
      writeFileSync(join(launch, 'journal'), '');
    }
    const raw = join(directory, 'raw');
    writeRawStack({ runtime: directory, store: join(directory, 'store'), directory: raw, healthUrl: 'http://127.0.0.1:1/healthz', frontendPort: 1 });
    const script = spawn(join(raw, 'start.sh'), { stdio: 'ignore', env: { ...process.env, PATH } });
    const files = ['postgres', 'redis', 'frontend', 'backend'].map((name) => join(raw, `${name}.pid`));
    while (!files.every((file) => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'))) await pause(5);
    script.kill('SIGTERM');
    await once(script, 'close');
    const pids = files.map((file) => Number(readFileSync(file, 'utf8')));
    expect(pids.filter(isAlive)).to.deep.equal(pids);
    return pids;
  }

  it('leaves nothing when it is given up', async () => {
    const pids = await startAndGiveUp({});
    endRawStack(join(directory, 'raw'), 60_000);
    expect(pids.filter(isAlive)).to.deep.equal([]);
    // Nothing to end: it has no pid that may be somebody else's by now.
    expect(existsSync(join(directory, 'raw/postgres.pid'))).to.equal(false);
    endRawStack(join(directory, 'raw'));
  });

  it('ends by force what does not end by itself', async () => {
    const pids = await startAndGiveUp({ postgres: node("process.on('SIGINT', () => undefined); console.log('ready to accept connections')") });
    endRawStack(join(directory, 'raw'), 2000);
    while (pids.some(isAlive)) await pause(5);
    expect(existsSync(join(directory, 'raw/postgres.pid'))).to.equal(false);
  });

  it('ends what has not got a session of its own yet', async () => {
    const programs = join(directory, 'programs');
    mkdirSync(programs);
    // As on a busy machine: the process is there, and setsid has not happened.
    writeFileSync(join(programs, 'setsid'), `#!/bin/sh\ncase "$*" in *late*) exec tail -f /dev/null ;; esac\nPATH=\${PATH#*:} exec setsid "$@"\n`, { mode: 0o755 });
    const pids = await startAndGiveUp({ 'Main Backend': node('/* late */') }, `${programs}:${process.env['PATH']}`);
    endRawStack(join(directory, 'raw'), 60_000);
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });

  it('has nothing to end where it was never written', () => endRawStack(join(directory, 'nowhere')));
});
