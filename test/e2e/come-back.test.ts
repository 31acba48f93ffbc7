/** What a start stopped in order to start it again comes back when the start comes to nothing: as it was, and not only what was never touched. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, environmentOf, isAlive, processesIn, servedBy, type World } from './world.js';

const again = { ENVCTL_ADDITIONAL_SERVICES: 'web,mailer', ENVCTL_SERVICE_WEB_DEPENDS_ON: 'backend+restart', ENVCTL_SERVICE_MAILER_KIND: 'worker', ENVCTL_SERVICE_MAILER_DEPENDS_ON: 'web+restart' };
/** Needs what was started again, and never gets ready. */
const endless = { ENVCTL_ADDITIONAL_SERVICES: 'web,mailer,slow', ENVCTL_SERVICE_SLOW_KIND: 'worker', ENVCTL_SERVICE_SLOW_DIR: 'backend', ENVCTL_SERVICE_SLOW_START_CMD: 'node ../it.mjs --worker', ENVCTL_SERVICE_SLOW_READY_LOG: 'never written', ENVCTL_SERVICE_SLOW_DEPENDS_ON: 'mailer' };

describe('a start that comes to nothing', function () {
  this.timeout(400_000);
  let world: World;
  let webPort: number;
  beforeEach(async () => {
    world = await createWorld('come-back', { settings: { MAIN_FRONTEND_ENABLE: false } });
    webPort = world.ports.frontend;
    await writeFile(path.join(world.repository, 'it.mjs'), await readFile(path.join(world.repository, 'backend', 'server.mjs'), 'utf8'));
    await configure();
  });
  afterEach(() => world.close());

  const configure = (settings: Readonly<Record<string, string | number | boolean>> = {}) =>
    world.configure({
      ...again,
      ENVCTL_SERVICE_WEB_DIR: 'backend',
      ENVCTL_SERVICE_MAILER_DIR: 'backend',
      ENVCTL_SERVICE_WEB_PORT_BASE: webPort,
      ENVCTL_SERVICE_WEB_START_CMD: 'GENERATION=first node ../it.mjs',
      ENVCTL_SERVICE_MAILER_START_CMD: 'node ../it.mjs --worker',
      ...settings,
    });
  const health = async () => (await world.json(['health'])).document.services.map(({ name, status }) => `${name} ${status}`);
  const pidOf = async (name: string): Promise<number> => (await world.json(['health'])).document.services.find((service) => service.name === name)!.pid;
  const launches = () => world.files('state').filter((file) => file.endsWith('/launch.json')).map((file) => path.basename(path.dirname(file)).replace(/-[0-9a-f]{8}$/, '')).sort();
  const killBackend = async () => {
    const pid = await servedBy(world.ports.backend);
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  for (const command of ['start', 'resume']) {
    it(`${command}, cancelled after it had replaced what asked for it: that runs again with its former command and environment`, async () => {
      const first = await world.succeed(['start']);
      const web = await servedBy(webPort);
      await configure({ ...endless, ENVCTL_SERVICE_WEB_START_CMD: 'GENERATION=second node ../it.mjs', ENVCTL_SERVICE_SLOW_DEPENDS_ON: command === 'start' ? 'mailer' : 'web', ...(command === 'resume' ? { ENVCTL_SERVICE_MAILER_READY_LOG: 'never written' } : {}) });
      await killBackend();
      const start = world.spawn([command]);
      await start.said(command === 'start' ? /Main\/slow: starting/ : /Main\/mailer: starting/);
      expect((await environmentOf(webPort))['GENERATION']).to.equal('second');
      start.process.kill('SIGINT');
      const { code, stderr } = await start.finished;
      expect([code, /what it had stopped runs again as before: .*Main Web/.test(stderr), /Main Mailer/.test(stderr)], stderr).to.deep.equal([2, true, true]);
      expect(await health()).to.deep.equal(['Main Backend stale', 'Main Mailer running', 'Main Web running']);
      expect((await environmentOf(webPort))['GENERATION']).to.equal('first');
      expect(await servedBy(webPort)).to.equal(await pidOf('Main Web')).and.not.equal(web);
      expect((await world.succeed(['show-state'])).state.run_id).to.equal(first.run_id);
      expect(launches()).to.deep.equal(['main-backend', 'main-mailer', 'main-web']);
      expect(isAlive(web)).to.equal(false);
      await configure();
      expect((await world.succeed(['start'])).projects[0]!.services.map(({ type, status }) => `${type} ${status}`)).to.deep.equal(['backend started', 'web started', 'mailer started']);
      expect(await health()).to.deep.equal(['Main Backend running', 'Main Mailer running', 'Main Web running']);
      expect((await world.succeed(['stop'])).stopped.length).to.equal(3);
      expect(processesIn(world.directory)).to.deep.equal([]);
    });
  }

  it('cancelled before it was their turn, they were never stopped, and keep their ports', async () => {
    await world.succeed(['start']);
    const before = [await servedBy(webPort), await pidOf('Main Mailer')];
    await configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'never')}` });
    await killBackend();
    const start = world.spawn(['start']);
    await start.said(/Main\/backend: starting/);
    start.process.kill('SIGINT');
    const { code, stderr } = await start.finished;
    expect([code, /runs again/.test(stderr)], stderr).to.deep.equal([2, false]);
    expect([await servedBy(webPort), await pidOf('Main Mailer')]).to.deep.equal(before);
    await configure();
    const start2 = await world.succeed(['restart']);
    expect(start2.projects[0]!.services.map(({ port }) => port)).to.deep.equal([world.ports.backend, webPort, null]);
    expect(launches()).to.deep.equal(['main-backend', 'main-mailer', 'main-web']);
  });

  it('a restart that fails: what was to be restarted and who asked to go with it run again', async () => {
    await world.succeed(['start']);
    const before = await servedBy(world.ports.backend);
    await configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    const { code, document } = await world.json(['restart', 'backend']);
    expect([code, document.message]).to.satisfy(([c, message]: [number, string]) => c === 1 && /exited with code 7/.test(message) && /What was stopped for it runs again as before: Main Backend, Main Web, Main Mailer\./.test(message), document.message);
    expect((await world.json(['health'])).code).to.equal(0);
    expect(await servedBy(world.ports.backend)).to.not.equal(before);
    expect(launches()).to.deep.equal(['main-backend', 'main-mailer', 'main-web']);
  });

  it('what does not come back is named, with what mends it', async () => {
    const flag = path.join(world.directory, 'alive');
    await writeFile(flag, '');
    await writeFile(path.join(world.repository, 'backend', 'once.mjs'), `import { existsSync } from 'node:fs'; if (!existsSync(${JSON.stringify(flag)})) { console.error('Error: the flag is gone'); process.exit(3); } await import('./server.mjs');`);
    await configure({ ENVCTL_SERVICE_WEB_START_CMD: 'node once.mjs' });
    await world.succeed(['start']);
    await rm(flag);
    const { code, document } = await world.json(['restart', 'web']);
    expect(code).to.equal(1);
    expect(document.message).to.match(/runs again as before: Main Mailer\. Not running any more: Main Web \(exited with code 3.*the flag is gone/);
    expect(JSON.stringify(document)).to.include('envctl start web');
    const services = (await world.json(['health'])).document.services;
    expect(services.map(({ name, status }) => `${name} ${status}`)).to.deep.equal(['Main Backend running', 'Main Mailer running', 'Main Web stopped']);
    expect(services[2]!.detail).to.equal('a command stopped it and did not start it again: envctl start web');
    await writeFile(flag, '');
    await world.succeed(['start', 'web']);
    expect((await world.json(['health'])).code).to.equal(0);
  });

  it('what a hook defines comes back too', async () => {
    const define = (command: string) => writeFile(path.join(world.repository, '.envctl.hooks.mjs'), `export const defineServices = () => ({ services: [{ name: 'Api', type: 'backend', command: '${command}', cwd: 'backend', port: ${world.ports.backend} }, { name: 'Worker', command: 'node server.mjs --worker', cwd: 'backend' }] });`);
    await define('node server.mjs');
    await world.configure({ MAIN_FRONTEND_ENABLE: false });
    await world.succeed(['start']);
    process.kill(await pidOf('Main Worker'), 'SIGKILL');
    await define('node server.mjs --exit 4');
    const before = await servedBy(world.ports.backend);
    const { code, document } = await world.json(['start']);
    expect(code).to.equal(1);
    expect(document.message).to.match(/exited with code 4.*runs again as before: Main Api\./s);
    expect(await servedBy(world.ports.backend)).to.not.equal(before);
    expect(await health()).to.deep.equal(['Main Api running', 'Main Worker stale']);
  });

  it('a second Ctrl-C leaves nothing that the next command does not find', async () => {
    await world.succeed(['start']);
    await configure({ ENVCTL_BACKEND_START_CMD: 'node server.mjs --exit 7' });
    // The former backend does not come back at once: it waits for a file.
    const gate = path.join(world.directory, 'gate');
    await writeFile(gate, '');
    await configure({ ENVCTL_SERVICE_WEB_START_CMD: `node server.mjs --gate ${gate}` });
    await world.succeed(['restart', 'web']);
    await rm(gate);
    await configure({ ENVCTL_SERVICE_WEB_START_CMD: 'node server.mjs --exit 7' });
    const restart = world.spawn(['restart', 'web']);
    await restart.said(/Main\/web: starting \(again, as before\)/);
    restart.process.kill('SIGKILL');
    await restart.finished;
    expect((await health()).filter((line) => line.startsWith('Main Web'))).to.deep.equal(['Main Web stopped']);
    await configure();
    await world.succeed(['start']);
    expect(await health()).to.deep.equal(['Main Backend running', 'Main Mailer running', 'Main Web running']);
    expect(launches()).to.deep.equal(['main-backend', 'main-mailer', 'main-web']);
    expect((await world.succeed(['stop-all'])).stopped.length).to.equal(3);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });
});
