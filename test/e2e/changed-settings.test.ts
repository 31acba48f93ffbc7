import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createWorld, processesIn, type World } from './world.js';

describe('health while the configuration asks for other servers than those that run', function () {
  this.timeout(180_000);
  const another = 'it runs as it was started; the configuration asks for another server since: envctl restart';
  const redisElsewhere = { ENVCTL_DEPENDENCY_REDIS_MODE: 'external', ENVCTL_REDIS_URL: 'redis://127.0.0.1:1/0' };
  const redisByCommand = { ENVCTL_DEPENDENCY_REDIS_MODE: 'command', ENVCTL_REQUIREMENT_REDIS_CMD: 'redis-server --port {port}', ENVCTL_REDIS_URL: 'redis://127.0.0.1:{port}/0' };
  let world: World;

  before(async () => {
    world = await createWorld('changed-settings', { settings: { MAIN_POSTGRES_ENABLE: true, MAIN_REDIS_ENABLE: true, MAIN_FRONTEND_ENABLE: false } });
    await world.succeed(['start']);
  });
  after(() => world.close());

  const examine = async () => {
    const { code, document } = await world.json(['health']);
    return { code, ...Object.fromEntries(document.dependencies.map(({ component, status, detail }) => [component, [status, detail]])) };
  };

  it('asks those that run, and says which are asked for anew', async () => {
    const fine = ['healthy', null];
    const other = ['healthy', another];
    expect(await examine()).to.deep.equal({ code: 0, postgres: fine, redis: fine });
    await world.configure({ ENVCTL_POSTGRES_ISOLATION: 'server' });
    expect(await examine()).to.deep.equal({ code: 0, postgres: other, redis: fine });
    for (const settings of [redisElsewhere, redisByCommand]) {
      await world.configure(settings);
      expect(await examine()).to.deep.equal({ code: 0, postgres: fine, redis: other });
    }
    expect((await world.envctl(['health'])).stdout).to.include(another);
    expect((await world.json(['errors'])).document).to.deep.include({ ok: true, requirement_issues: [] });
    expect((await world.json(['wait', '--timeout', '20'])).code).to.equal(0);
  });

  it('a server that is gone is unreachable, whatever is configured', async () => {
    await world.configure(redisElsewhere);
    process.kill(processesIn(world.directory).find((pid) => /redis|valkey/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')))!, 'SIGKILL');
    const { redis, code } = (await examine()) as { redis?: readonly unknown[]; code: number };
    expect([code, redis?.[0]]).to.deep.equal([1, 'unreachable']);
  });

  it('a restart brings up what is configured, and nothing is to be said any more', async () => {
    await world.configure({ ...redisByCommand, ENVCTL_POSTGRES_ISOLATION: 'server' });
    await world.succeed(['restart']);
    expect(await examine()).to.deep.equal({ code: 0, postgres: ['healthy', null], redis: ['healthy', null] });
    await world.configure({ ...redisByCommand, ENVCTL_DEPENDENCY_REDIS_MODE: 'native' });
    expect(await examine()).to.deep.equal({ code: 0, postgres: ['healthy', another], redis: ['healthy', another] });
  });
});
