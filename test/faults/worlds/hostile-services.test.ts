import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, requireProgram, until, type Machine } from './machine.js';
import { createRepository, serviceConfig, type TestRepository } from './repository.js';

/** Each helper sleeps for a number of its own, so that a survivor says what it is. */
const helpers = { forked: 90_001, newSession: 90_002, clearedEnvironment: 90_003, daemonised: 90_004, daemonisedWithoutEnvironment: 90_005 };

const nodeZoo = `const { spawn } = require('node:child_process');
spawn('sh', ['-c', 'sleep ${helpers.forked}; true'], { stdio: 'inherit' });
spawn('sleep', ['${helpers.newSession}'], { stdio: 'ignore', detached: true });
spawn('sleep', ['${helpers.clearedEnvironment}'], { stdio: 'ignore', env: {} });
spawn('sh', ['-c', 'setsid sleep ${helpers.daemonised} &'], { stdio: 'inherit' });
spawn('sh', ['-c', 'env -i setsid sleep ${helpers.daemonisedWithoutEnvironment} &'], { stdio: 'inherit' });
require('node:http').createServer((request, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1');
`;

const pythonZoo = `import http.server, os, subprocess

def daemon(environment, seconds):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvpe("sleep", ["sleep", str(seconds)], environment)
        os._exit(0)
    os.wait()

daemon(os.environ, ${helpers.daemonised})
daemon({}, ${helpers.daemonisedWithoutEnvironment})
if os.fork() == 0:
    os.execvp("sleep", ["sleep", "${helpers.forked}"])
subprocess.Popen(["sleep", "${helpers.newSession}"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.Popen(["sleep", "${helpers.clearedEnvironment}"], env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`;

const shZoo = `#!/bin/sh
sleep ${helpers.forked} &
setsid sleep ${helpers.newSession} >/dev/null 2>&1 &
env -i sleep ${helpers.clearedEnvironment} >/dev/null 2>&1 &
(setsid sleep ${helpers.daemonised} &)
(env -i setsid sleep ${helpers.daemonisedWithoutEnvironment} &)
exec python3 -m http.server --bind 127.0.0.1 "$PORT"
`;

