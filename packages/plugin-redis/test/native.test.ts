import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { World } from '@envctl/core/testing';
import { loopbackAddresses } from '../dist/server.js';
import { openWorld, refusal, withRedis } from './world.js';

describe('the native Redis driver', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    await world.dispose();
  });

  it('brings a server up that takes only the projected password', async () => {
    const { outcome, env } = await world.start(world.project('Main'));
    expect(outcome).to.deep.equal({ status: 'ready' });
    const url = env['REDIS_URL'] ?? '';
    expect(url).to.match(/^redis:\/\/:[0-9a-f]{32}@localhost:\d+\/0$/);
    expect(url).to.contain(`:${env['REDIS_PASSWORD']}@${env['REDIS_HOST']}:${env['REDIS_PORT']}/`);
    await withRedis(url, (client) => client.set('greeting', 'hello'));
    expect(await withRedis(url, (client) => client.get('greeting'))).to.equal('hello');
    expect(await refusal(url.replace(/:[0-9a-f]{32}@/, ''))).to.equal('NOAUTH');
    expect(await refusal(url.replace(/:[0-9a-f]{32}@/, ':wrong@'))).to.equal('WRONGPASS');
  });

  it('adopts the running server, and writes nothing into it while it asks', async () => {
    const first = await world.start(world.project('Main'));
    const second = await world.start(world.project('Main'));
    expect(second.outcome.status).to.equal('adopted');
    expect(second.env).to.deep.equal(first.env);
    expect(await withRedis(first.env['REDIS_URL'] ?? '', (client) => client.dbsize())).to.equal(0);
    expect(await world.probe(world.project('Main'))).to.deep.equal({ status: 'ready' });
  });

  it('starts a server anew whose end its runner has yet to record', async () => {
    const first = await world.start(world.project('Main'));
    const survivors = await world.survivors();
    const pidOf = (pattern: RegExp): number => survivors.find(({ command }) => pattern.test(command))?.pid ?? Number.NaN;
    const server = await processIdOf(first.env['REDIS_URL'] ?? '');
    const runner = pidOf(/runner\.sh/);
    process.kill(runner, 'SIGSTOP');
    process.kill(server, 'SIGKILL');
    const starting = world.start(world.project('Main'));
    await delay(500);
    process.kill(runner, 'SIGCONT');
    const again = await starting;
    expect(again.outcome).to.deep.equal({ status: 'ready' });
    expect(await processIdOf(again.env['REDIS_URL'] ?? '')).to.not.equal(server);
  });

  it('keeps data over a stop', async () => {
    const first = await world.start(world.project('Main'));
    await withRedis(first.env['REDIS_URL'] ?? '', (client) => client.set('kept', '7'));
    await world.stop();
    expect((await world.probe(world.project('Main'))).status).to.equal('failed');
    const again = await world.start(world.project('Main'));
    expect(again.outcome.status).to.equal('ready');
    expect(await withRedis(again.env['REDIS_URL'] ?? '', (client) => client.get('kept'))).to.equal('7');
  });

  it('gives each project a server and a password of its own', async () => {
    const [main, other] = await Promise.all([world.start(world.project('Main')), world.start(world.project('feature-1'))]);
    expect(other.env['REDIS_PORT']).to.not.equal(main.env['REDIS_PORT']);
    const crossed = (main.env['REDIS_URL'] ?? '').replace(main.env['REDIS_PASSWORD'] ?? '', other.env['REDIS_PASSWORD'] ?? '');
    expect(await refusal(crossed)).to.equal('WRONGPASS');
  });

  it('leaves a server without a password on its port alone and says the port is taken', async () => {
    let url = '';
    let end = (): Promise<unknown> => Promise.resolve();
    const steal = async (ports: Readonly<Record<string, number>>): Promise<void> => {
      const stranger = spawn('redis-server', ['--port', String(ports['primary']), '--bind', ...loopbackAddresses(), '--save', '', '--dir', world.directory], { stdio: 'ignore' });
      const gone = once(stranger, 'exit');
      end = () => (stranger.kill('SIGKILL'), gone);
      url = `redis://127.0.0.1:${ports['primary']}/0`;
      while ((await refusal(url)) !== 'none') await setImmediate();
    };
    try {
      const { outcome, plugin, env } = await world.start(world.project('Main'), { disturbance: { beforeLaunch: steal } });
      expect(plugin.outcomes[0]).to.include({ status: 'failed', class: 'bind_conflict_retryable', reasonCode: 'port_in_use' });
      expect(outcome).to.deep.equal({ status: 'ready' });
      expect(await refusal(env['REDIS_URL'] ?? '')).to.equal('none');
      expect(await refusal(url)).to.equal('none');
    } finally {
      await end();
    }
  });

  it('keeps the password in a private file and out of argv and logs', async () => {
    const { env, instance } = await world.start(world.project('Main'));
    const password = env['REDIS_PASSWORD'] ?? '';
    const file = join(instance.directory, 'redis.conf');
    expect(await readFile(file, 'utf8')).to.contain(password);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    for (const { command } of await world.survivors()) expect(command).to.not.contain(password);
    expect(await world.logs()).to.not.contain(password);
  });
});

async function processIdOf(url: string): Promise<number> {
  return await withRedis(url, async (client) => Number(/^process_id:(\d+)/m.exec(await client.info())?.[1]));
}
