import { conformanceChecks, runCheck, type ConformanceOptions } from '@envctl/core/testing';
import { expect } from 'chai';
import { refusal, root, withRedis } from './world.js';

/** Checks that say themselves why they do not apply to Redis. */
const inapplicable = new Map([['teardown.from-record', 'it has no logical resources']]);

describe('Redis under the conformance kit', function () {
  this.timeout(300_000);
  const options: ConformanceOptions = {
    root,
    env: process.env,
    use: async (env) => {
      await withRedis(env['REDIS_URL'] ?? '', async (client) => {
        await client.set('visits', '1');
        if ((await client.get('visits')) !== '1') throw new Error('the value is gone');
      });
    },
    trespass: async (own, other) => (await refusal((other['REDIS_URL'] ?? '').replace(other['REDIS_PASSWORD'] ?? '', own['REDIS_PASSWORD'] ?? ''))) === 'none',
    external: (env) => ({ ENVCTL_REDIS_URL: env['REDIS_URL'] ?? '' }),
  };

  for (const check of conformanceChecks) {
    it(`${check.id}: ${check.title}`, async () => {
      const report = await runCheck(check, options);
      if (report.status === 'fail') throw new Error(report.message);
      expect(report.status === 'skip' ? report.message : undefined).to.equal(inapplicable.get(check.id));
    });
  }
});