describe('services that behave badly', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
  });
  beforeEach(async () => {
    machine = await createMachine('hostile');
  });
  afterEach(() => machine?.close());

  const sleepers = async (): Promise<string[]> => (await machine.census()).processes.filter(({ comm }) => comm === 'sleep').map(({ words }) => words);
  const start = async (files: Readonly<Record<string, string>>): Promise<TestRepository> => {
    const repository = await createRepository(machine, files);
    await repository.json('start', '--headless');
    return repository;
  };

  for (const { language, command, file, text } of [
    { language: 'Node', command: 'node zoo.js', file: 'zoo.js', text: nodeZoo },
    { language: 'Python', command: 'python3 zoo.py', file: 'zoo.py', text: pythonZoo },
    { language: 'sh', command: './zoo.sh', file: 'zoo.sh', text: shZoo },
  ]) {
    it(`stop-all ends what a service in ${language} forked, daemonised, moved to another session or stripped of its environment`, async () => {
      const repository = await start({ [`backend/${file}`]: text, '.envctl': serviceConfig({ backend: command }) });
      await until('every helper runs', async () => ((await sleepers()).length === Object.keys(helpers).length ? true : undefined));
      const { code, stdout, stderr } = await repository.envctl('stop-all');
      expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }

  it('stop-all ends services that ignore SIGTERM or want SIGINT, in Node, Python and sh at once', async () => {
    const stubborn = `import http.server, os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`;
    const repository = await start({
      'backend/app.js': `process.on('SIGTERM', () => {}); require('node:http').createServer((q, r) => r.end()).listen(Number(process.env.PORT), '127.0.0.1');`,
      'frontend/app.sh': `#!/bin/sh\ntrap '' TERM\npython3 app.py\n`,
      'frontend/app.py': stubborn,
      '.envctl': serviceConfig({ backend: 'node app.js', frontend: './app.sh' }),
    });
    const { stopped, not_stopped } = (await repository.json('stop-all')) as { stopped: string[]; not_stopped: unknown[] };
    expect(stopped).to.have.members(['Main Backend', 'Main Frontend']);
    expect(not_stopped).to.deep.equal([]);
    expect(await machine.census()).to.deep.equal(nothing);
  });

  const daemons = {
    'at once': `(setsid python3 -m http.server --bind 127.0.0.1 "$PORT" &)`,
    // Nothing of it is ours but the token until it listens.
    'later, without anything of ours but the token': `setsid sh -c 'sleep 0.5; exec python3 -m http.server --bind 127.0.0.1 "$PORT"' >/dev/null 2>&1 </dev/null &`,
  };
  for (const [when, daemon] of Object.entries(daemons)) {
    it(`a command that ends well and leaves a daemon that listens ${when} is a service that runs; stop ends it`, async () => {
      const repository = await start({ 'backend/app.sh': `#!/bin/sh\n${daemon}\nexit 0\n`, '.envctl': serviceConfig({ backend: './app.sh' }) });
      expect((await machine.census()).listeners).to.deep.equal([8000]);
      expect((await repository.envctl('health')).code).to.equal(0);
      await repository.json('stop');
      const { processes, listeners } = await machine.census();
      expect({ processes, listeners }).to.deep.equal({ processes: [], listeners: [] });
    });

    it(`a start undoes a command that fails and leaves a daemon that listens ${when}`, async () => {
      const repository = await createRepository(machine, { 'backend/app.sh': `#!/bin/sh\n${daemon}\nexit 3\n`, '.envctl': serviceConfig({ backend: './app.sh' }) });
      const { code, stderr } = await repository.envctl('start', '--headless');
      expect(code).to.equal(1);
      expect(stderr).to.match(/Main Backend exited with code 3/);
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }

  it('a start that fails lists what left its service for a life of its own', async () => {
    const repository = await createRepository(machine, {
      'backend/app.sh': `#!/bin/sh\nsetsid sleep 90010 >/dev/null 2>&1 </dev/null &\nexit 3\n`,
      '.envctl': serviceConfig({ backend: './app.sh' }),
    });
    const { code, stdout, stderr } = await repository.envctl('start', '--headless', '--json');
    expect(code).to.equal(1);
    const { processes } = await machine.census();
    expect(processes.map(({ words }) => words)).to.deep.equal(['sleep 90010']);
    const { detached } = JSON.parse(stdout) as { detached: { pid: number }[] };
    expect(detached.map(({ pid }) => pid)).to.deep.equal(processes.map(({ pid }) => pid));
    expect(stderr).to.match(/Left running: pid \d+ \(sleep\): left the session/);
  });

  it('a service killed by hand while its helpers live is stopped whole', async () => {
    const repository = await start({ 'backend/zoo.sh': shZoo, '.envctl': serviceConfig({ backend: './zoo.sh' }) });
    await until('every helper runs', async () => ((await sleepers()).length === Object.keys(helpers).length ? true : undefined));
    // Until then the writer of the log may have a shell of its own.
    const processes = await until('the writer copies', async () => {
      const { processes: found } = await machine.census();
      return found.some(({ comm }) => comm === 'dd') ? found : undefined;
    });
    const killed = processes.filter(({ words }) => words.includes('http.server') || words.includes('runner.sh'));
    // The service, its runner and the writer of its log.
    expect(killed).to.have.length(3);
    await machine.sh(`kill -9 ${killed.map(({ pid }) => pid).join(' ')}`);
    const { detached } = (await repository.json('stop-all')) as { detached: { pid: number }[] };
    // Its session, parent and log are gone; only the token tells where it came from, and a token travels.
    const { processes: left } = await machine.census();
    expect(left.map(({ words }) => words)).to.deep.equal([`sleep ${helpers.newSession}`]);
    expect(detached.map(({ pid }) => pid)).to.deep.equal([left[0]!.pid]);
  });

  it('waits for a daemon without anything of ours but the cgroup, where there is one', async () => {
    const daemon = `env -i PATH="$PATH" PORT="$PORT" setsid sh -c 'sleep 1; exec python3 -m http.server --bind 127.0.0.1 "$PORT"' >/dev/null 2>&1 </dev/null &`;
    const repository = await start({ 'backend/app.sh': '#!/bin/sh\nexec python3 -m http.server --bind 127.0.0.1 "$PORT"\n', '.envctl': serviceConfig({ backend: './app.sh' }) });
    const [launch] = (await machine.census()).launches;
    const { cgroup } = JSON.parse(await readFile(path.join(launch!, 'launch.json'), 'utf8')) as { cgroup: string | null };
    await repository.json('stop-all');

    await writeFile(path.join(repository.root, 'backend/app.sh'), `#!/bin/sh\n${daemon}\nexit 0\n`);
    const { code, stderr } = await repository.envctl('start', '--headless');
    expect(code, stderr).to.equal(cgroup === null ? 1 : 0);
    if (cgroup === null) return;
    expect((await machine.census()).listeners).to.deep.equal([8000]);
    expect((await repository.envctl('health')).code).to.equal(0);
    await repository.json('stop-all');
    expect(await machine.census()).to.deep.equal(nothing);
  });

  it('leaves what nobody can prove to be its own, unless a cgroup does', async () => {
    const repository = await start({
      'backend/app.sh': `#!/bin/sh\n(env -i setsid sleep 90010 </dev/null >/dev/null 2>&1 &)\nexec python3 -m http.server --bind 127.0.0.1 "$PORT"\n`,
      '.envctl': serviceConfig({ backend: './app.sh' }),
    });
    await until('the stranger runs', async () => ((await sleepers()).length === 1 ? true : undefined));
    const [launch] = (await machine.census()).launches;
    const { cgroup } = JSON.parse(await readFile(path.join(launch!, 'launch.json'), 'utf8')) as { cgroup: string | null };
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await sleepers()).to.deep.equal(cgroup === null ? ['sleep 90010'] : []);
  });

  it('leaves a tmux server that a service started alone, and lists it', async function () {
    await requireProgram(this, 'tmux');
    const repository = await start({
      'backend/app.sh': `#!/bin/sh\ntmux -L envctl-test -f /dev/null new-session -d -s mine 'sleep 90011'\nexec python3 -m http.server --bind 127.0.0.1 "$PORT"\n`,
      '.envctl': serviceConfig({ backend: './app.sh' }),
    });
    await until('the session runs', async () => ((await sleepers()).length === 1 ? true : undefined));
    const { detached } = (await repository.json('stop-all')) as { detached: { comm: string }[] };
    expect(detached.map(({ comm }) => comm)).to.include('tmux: server');
    const { processes, listeners } = await machine.census();
    expect(processes.map(({ comm }) => comm)).to.include.members(['tmux: server', 'sleep']);
    expect(listeners).to.deep.equal([]);
  });

  it('leaves a browser that a service opened alone, and lists it', async function () {
    await requireProgram(this, 'chromium');
    const repository = await start({
      // As xdg-open does it: the starter ends, the browser goes on.
      'backend/app.sh': `#!/bin/sh\n(setsid chromium --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$PWD/profile" --remote-debugging-port=9333 about:blank </dev/null >/dev/null 2>&1 &)\nexec python3 -m http.server --bind 127.0.0.1 "$PORT"\n`,
      '.envctl': serviceConfig({ backend: './app.sh' }),
    });
    await machine.sh('mount -t tmpfs tmpfs /dev/shm');
    await until('the browser listens', async () => ((await machine.census()).listeners.includes(9333) ? true : undefined));
    const { detached } = (await repository.json('stop-all')) as { detached: { comm: string }[] };
    expect(detached.map(({ comm }) => comm).join()).to.include('chrom');
    const { processes, listeners } = await machine.census();
    expect(processes.map(({ comm }) => comm).join()).to.include('chrom');
    expect(listeners).to.deep.equal([9333]);
  });
});
