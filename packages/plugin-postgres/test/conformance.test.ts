import { conformanceChecks, runCheck, type ConformanceOptions } from '@envctl/core/testing';
import { query, refusal, root } from './world.js';

describe('Postgres under the conformance kit', function () {
  this.timeout(300_000);
  const options: ConformanceOptions = {
    root,
    env: process.env,
    use: async (env) => {
      const url = env['DATABASE_URL'] ?? '';
      await query(url, 'create table if not exists visits (n int)');
      await query(url, 'insert into visits values (1)');
      await query(url, 'select n from visits');
    },
    trespass: async (own, other) => {
      const url = (own['DATABASE_URL'] ?? '').replace(/\/[^/]*$/, `/${other['DB_NAME']}`).replace(/:\d+\//, `:${other['DB_PORT']}/`);
      return (await refusal(url)) === 'none';
    },
    external: (env) => ({ ENVCTL_POSTGRES_URL: env['DATABASE_URL'] ?? '' }),
  };

  for (const check of conformanceChecks) {
    it(`${check.id}: ${check.title}`, async () => {
      const report = await runCheck(check, options);
      if (report.status !== 'pass') throw new Error(report.message);
    });
  }
});
