import { spawn } from 'node:child_process';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Finished } from '../../packaging/run.js';
import { createMachine, nothing, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, serviceConfig, type TestRepository } from './repository.js';

const watcher = fileURLToPath(new URL('../../../test/faults/worlds/cmdline-watch.py', import.meta.url));

/** Answers with its stores' URLs: the test learns the passwords from where an application does. */
const teller = `require('node:http').createServer((q, r) => r.end(JSON.stringify(process.env))).listen(Number(process.env.PORT), '127.0.0.1');\n`;
const configured = 'hunter2-planted-5f1c';

describe('database passwords', function () {
  this.timeout(180_000);
  let machine: Machine;
  let repository: TestRepository;
  let secrets: readonly string[];
  let commandLines: string;
  const finished: { readonly words: string; readonly result: Finished }[] = [];

  before(async function () {
    await requireNamespaces(this);
    await requireProgram(this, 'redis-server');
    machine = await createMachine('secrets');
    repository = await createRepository(machine, { 'backend/app.js': teller, 'frontend/app.js': teller, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }, ['MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true']) });
    const watch = startWatch();
    await session();
    commandLines = await watch.end();
  });
  after(() => machine?.close());

  /** A child with an stdin to close; `machine.spawn` gives none. */
  function startWatch(): { end: () => Promise<string> } {
    const child = spawn('nsenter', [...machine.nsenter, 'python3', watcher], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    const closed = new Promise((resolve) => child.once('close', resolve));
    return {
      end: async () => {
        child.stdin.end();
        await closed;
        return text;
      },
    };
  }

  async function session(): Promise<void> {
    const say = async (...words: string[]): Promise<Finished> => {
      const result = await repository.envctl(...words);
      finished.push({ words: words.join(' '), result });
      return result;
    };
    const started = await say('start', '--headless', '--json');
    expect(started.code, started.stderr).to.equal(0);
    const environment = JSON.parse(await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000/", timeout=10).read().decode())'`)) as Record<string, string>;
    const passwords = ['DATABASE_URL', 'REDIS_URL'].map((name) => new URL(environment[name] ?? 'none:').password);
    const files = (await filesBelow(machine.storeRoot)).filter((file) => path.basename(file) === 'envctl-secrets.json');
    const stored = await Promise.all(files.map(async (file) => Object.values(JSON.parse(await readFile(file, 'utf8')) as Record<string, string>)));
    secrets = [...new Set([...passwords, ...stored.flat()])];
    const frontend = await machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:9000/", timeout=10).read().decode())'`);
    finished.push({ words: 'the environment of the frontend', result: { code: 0, stdout: frontend, stderr: '' } });

    for (const words of ['show-state --json', 'show-config --json', 'show-config', 'endpoints --json', 'endpoints', 'health --json', 'errors --json', 'logs', 'list-targets --json', 'explain-startup --json', 'restart --json', 'resume --json']) await say(...words.split(' '));
    await machine.sh(`pid=$(pgrep -x redis-server) && kill -9 $pid; pid=$(pgrep -o -x postgres) && kill -9 $pid`);
    for (const words of ['health --json', 'health', 'errors', 'resume', 'stop --json', 'start --headless']) await say(...words.split(' '));
    // A backend that dies with the URL on its lips: its log is its own, the error is ours.
    await machine.sh(`echo 'console.error("Error: cannot reach " + process.env.DATABASE_URL); process.exit(1)' >repo/backend/app.js`);
    const failing = await say('restart');
    expect(failing.code).to.equal(1);
    expect(failing.stderr).to.include('cannot reach');
    for (const words of ['errors --json', 'show-state --json']) await say(...words.split(' '));
    // A line that is cut to size in the middle of a password, wherever that begins.
    await machine.sh(`echo 'console.error("Error: " + "x".repeat(175) + " " + process.env.REDIS_URL + " " + process.env.DATABASE_URL); process.exit(1)' >repo/backend/app.js`);
    expect((await say('restart', '--json')).code).to.equal(1);
    await say('errors', '--json');
    // One that runs, and dies later with bare passwords on its lips: no URL gives them away.
    const later = `const bare = [process.env.REDIS_URL, process.env.DATABASE_URL].map((url) => new URL(url).password).join(" "); require("node:http").createServer((q, r) => { r.end("bye"); console.error("Error: refused " + bare); setTimeout(() => process.exit(1), 50); }).listen(Number(process.env.PORT), "127.0.0.1");`;
    await machine.sh(`cat >repo/backend/app.js <<'END'\n${later}\nEND`);
    const up = await say('start', '--headless', '--json');
    expect(up.code, up.stderr).to.equal(0);
    await machine.sh(`python3 -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:8000/", timeout=10).read()'`);
    await until('it has said its last words and ended', async () => {
      const said = await machine.sh(`grep -rl --include=Main_backend.log 'Error: refused' ${machine.runtimeRoot} || true`);
      return (said !== '' && !(await machine.census()).listeners.includes(8000)) || undefined;
    });
    for (const words of ['errors', 'errors --json', 'health --json']) await say(...words.split(' '));
    expect(finished.at(-3)?.result.stdout).to.include('refused');
    await say('config', '--set', `DB_PASSWORD=${configured}`);
    await say('show-config', '--json');
    await say('start', '--headless', '--json');
  }

  it('are long and random, one per role', () => {
    expect(secrets.length).to.be.at.least(3);
    for (const secret of secrets) expect(secret).to.match(/^[0-9a-f]{32,}$/);
  });

  it('appear in nothing a command prints', () => {
    const told = finished.flatMap(({ words, result }) => [...secrets, configured].filter((secret) => piecesOf(secret).some((piece) => `${result.stdout}${result.stderr}`.includes(piece)) && !words.includes(secret)).map(() => words));
    expect(told).to.deep.equal([]);
  });

  it('appear in no command line', () => {
    expect(commandLines).to.include('postgres').and.include('redis-server');
    expect(secrets.filter((secret) => commandLines.includes(secret))).to.deep.equal([]);
  });

  it('appear in no event and no log but that of the service that printed one, and in no file others can read', async () => {
    const own = /Main_backend\.log$/;
    const wrong: string[] = [];
    let holders = 0;
    for (const file of [...(await filesBelow(machine.runtimeRoot)), ...(await filesBelow(machine.storeRoot))]) {
      const text = await readFile(file, 'latin1').catch(() => '');
      if (![...secrets, configured].flatMap(piecesOf).some((piece) => text.includes(piece))) continue;
      holders += 1;
      const { mode } = await lstat(file);
      if ((mode & 0o077) !== 0 || (/\.(log|jsonl)$/.test(file) && !own.test(file)) || /run_state|runtime_map|error_report|ports_manifest|readiness/.test(file)) wrong.push(`${file} ${(mode & 0o777).toString(8)}`);
    }
    expect(wrong).to.deep.equal([]);
    expect(holders, 'the scan finds the files that must hold them').to.be.greaterThan(0);
  });

  it('are shown by --reveal', async () => {
    const { stdout } = await repository.envctl('show-config', '--reveal', '--json');
    expect(stdout).to.include(configured);
  });

  it('leave with everything else', async () => {
    expect((await repository.envctl('stop-all', '--remove-volumes')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
    const left = await Promise.all([...(await filesBelow(machine.runtimeRoot)), ...(await filesBelow(machine.storeRoot))].map(async (file) => ({ file, text: await readFile(file, 'latin1') })));
    expect(left.filter(({ file, text }) => secrets.some((secret) => text.includes(secret)) && !file.endsWith('Main_backend.log')).map(({ file }) => file)).to.deep.equal([]);
  });
});

/** Half a password is one too many. */
function piecesOf(secret: string): readonly string[] {
  return Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12));
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
