import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { portsOf, type Document } from './document.js';
import { createWorld, environmentOf, isAlive, processesIn, servedBy, type World } from './world.js';

describe('hooks of a project', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    world = await createWorld('hooks');
    await world.configure({ MAIN_REDIS_ENABLE: true });
  });
  after(() => world.close());
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(world.repository, name), text);

  it('setupInfrastructure stands in for the dependencies: none of ours starts, the backend gets its variables, health looks at its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await write('.envctl.hooks.mjs', `import { writeFileSync } from 'node:fs';
export function setupInfrastructure({ mode, run_id, ports }) {
  writeFileSync(${JSON.stringify(path.join(world.directory, 'told.json'))}, JSON.stringify({ mode, run_id, ports }));
  return { skip_default_requirements: true, requirements: { redis: { final: ${port}, env: { REDIS_URL: 'redis://elsewhere:${port}/0' } } } };
}`);
    const explained = await world.succeed(['explain-startup']);
    expect(JSON.stringify(explained)).to.include('"setup-infrastructure"');
    expect(existsSync(path.join(world.directory, 'told.json'))).to.equal(false);
    const started = await world.succeed(['start']);
    const told = JSON.parse(await readFile(path.join(world.directory, 'told.json'), 'utf8')) as { readonly mode: string; readonly run_id: string; readonly ports: Readonly<Record<string, number>> };
    expect(told).to.include({ mode: 'main', run_id: (started as unknown as { readonly run_id: string }).run_id });
    const events = await readFile(path.join(world.env['ENVCTL_RUNTIME_DIR']!, 'engine', world.scopeId, 'runs', told.run_id, 'events.jsonl'), 'utf8');
    expect(events.split('\n').find((line) => line.includes('hook.bridge.invoke'))).to.match(/"hook":"envctl_setup_infrastructure".*"found":true.*"success":true|"found":true.*envctl_setup_infrastructure/).and.to.match(/"has_payload":true/);
    expect(told.ports).to.include({ backend: portsOf(started)['backend'] });
    expect((await environmentOf(portsOf(started)['backend']!))['REDIS_URL']).to.equal(`redis://elsewhere:${port}/0`);
    expect((await environmentOf(portsOf(started)['frontend']!))['REDIS_URL']).to.equal(undefined);
    expect((await world.json(['health'])).code).to.equal(0);
    expect((await world.succeed(['start']) as unknown as { readonly decision: { readonly kind: string } }).decision.kind).to.equal('reuse');
    server.close();
    await once(server, 'close');
    expect(JSON.stringify((await world.json(['health'])).document)).to.include(`nothing listens on port ${port}`);
    await world.succeed(['stop-all']);
  });

  it('a hook that fails stops the start, says where it says why, and nothing stays', async () => {
    await write('.envctl.hooks.mjs', "export async function setupInfrastructure() { console.log('about to'); throw new Error('no cluster'); }");
    const failed = await world.json(['start']);
    expect(failed.code).to.equal(1);
    expect(failed.document.message).to.match(/setupInfrastructure of .*\.envctl\.hooks\.mjs failed: no cluster/);
    const log = failed.document.hints.find((hint) => hint.startsWith('less '))!.slice(5);
    expect(await readFile(log, 'utf8')).to.match(/^about to\nError: no cluster/);
    expect((await world.succeed(['start'], { env: { ENVCTL_ENABLE_HOOK_BRIDGE: 'false' } })).ok).to.equal(true);
    await world.succeed(['stop-all']);
    await rm(path.join(world.repository, '.envctl.hooks.mjs'));
  });

  it('setupInfrastructure that names a dependency nobody has is refused with those there are', async () => {
    await write('.envctl.hooks.mjs', 'export const setupInfrastructure = () => ({ skip_default_requirements: true, requirements: { nosuch: {} } });');
    const { code, document } = await world.json(['start']);
    expect([code, document.message]).to.deep.equal([1, 'Startup failed: setupInfrastructure of Main names nosuch in requirements: no installed dependency is called so.']);
    expect(document.hints[0]).to.match(/^dependencies: postgres, redis\b/);
    await rm(path.join(world.repository, '.envctl.hooks.mjs'));
  });

  it('shell hooks stop a start before anything, with the way to convert them, which works', async () => {
    await write('.envctl.sh', `envctl_setup_infrastructure() {\n  export ENVCTL_HOOK_JSON='{"skip_default_requirements":true}'\n}\n`);
    for (const words of [['start'], ['explain-startup']]) {
      const { code, document } = await world.json(words);
      expect([code, document.code], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_HOOK_INVALID']);
      expect(document.hints).to.include('envctl migrate-hooks');
    }
    await world.succeed(['migrate-hooks']);
    expect((await world.json(['migrate-hooks'])).code).to.equal(1);
    await world.succeed(['migrate-hooks', '--force']);
    const started = await world.succeed(['start']);
    expect(portsOf(started)).to.have.keys('backend', 'frontend');
    await world.succeed(['stop-all']);
  });

  describe('defineServices', () => {
    let external: ChildProcess;
    let told: string;
    before(async () => {
      await rm(path.join(world.repository, '.envctl.sh'), { force: true });
      told = path.join(world.directory, 'defined.json');
      external = spawn('sleep', ['600'], { stdio: 'ignore' });
      await world.configure({ MAIN_REDIS_ENABLE: true });
      await write('.envctl.hooks.mjs', `import { readFileSync, writeFileSync } from 'node:fs';
export async function defineServices({ env, ports }) {
  writeFileSync(${JSON.stringify(told)}, JSON.stringify({ env, ports }));
  return { services: [
    { name: 'Main Backend', command: 'node server.mjs', cwd: 'backend', port: ${world.ports.backend}, health_url: '/', env: { FROM_HOOK: 'yes' } },
    { name: 'Worker', command: ['node', '-e', 'setInterval(() => undefined, 1000)'] },
    { name: 'Elsewhere', pid: ${external.pid} },
  ] };
}`);
    });
    after(() => external.kill());
    const names = (document: Document): readonly string[] => document.projects.flatMap(({ services }) => services.map(({ name }) => name)).sort();
    const shown = async (): Promise<readonly (readonly unknown[])[]> => ((await world.json(['health'])).document.services as unknown as readonly { readonly name: string; readonly status: string }[]).map(({ name, status }) => [name, status]);

    it('replaces the services: they are started, on record, kept by another start, replaced by a restart; one that runs already is shown', async () => {
      const started = await world.succeed(['start']);
      expect(names(started)).to.deep.equal(['Main Backend', 'Main Elsewhere', 'Main Worker']);
      const context = JSON.parse(await readFile(told, 'utf8')) as { readonly env: Readonly<Record<string, string>> };
      expect(context.env['REDIS_URL']).to.match(/^redis:/);
      const { backend } = portsOf(started);
      expect(await environmentOf(backend!)).to.include({ FROM_HOOK: 'yes', REDIS_URL: context.env['REDIS_URL'] });
      expect(await shown()).to.deep.equal([['Main Backend', 'running'], ['Main Elsewhere', 'running'], ['Main Worker', 'running']]);
      expect((await world.json(['health'])).code).to.equal(0);

      await rm(told);
      const again = await world.succeed(['start']);
      expect([(again as unknown as { readonly decision: { readonly kind: string } }).decision.kind, names(again), existsSync(told)]).to.deep.equal(['reuse', names(started), false]);

      const pid = await servedBy(backend!);
      const restarted = await world.succeed(['restart', 'backend']);
      expect([names(restarted), portsOf(restarted)['backend'], existsSync(told)]).to.deep.equal([names(started), backend, true]);
      expect(isAlive(pid)).to.equal(false);

      await world.succeed(['stop', '--service', 'Main Worker']);
      expect(names(await world.succeed(['start']))).to.deep.equal(names(started));
      expect((await shown()).length).to.equal(3);

      process.kill(await servedBy(backend!), 'SIGKILL');
      expect(names(await world.succeed(['start']))).to.deep.equal(names(started));
      expect((await world.json(['health'])).code).to.equal(0);
    });

    it('each start gives a service the port that its hook names, whatever was leased for the one it replaces', async () => {
      await world.succeed(['stop-all']);
      const defined = await readFile(path.join(world.repository, '.envctl.hooks.mjs'), 'utf8');
      const hook = (port: string): Promise<void> => write('.envctl.hooks.mjs', `export const defineServices = ({ ports }) => ({ services: [{ name: 'Api', type: 'backend', command: 'node server.mjs', cwd: 'backend', port: ${port} }] });`);
      const own = world.ports.backend + 3;
      for (const [port, expected] of [['ports.backend', world.ports.backend], [String(own), own]] as const) {
        await hook(port);
        for (const stop of ['stop', 'stop-all']) {
          expect(portsOf(await world.succeed(['start']))['backend'], `${port} before ${stop}`).to.equal(expected);
          await world.succeed([stop]);
        }
      }
      await write('.envctl.hooks.mjs', defined);
      await world.succeed(['start']);
    });

    it('what runs already is never signalled', async () => {
      const stopped = await world.succeed(['stop']);
      expect(stopped).to.deep.include({ stopped: ['Main Backend', 'Main Worker', 'redis-main/server'] });
      expect(JSON.stringify(stopped)).to.include(`Main Elsewhere (pid ${external.pid}) was not started by envctl and runs on`);
      expect(isAlive(external.pid!)).to.equal(true);
      await world.succeed(['start']);
      await world.succeed(['stop-all']);
      expect(isAlive(external.pid!)).to.equal(true);
      external.kill();
      await once(external, 'exit');
      const { code, document } = await world.json(['start']);
      expect([code, document.message]).to.deep.equal([1, `Startup failed: defineServices of Main: Elsewhere should run already, but there is no process ${external.pid}.`]);
      expect(processesIn(world.repository)).to.deep.equal([]);
    });

    it('one that does not start fails the start; nothing stays', async () => {
      await write('.envctl.hooks.mjs', "export const defineServices = () => ({ services: [{ name: 'Good', command: 'sleep 600' }, { name: 'Bad', command: ['node', '-e', 'console.error(\"Error: no\"); process.exit(2)'], port: 9 + 12000 }] });");
      const { code, document } = await world.json(['start']);
      expect(code).to.equal(1);
      expect(document.message).to.match(/Main Bad .*Error: no/);
      expect(processesIn(world.repository)).to.deep.equal([]);
    });

    it('is ended by the next start when the command that ran it was killed; no password is left in a file', async () => {
      const begun = path.join(world.directory, 'begun');
      await write('.envctl.hooks.mjs', `import { writeFileSync } from 'node:fs';
export async function defineServices() {
  writeFileSync(${JSON.stringify(begun)}, String(process.pid));
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}`);
      const starting = world.spawn(['start']);
      while (!existsSync(begun) || (await readFile(begun, 'utf8')) === '') await delay(20);
      const pid = Number(await readFile(begun, 'utf8'));
      starting.process.kill('SIGKILL');
      await starting.finished;
      expect(isAlive(pid)).to.equal(true);
      expect(world.files(path.relative(world.directory, world.env['ENVCTL_RUNTIME_DIR']!)).filter((file) => file.endsWith('.context.json'))).to.deep.equal([]);
      await write('.envctl.hooks.mjs', 'export const defineServices = () => undefined;');
      await world.succeed(['start']);
      expect(isAlive(pid)).to.equal(false);
      await world.succeed(['stop-all']);
    });

    it('gives nothing back: the services that are found start', async () => {
      await write('.envctl.hooks.mjs', 'export const defineServices = () => undefined;');
      expect(names(await world.succeed(['start']))).to.deep.equal(['Main Backend', 'Main Frontend']);
      await world.succeed(['stop-all']);
    });
  });
});
