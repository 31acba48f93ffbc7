/** What was ready and has ended before its start is over: the start says so, whatever the truth mode. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createWorld, isAlive, processesIn, servedBy, type World } from './world.js';

/** Ends with an error in its log when it is told to. */
const frail = `
process.on('SIGUSR2', () => { console.error('Error: out of luck'); process.exit(1); });
process.argv.push('server.mjs');
await import('./server.mjs');
`;
const slow = `
import { existsSync } from 'node:fs';
setInterval(() => { if (existsSync(process.argv[2])) console.log('RDY'); }, 20);
`;

describe('the last look of a start', function () {
  this.timeout(200_000);
  let world: World;
  let gate: string;
  beforeEach(async () => {
    world = await createWorld('last-look', { settings: { MAIN_FRONTEND_ENABLE: false, ENVCTL_BACKEND_START_CMD: 'node frail.mjs' } });
    gate = path.join(world.directory, 'gate');
    await writeFile(path.join(world.repository, 'backend', 'frail.mjs'), frail);
    await writeFile(path.join(world.repository, 'backend', 'slow.mjs'), slow);
  });
  afterEach(() => world.close());

  const withSlow = () => ({ ENVCTL_ADDITIONAL_SERVICES: 'slow', ENVCTL_SERVICE_SLOW_KIND: 'worker', ENVCTL_SERVICE_SLOW_DIR: 'backend', ENVCTL_SERVICE_SLOW_START_CMD: `node slow.mjs ${gate}`, ENVCTL_SERVICE_SLOW_READY_LOG: '^RDY' });
  const redis = () => processesIn(world.directory).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'redis-server')!;
  const end = async (pid: number, signal: NodeJS.Signals) => {
    process.kill(pid, signal);
    while (isAlive(pid)) await delay(10);
  };
  /** Runs the command, and while the slow service starts what is to happen then. */
  async function meanwhile(command: string, what: () => Promise<void>) {
    const running = world.spawn([command, '--json']);
    await running.said(/Main\/slow: starting/);
    await running.said(/Main\/backend: (?:ready|already running)/);
    await what();
    await writeFile(gate, '');
    const { code, stdout, stderr } = await running.finished;
    return { code, stderr, document: JSON.parse(stdout) as Awaited<ReturnType<World['json']>>['document'] };
  }
  const endBackend = async () => end(await servedBy(world.ports.backend), 'SIGUSR2');

  for (const mode of ['auto', 'best_effort', 'strict']) {
    it(`under ${mode} fails for a service that it had ready, with its last words, and takes back the rest`, async () => {
      await world.configure({ ...withSlow(), ENVCTL_RUNTIME_TRUTH_MODE: mode });
      const { code, document, stderr } = await meanwhile('start', endBackend);
      expect([code, document.code], stderr).to.deep.equal([1, 'ENVCTL_E_START_FAILED']);
      expect(document.message).to.match(/^Startup failed: Main Backend, which was ready, exited with code 1; log_path: .*; log: Error: out of luck$/);
      expect(document.hints[0]).to.match(/^less .*Main_backend\.log$/);
      expect(stderr).to.match(/Main\/backend: failed/).and.match(/Main\/slow: stopped again/);
      expect(processesIn(world.directory)).to.deep.equal([]);
    });
  }

  it('fails for a service that it had kept', async () => {
    await world.succeed(['start']);
    await world.configure(withSlow());
    const { code, document } = await meanwhile('start', endBackend);
    expect([code, document.message]).to.satisfy(([exit, message]: [number, string]) => exit === 1 && /^Startup failed: Main Backend, which was kept, exited with code 1; .*Error: out of luck$/.test(message), document.message);
    expect(document.hints).to.include('envctl start backend');
    expect(processesIn(world.directory)).to.deep.equal([]);
  });

  for (const kept of [false, true]) {
    it(`fails for a server of ours that it had ${kept ? 'kept' : 'started'}`, async () => {
      await world.configure({ REDIS_MAIN_ENABLE: true });
      if (kept) await world.succeed(['start']);
      await world.configure({ ...withSlow(), REDIS_MAIN_ENABLE: true });
      const { code, document } = await meanwhile('start', () => end(redis(), 'SIGKILL'));
      expect(code, JSON.stringify(document)).to.equal(1);
      expect(document.message).to.match(/^Startup failed: Redis: it was ready and was ended by SIGKILL; log_path: /);
      expect(document.hints.some((hint) => hint.startsWith('less '))).to.equal(true);
    });
  }

  it('goes on without a service that is not critical', async () => {
    await world.configure({ ...withSlow(), ENVCTL_SERVICE_BACKEND_CRITICAL: false });
    const { code, document } = await meanwhile('start', endBackend);
    expect([code, document.projects[0]!.services.map(({ type, status }) => `${type} ${status}`)]).to.deep.equal([0, ['backend failed', 'slow started']]);
    expect(document.projects[0]!.notes.join()).to.match(/backend is not there: Main Backend, which was ready, exited with code 1/);
  });

  it('waits for a service that its restart policy brings again', async () => {
    await world.configure({ ...withSlow(), ENVCTL_SERVICE_BACKEND_RESTART: 'on-failure', ENVCTL_SERVICE_BACKEND_RESTART_BACKOFF: '2s' });
    const { code, document } = await meanwhile('start', endBackend);
    expect(code, JSON.stringify(document)).to.equal(0);
    const pid = await servedBy(world.ports.backend);
    const health = await world.json(['health']);
    expect([health.code, health.document.services[0]!.pid]).to.deep.equal([0, pid]);
    expect((await world.succeed(['show-state'])).state.services['Main Backend']).to.deep.include({ pid, listener_pids: [pid] });
  });

  for (const command of ['restart', 'resume']) {
    it(`of ${command} fails alike`, async () => {
      await world.configure(withSlow());
      await meanwhile('start', () => Promise.resolve());
      await writeFile(path.join(world.repository, 'backend', 'slow.mjs'), slow.replace('process.argv[2]', `'${gate}2'`));
      const before = await servedBy(world.ports.backend);
      if (command === 'resume') for (const pid of processesIn(world.directory)) process.kill(pid, 'SIGKILL');
      gate = `${gate}2`;
      const { code, document } = await meanwhile(command, endBackend);
      expect(code, JSON.stringify(document)).to.equal(1);
      expect(document.message).to.match(/^Startup failed: Main Backend, which was ready, exited with code 1; .*Error: out of luck/);
      expect(isAlive(before)).to.equal(false);
      if (command === 'restart') expect(document.message).to.match(/What was stopped for it runs again as before: .*Main Backend/);
    });
  }
});
