import { run } from '../../packaging/run.js';
import { checkGenerated } from './check-generated.js';
import type { GeneratedApp } from './generated-app.js';

/** The check of a generated project as a suite, for those of Python. */
export function describeGenerated(app: GeneratedApp): void {
  describe(`an application as ${app.generator} makes it`, function () {
    this.timeout(240_000);

    before(async function () {
      if ((await run('python3', ['-c', 'import ensurepip, venv'], { cwd: '/' }).catch(() => ({ code: 1 }))).code === 0) return;
      this.test!.title += ' skipped: python3 has no venv here: Debian has it as python3-venv';
      this.skip();
    });

    it('runs unedited with a row in Postgres and a key in Redis, comes back with both, and leaves nothing', () => checkGenerated(app).then(() => undefined));
  });
}
