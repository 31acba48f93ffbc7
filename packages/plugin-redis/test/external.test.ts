import { expect } from 'chai';
import { freePort, type World } from '@envctl/core/testing';
import { openWorld } from './world.js';

describe('the external Redis driver', function () {
  this.timeout(120_000);
  let native: World;
  let url: string;
  before(async () => {
    native = await openWorld();
    url = (await native.start(native.project('Main'))).env['REDIS_URL'] ?? '';
  });
  after(async () => {
    await native.dispose();
  });

  async function startWith(configured: string) {
    const world = await openWorld({ ENVCTL_REDIS_URL: configured }, 'external');
    try {
      const attempt = await world.start(world.project('Main'));
      expect(await world.records()).to.deep.equal([]);
      return attempt;
    } finally {
      await world.dispose();
    }
  }

  it('asks the given server and projects the given URL', async () => {
    const { outcome, env } = await startWith(url);
    expect(outcome).to.deep.equal({ status: 'ready' });
    expect(env['REDIS_URL']).to.equal(url);
  });

  it('fails for good on a wrong password, without repeating it', async () => {
    const { outcome } = await startWith(url.replace(/:[0-9a-f]{32}@/, ':planted-secret@'));
    expect(outcome).to.include({ status: 'failed', class: 'hard_start_failure', reasonCode: 'redis_connection_failed' });
    expect(JSON.stringify(outcome)).to.not.contain('planted-secret');
  });

  it('calls silence worth another try', async () => {
    const { outcome, plugin } = await startWith(`redis://:planted-secret@127.0.0.1:${await freePort()}/0`);
    expect(plugin.outcomes[0]).to.include({ status: 'failed', class: 'transient_probe_timeout_retryable', reasonCode: 'network_unreachable' });
    // Core asked until its limit and then gave up.
    expect(outcome.status).to.equal('failed');
    expect(JSON.stringify(outcome)).to.not.contain('planted-secret');
  });

  it('refuses to start without a usable URL', async () => {
    expect((await startWith('http://localhost')).outcome).to.include({ status: 'failed', reasonCode: 'redis_external_unset' });
  });
});
